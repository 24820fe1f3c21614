// The code on the Files page, run as it stands: each endpoint signs an upload that is taken, and the web page does one.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createProbe } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Page } from '@playwright/test';
import { expect, test as base } from '../fixtures';
import { python } from '../support/server';

const FILES = '/dashboard/files';

interface Parameters {
  token: string;
  expire: number;
  signature: string;
  publicKey: string;
}

interface Endpoint {
  url: string;
}

interface Story {
  desk: string;
  /** Starts a program in a directory of its own, and answers where it listens. */
  start: (program: string, file: string, code: string) => Promise<Endpoint>;
}

async function freePort(): Promise<number> {
  const probe = createProbe().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

const test = base.extend<Story>({
  desk: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'latchkey-snippet-'));
    await use(directory);
    rmSync(directory, { recursive: true, force: true });
  },
  start: async ({ desk, person }, use) => {
    const running: ChildProcess[] = [];
    await use(async (program, file, code) => {
      writeFileSync(join(desk, file), code);
      const port = await freePort();
      const env = { PATH: process.env.PATH, API_PRIVATE_KEY: person.privateKey, PORT: String(port), NO_PROXY: '*', no_proxy: '*' };
      const child = spawn(program, [file], { cwd: desk, env, stdio: ['ignore', 'ignore', 'pipe'] });
      let complaints = '';
      child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
      running.push(child);
      const url = `http://127.0.0.1:${port}/auth`;
      await expect
        .poll(async () => (child.exitCode === null ? fetch(url).then(({ status }) => status, () => 'not yet') : complaints), { timeout: 60_000 })
        .toBe(200);
      return { url };
    });
    for (const child of running.filter(({ exitCode }) => exitCode === null)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  },
});

/** A piece of code as it stands on the page. */
async function snippet(page: Page, title: string): Promise<string> {
  if (!page.url().endsWith(FILES)) {
    await page.goto(FILES);
  }
  const text = await page.getByLabel(title, { exact: true }).textContent();
  expect(text).toBeTruthy();
  return text ?? '';
}

/** What an endpoint answers, used for an upload. */
async function uploadWith(endpoint: Endpoint, server: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(endpoint.url);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const parameters = (await answer.json()) as Parameters;
  const form = new FormData();
  Object.entries(parameters).forEach(([name, value]) => form.set(name, String(value)));
  form.set('fileName', 'signed.txt');
  form.set('useUniqueFileName', 'false');
  form.set('file', new Blob(['signed']), 'a');
  const uploaded = await fetch(`${server}/api/v1/files/upload`, { method: 'POST', body: form });
  return { status: uploaded.status, body: await uploaded.json() };
}

for (const [title, file, program] of [
  ['Node.js', 'endpoint.mjs', () => process.execPath],
  ['Python', 'endpoint.py', python],
] as const) {
  test(`a developer runs the endpoint in ${title} as it stands`, async ({ tab, start, server }) => {
    const endpoint = await start(program(), file, await snippet(tab, title));
    expect(await uploadWith(endpoint, server.url)).toMatchObject({ status: 200, body: { name: 'signed.txt' } });
  });
}

test("a developer runs the endpoint with ImageKit's library as it stands", async ({ tab, desk, start, server }) => {
  symlinkSync(resolve('node_modules'), join(desk, 'node_modules'));
  const endpoint = await start(process.execPath, 'endpoint.mjs', await snippet(tab, 'Node.js with @imagekit/nodejs'));
  expect(await uploadWith(endpoint, server.url)).toMatchObject({ status: 200, body: { name: 'signed.txt' } });
});

test('the web page uploads through an endpoint, from another origin', async ({ tab, page, start, server, newContext }) => {
  const endpoint = await start(process.execPath, 'endpoint.mjs', await snippet(tab, 'Node.js'));
  const html = `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">${await snippet(tab, 'Web page')}</html>`;
  const shop: HttpServer = createServer((request, response) => {
    if (request.url !== '/auth') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(html);
      return;
    }
    void fetch(endpoint.url).then(async (answer) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(await answer.text()));
  });
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  try {
    const customer = await (await newContext()).newPage();
    await customer.goto(`http://127.0.0.1:${(shop.address() as AddressInfo).port}/`);
    await customer.getByLabel('File to upload').setInputFiles({ name: 'from a shop.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    const answer = customer.getByRole('status');
    await expect(answer).toHaveText(new RegExp(`^${server.url}/files/[0-9a-f]{24}/from_a_shop_.{9}\\.txt$`));
    expect(await (await fetch(await answer.innerText())).text()).toBe('hello');
    await page.reload();
    await expect(page.getByRole('link', { name: /^Download from_a_shop_/ })).toBeVisible();
  } finally {
    shop.close();
  }
});

test('a developer copies each piece of code as it stands, with their public key in it', async ({ tab, context, board, server }) => {
  const publicKey = (await tab.getByRole('table', { name: 'Your key pairs' }).getByText(/^public_/).first().innerText()).trim();
  for (const [title, what] of [
    ['Node.js with @imagekit/nodejs', 'Node.js code with the library'],
    ['Node.js', 'Node.js code'],
    ['Python', 'Python code'],
    ['Rust (axum)', 'Rust code'],
    ['Web page', 'code of the web page'],
  ] as const) {
    const code = await snippet(tab, title);
    expect(code).toContain(title === 'Web page' ? `${server.url}/api/v1/files/upload` : publicKey);
    expect(code).not.toMatch(/private_|\{\{/);
    await tab.bringToFront();
    const button = tab.getByRole('button', { name: `Copy ${what}`, exact: true });
    await button.click();
    await expect(tab.getByText(`Copied the ${what}.`)).toBeAttached();
    await expect(button).toHaveText('Copied');
    expect(await board.paste(context)).toBe(code);
  }
});

test('code that cannot be copied is selected', async ({ tab, newContext }) => {
  const context = await newContext({ permissions: [], storageState: await tab.context().storageState() });
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }));
  const page = await context.newPage();
  const code = await snippet(page, 'Python');
  await page.getByRole('button', { name: 'Copy Python code' }).click();
  await expect(page.getByRole('button', { name: 'Copy Python code' })).toHaveText(/^Press/);
  expect((await page.evaluate(() => getSelection()?.toString() ?? '')).trim()).toBe(code.trim());
});
