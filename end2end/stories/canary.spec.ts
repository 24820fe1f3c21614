import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as plain } from '@playwright/test';
import { expect, PASSWORD, row, Server, signIn, test as base, uniqueEmail } from '../fixtures';
import { curl, curlAccount } from '../support/api';
import { filesBelow, findKeys, forms } from '../support/canary';

const test = base.extend<{ own: Server }>({
  own: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.stop();
    server.forget();
  },
  baseURL: async ({ own }, use) => use(own.url),
});

test('no private key stays in anything the server wrote, whatever was done with it', async ({ page, own, watch }) => {
  watch.expectStatus(403, 404);
  const email = uniqueEmail();
  const { accountId, privateKey } = own.createAccount(email, PASSWORD);

  // Every way in which a key comes by, the mistaken ones too.
  const authorized = (key: string): string => `header = "Authorization: Bearer ${key}"`;
  expect(curlAccount(own.url, privateKey).status).toBe(200);
  expect(curl(`${own.url}/v1/account`, authorized(privateKey)).status).toBe(200);
  expect(curl(`${own.url}/v1/account?key=${privateKey}`).body).toMatchObject({ code: 'KEY_IN_URL' });
  expect(curl(`${own.url}/v1/account`, authorized(privateKey), authorized(privateKey)).status).toBe(400);
  expect(curl(`${own.url}/v1/account`, `user-agent = "${privateKey}"`, `referer = "${own.url}/?k=${privateKey}"`).status).toBe(401);
  expect(curl(`${own.url}/v1/account`, authorized(`${privateKey}x`)).status).toBe(403);
  curlAccount(own.url, `x${privateKey}`);

  await signIn(page, email);
  await row(page, 0).getByRole('button', { name: 'Reveal private key' }).click();
  await expect(row(page, 0).getByText(privateKey)).toBeVisible();
  await row(page, 0).getByRole('button', { name: 'Copy private key' }).click();
  own.letPasswordFallDue(email);
  await row(page, 0).getByRole('button', { name: 'Hide private key' }).click();
  await row(page, 0).getByRole('button', { name: 'Reveal private key' }).click();
  // A key pasted into the wrong field.
  await page.getByRole('dialog').getByLabel('Your password').fill(privateKey);
  await page.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
  await expect(page.getByText('This is not your password.')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.goto(`/sign-in?email=${privateKey}`);
  await page.goto(`/dashboard/developers/roll?pair=${privateKey}`);
  const rolled = own.operator(['keys', 'roll', '--account', accountId, '--expire-old', 'immediately', '--json']);
  const next = (JSON.parse(rolled.stdout) as { new: { private_key: string } }).new.private_key;
  own.seenKeys.add(next);
  expect(curlAccount(own.url, next).status).toBe(200);
  expect(curlAccount(own.url, privateKey).status).toBe(403);
  own.operator(['keys', 'reveal', '--account', accountId, '--json']);

  // While it runs, with the write-ahead log beside the database, and after it has stopped.
  const names = filesBelow(own.directory).map((file) => file.slice(own.directory.length + 1));
  expect(names).toEqual(expect.arrayContaining(['data/latchkey.db', 'data/latchkey.db-wal', 'data/master.key', 'stdout.log', 'stderr.log']));
  expect(own.log()).toContain('/v1/account');
  expect(own.leaks()).toEqual([]);
  await own.stop();
  expect(own.leaks()).toEqual([]);

  // The same search finds a key that is there.
  copyFileSync(join(own.directory, 'data/latchkey.db'), join(own.directory, 'planted.db'));
  writeFileSync(join(own.directory, 'planted.db'), Buffer.from(`…${next}…`), { flag: 'a' });
  expect(own.leaks()).toContain('planted.db: key 2, as it is');
});

plain('the search finds a key in every form it could be written in', () => {
  const key = `private_${'0aZ9'.repeat(9)}`;
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-canary-'));
  try {
    expect(findKeys(directory, [key])).toEqual([]);
    const inBase64 = (before: string, encoding: BufferEncoding): string => Buffer.from(`${before}${key}:`).toString(encoding);
    const planted: Record<string, Buffer> = {
      raw: Buffer.from(`key=${key};`),
      hex: Buffer.from(Buffer.from(key).toString('hex')),
      percent: Buffer.from([...Buffer.from(key)].map((byte) => `%${byte.toString(16).toUpperCase()}`).join('')),
      utf16: Buffer.from(`"${key}"`, 'utf16le'),
      ...Object.fromEntries(['', 'a', 'ab', 'abc'].map((before) => [`basic${before}`, Buffer.from(inBase64(before, 'base64'))])),
      ...Object.fromEntries(['', 'a', 'ab', 'abc'].map((before) => [`url${before}`, Buffer.from(inBase64(before, 'base64url'))])),
    };
    for (const [name, content] of Object.entries(planted)) {
      writeFileSync(join(directory, name), content);
    }
    const found = new Set(findKeys(directory, [key]).map((place) => place.split(':')[0]));
    expect([...found].sort()).toEqual(Object.keys(planted).sort());
    expect(forms(key).length).toBeGreaterThan(10);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
