import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page } from '@playwright/test';
import { expect, row, test as base } from '../fixtures';
import { python } from '../support/server';

/** An empty directory, thrown away afterwards. */
const test = base.extend<{ desk: string }>({
  desk: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'latchkey-snippet-'));
    await use(directory);
    rmSync(directory, { recursive: true, force: true });
  },
});

/** A piece of code as it stands on the page, and as the button copies it: the same. */
async function snippet(page: Page, title: string): Promise<string> {
  const text = await page.getByRole('region', { name: title, exact: true }).or(page.getByLabel(title, { exact: true })).first().textContent();
  expect(text).toBeTruthy();
  return text ?? '';
}

function run(directory: string, program: string, args: string[], key?: string): string {
  const environment: NodeJS.ProcessEnv = { PATH: process.env.PATH, NO_PROXY: '*', no_proxy: '*' };
  if (key) {
    environment.API_PRIVATE_KEY = key;
  }
  return execFileSync(program, args, { cwd: directory, env: environment, encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('a developer runs the curl command as it stands', async ({ tab, person, desk }) => {
  writeFileSync(join(desk, 'request.sh'), await snippet(tab, 'curl'));
  const answer = JSON.parse(run(desk, 'bash', ['request.sh'], person.privateKey)) as unknown;
  expect(answer).toMatchObject({ accountId: person.accountId, keyPair: { status: 'active' } });
});

test('a developer completes the environment file and uses it', async ({ tab, person, desk, server }) => {
  const publicKey = (await row(tab, 0).getByText(/^public_/).innerText()).trim();
  writeFileSync(join(desk, 'keys.env'), `${await snippet(tab, 'Environment file')}${person.privateKey}\n`);
  const use = 'set -a; . ./keys.env; set +a; printf "%s\\n%s\\n" "$API_URL" "$API_PUBLIC_KEY"; ';
  const [url, key, answer] = run(desk, 'bash', ['-c', `${use}${await snippet(tab, 'curl')}`]).split('\n');
  expect([url, key]).toEqual([server.url, publicKey]);
  expect(JSON.parse(answer ?? '')).toMatchObject({ accountId: person.accountId, keyPair: { publicKey } });
});

test('a developer runs the JavaScript as it stands', async ({ tab, person, desk }) => {
  writeFileSync(join(desk, 'request.mjs'), await snippet(tab, 'JavaScript (fetch)'));
  const said = run(desk, process.execPath, ['request.mjs'], person.privateKey);
  expect(said).toMatch(/^200 /);
  expect(said).toContain(person.accountId);
});

test('a developer runs the Python as it stands', async ({ tab, person, desk }) => {
  writeFileSync(join(desk, 'request.py'), await snippet(tab, 'Python (requests)'));
  const said = run(desk, python(), ['request.py'], person.privateKey);
  expect(said).toMatch(/^200 /);
  expect(said).toContain(person.accountId);
});

test('a developer copies each piece of code as it stands', async ({ tab, context, board }) => {
  for (const [title, what] of [
    ['Environment file', 'environment file'],
    ['curl', 'curl command'],
    ['JavaScript (fetch)', 'JavaScript code'],
    ['Python (requests)', 'Python code'],
  ] as const) {
    await tab.bringToFront();
    await tab.getByRole('button', { name: `Copy ${what}` }).click();
    await expect(tab.getByText(`Copied the ${what}.`)).toBeAttached();
    expect(await board.paste(context)).toBe(await snippet(tab, title));
  }
});

test('the snippets name the new public key after a roll', async ({ tab, server, person }) => {
  const rolled = server.operator(['keys', 'roll', '--account', person.accountId, '--expire-old', '1h', '--json']);
  const { public_key, private_key } = (JSON.parse(rolled.stdout) as { new: { public_key: string; private_key: string } }).new;
  server.seenKeys.add(private_key);
  await tab.reload();
  expect(await snippet(tab, 'Environment file')).toContain(`API_PUBLIC_KEY=${public_key}\n`);
});
