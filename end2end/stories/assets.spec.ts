// The files of the pages, over real HTTP: how long they are kept, how they are compressed, what they are called.
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type Page } from '@playwright/test';
import { awake, expect, TAB, test } from '../fixtures';

const FOREVER = 'public, max-age=31536000, immutable';
const TYPES: Record<string, string> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', txt: 'text/plain', wasm: 'application/wasm' };
/** Debug builds are not compressed. */
const COMPRESSED = process.env.LATCHKEY_BUILD === 'release';

interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What the server sends, byte for byte: nothing is decoded, normalised, followed or kept. */
function ask(server: { url: string }, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Got> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

function ending(path: string): string {
  return path.split('.').at(-1) ?? '';
}

/** Every file that the page names. */
async function files(page: Page): Promise<string[]> {
  const named = (await page.content()).matchAll(/\/pkg\/[\w.-]+\.(?:css|js|wasm)/g);
  return [...new Set([...named].map(([path]) => path))].sort();
}

test('a browser keeps the files of the developers tab for ever, since their names change with them', async ({ tab, server }) => {
  const paths = await files(tab);
  expect(paths.map(ending).sort()).toEqual(['css', 'js', 'wasm']);
  for (const path of paths) {
    expect(path).toMatch(/^\/pkg\/latchkey\.[\w-]{22}\.(css|js|wasm)$/);
    const got = await ask(server, path);
    expect(got.status, path).toBe(200);
    expect(got.headers, path).toMatchObject({
      'cache-control': FOREVER,
      'content-length': String(got.body.length),
      'content-type': TYPES[ending(path)],
      'vary': 'accept-encoding',
      'x-content-type-options': 'nosniff',
    });
    expect(got.headers['content-encoding'], path).toBeUndefined();
  }
});

test('a browser asks again for files whose names do not change', async ({ server }) => {
  for (const path of ['/favicon.svg', '/robots.txt']) {
    const got = await ask(server, path);
    expect(got.status, path).toBe(200);
    expect(got.headers, path).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    expect(got.headers['content-type'], path).toContain(TYPES[ending(path)]);
  }
});

test('a browser that has a file is told so, and nothing is sent twice', async ({ tab, server }) => {
  const encodings = COMPRESSED ? ['identity', 'gzip', 'br'] : ['identity'];
  for (const path of [...(await files(tab)), '/favicon.svg']) {
    const tags = new Set<string>();
    for (const encoding of encodings) {
      const wanted = { 'accept-encoding': encoding };
      const first = await ask(server, path, wanted);
      const { etag = '', 'last-modified': modified = '' } = first.headers;
      expect(etag, path).not.toBe('');
      tags.add(etag);
      for (const known of [{ 'if-none-match': etag }, { 'if-none-match': `"x", ${etag}` }, { 'if-none-match': '*' }, { 'if-modified-since': modified }]) {
        for (const method of ['GET', 'HEAD']) {
          const again = await ask(server, path, { ...wanted, ...known }, method);
          expect(again.status, `${method} ${path} ${JSON.stringify(known)}`).toBe(304);
          expect(again.body.length).toBe(0);
          expect(again.headers).toMatchObject({ etag, vary: 'accept-encoding', 'cache-control': first.headers['cache-control'] });
        }
      }
      for (const stale of [{ 'if-none-match': '"another"' }, { 'if-modified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' }]) {
        expect((await ask(server, path, { ...wanted, ...stale })).status, `${path} ${JSON.stringify(stale)}`).toBe(200);
      }
    }
    expect(tags.size, `each form of ${path} has a tag of its own`).toBe(encodings.length);
  }
});

test('HEAD says what GET would, and sends nothing', async ({ tab, server }) => {
  for (const path of [...(await files(tab)), '/favicon.svg']) {
    for (const encoding of ['identity', 'gzip', 'br']) {
      const wanted = { 'accept-encoding': encoding };
      const [get, head] = [await ask(server, path, wanted), await ask(server, path, wanted, 'HEAD')];
      expect([head.status, head.body.length], path).toEqual([200, 0]);
      // These are new in every answer.
      const lasting = ({ date, 'x-request-id': id, 'content-security-policy': policy, ...rest }: IncomingHttpHeaders) => rest;
      expect(lasting(head.headers), path).toEqual(lasting(get.headers));
    }
  }
});

test('a browser gets each file in the form it likes best', async ({ tab, server }) => {
  test.skip(!COMPRESSED, 'debug builds are not compressed');
  const forms: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['zstd', undefined],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['GZIP', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.5, gzip;q=0.9', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['br; q=0.001', 'br'],
    ['identity;q=0.5, gzip;q=0.2', undefined],
  ];
  for (const path of [...(await files(tab)), '/favicon.svg']) {
    const plain = (await ask(server, path)).body;
    for (const [accepted, expected] of forms) {
      const got = await ask(server, path, accepted === undefined ? {} : { 'accept-encoding': accepted });
      expect(got.headers['content-encoding'], `${path} for ${accepted ?? 'nothing'}`).toBe(expected);
      expect(got.headers).toMatchObject({ 'vary': 'accept-encoding', 'content-length': String(got.body.length) });
      expect(got.headers['content-type']).toContain(TYPES[ending(path)]);
      const decoded = expected === 'br' ? brotliDecompressSync(got.body) : expected === 'gzip' ? gunzipSync(got.body) : got.body;
      expect(decoded.equals(plain), `${path} for ${accepted ?? 'nothing'} is the same file`).toBe(true);
    }
  }
});

test('a file of another version is not there, and nobody keeps that answer', async ({ server }) => {
  for (const path of ['/pkg/latchkey.AAAAAAAAAAAAAAAAAAAAAA.js', '/pkg/latchkey.AAAAAAAAAAAAAAAAAAAAAA.wasm', '/pkg/nothing.css', '/pkg/', '/pkg']) {
    const got = await ask(server, path, { accept: '*/*', 'accept-encoding': 'br' });
    expect(got.status, path).toBe(404);
    expect(got.headers, path).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
    expect(JSON.parse(got.body.toString())).toMatchObject({ code: 'NOT_FOUND' });
  }
});

test('no address leads out of the directory of files', async ({ server }) => {
  const ways = ['/../data/latchkey.db', '/pkg/../../data/latchkey.db', '/pkg/%2e%2e/%2e%2e/data/latchkey.db', '/pkg/..%2f..%2fdata%2flatchkey.db', '//etc/passwd', '/pkg//etc/passwd', '/pkg/..%5c..%5cdata', '/favicon.svg%00.txt'];
  for (const path of ways) {
    const got = await ask(server, path);
    expect([400, 404], path).toContain(got.status);
    expect(got.body.toString('latin1'), path).not.toMatch(/SQLite format|root:/);
  }
});

test('a page with nothing alive on it loads no WASM and no script', async ({ page, tab }) => {
  const visited = await tab.context().browser()?.newContext({ baseURL: new URL(tab.url()).origin });
  const stranger = await visited!.newPage();
  const loaded: string[] = [];
  stranger.on('request', (sent) => loaded.push(new URL(sent.url()).pathname));
  for (const path of ['/sign-in', '/sign-up', '/set-password', '/no/such/page']) {
    await stranger.goto(path);
    await stranger.waitForLoadState('networkidle');
  }
  await visited!.close();
  expect(loaded.filter((path) => path.startsWith('/pkg/')).map(ending)).toEqual(expect.arrayContaining(['css']));
  expect(loaded.filter((path) => /\.(js|wasm)$/.test(path))).toEqual([]);
  // The developers tab does, and once.
  loaded.length = 0;
  page.on('request', (sent) => loaded.push(new URL(sent.url()).pathname));
  await page.goto(TAB);
  await awake(page);
  expect(loaded.filter((path) => path.startsWith('/pkg/') && ending(path) !== 'css').map(ending).sort()).toEqual(['js', 'wasm']);
});
