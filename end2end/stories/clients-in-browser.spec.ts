// ImageKit's own client for browsers, unmodified, on a page of another origin.
import { randomUUID } from 'node:crypto';
import { type Page } from '@playwright/test';
import { expect, test as base } from '../fixtures';
import { curl, curlAccount } from '../support/api';
import { CustomerSite } from '../support/customer-site';

const HOUR = 3_600;

/** A site whose server signs with the person's first pair, and a page of it. */
const test = base.extend<{ site: CustomerSite; shop: Page }>({
  site: async ({ person }, use) => {
    const site = await CustomerSite.open(person);
    await use(site);
    site.close();
  },
  shop: async ({ page, site }, use) => {
    await page.goto(site.url);
    await use(page);
  },
});

/** What a page gets to know of its upload. */
interface Seen {
  status?: number;
  message?: string;
  code?: string;
  error?: string;
  requestId?: string;
  body?: unknown;
  progress: { loaded: number; total: number }[];
}

interface Upload {
  /** Where the Latchkey is. */
  to: string;
  bytes?: number;
  /** What to send instead of what `/auth` answers. */
  fields?: Record<string, string | number>;
  /** Whether who uploads is said before the file, so that it can be refused before it has come. */
  fieldsFirst?: boolean;
  /** Sent besides, by a page that was given what no page may have. */
  authorization?: string;
}

/** Uploads as a page does: permission from its own server first, then the file to the other origin. */
function upload(page: Page, wanted: Upload): Promise<Seen> {
  return page.evaluate(async ({ to, bytes = 64, fields, fieldsFirst, authorization }): Promise<Seen> => {
    interface Problem extends Error {
      $ResponseMetadata?: { statusCode: number; requestId?: string };
    }
    const { ImageKit } = globalThis as unknown as { ImageKit: { upload(options: object): Promise<Problem> } };
    // The address of ImageKit is built in; the request to use can be given.
    const xhr = new XMLHttpRequest();
    const open = xhr.open.bind(xhr) as (method: string, url: string) => void;
    xhr.open = (method: string, url: string | URL) => {
      open(method, String(url).replace('https://upload.imagekit.io', to));
      if (authorization) {
        xhr.setRequestHeader('authorization', authorization);
      }
    };
    const progress: Seen['progress'] = [];
    const onProgress = ({ loaded, total }: ProgressEvent): void => void progress.push({ loaded, total });
    const permission = (await (await fetch('/auth')).json()) as object;
    const who = { ...permission, ...fields };
    const what = { file: new Blob([new Uint8Array(bytes).fill(7)]), fileName: 'photo.bin' };
    try {
      const body = await ImageKit.upload({ xhr, onProgress, ...(fieldsFirst ? { ...who, ...what } : { ...what, ...who }) });
      return { status: body.$ResponseMetadata?.statusCode, requestId: body.$ResponseMetadata?.requestId, body, progress };
    } catch (error) {
      const { name, message, $ResponseMetadata } = error as Problem;
      const code = xhr.responseText ? (JSON.parse(xhr.responseText) as { code?: string }).code : undefined;
      return { error: name, message, code, status: $ResponseMetadata?.statusCode, requestId: $ResponseMetadata?.requestId, progress };
    }
  }, wanted);
}

/** Where the browser asked beforehand whether it may. */
async function preflights(page: Page): Promise<string[]> {
  const asked: string[] = [];
  const session = await page.context().newCDPSession(page);
  session.on('Network.requestWillBeSent', ({ request }) => {
    if (request.method === 'OPTIONS') {
      asked.push(new URL(request.url).pathname);
    }
  });
  await session.send('Network.enable');
  return asked;
}

test('a page of another origin uploads, and follows how far it is', async ({ shop, site, server }) => {
  expect(new URL(site.url).origin).not.toBe(new URL(server.url).origin);
  const asked = await preflights(shop);
  const bytes = 400_000;
  const seen = await upload(shop, { to: server.url, bytes });
  expect(seen).toMatchObject({ status: 200, body: { size: bytes, fileId: expect.stringMatching(/^[0-9a-f]{24}$/) } });
  expect(seen.requestId).toMatch(/\S/);
  const last = seen.progress.at(-1);
  // What is sent is the file and the fields around it.
  expect(last?.loaded).toBeGreaterThan(bytes);
  expect(last?.loaded).toBe(last?.total);
  // Somebody who listens to progress makes the browser ask first.
  await expect.poll(() => asked).toEqual(['/api/v1/files/upload']);
});

test('a page of another origin reads why its upload was refused', async ({ shop, site, person, server, watch }) => {
  watch.expectStatus(400, 403);
  const to = server.url;
  const signed = (expire?: number) => site.authenticationParameters(randomUUID(), expire);
  const now = Math.floor(Date.now() / 1000);
  const used = signed();
  expect((await upload(shop, { to, fields: used })).status).toBe(200);

  const current = server.rollKeys(person.accountId, '1h');
  const refused: [fields: Record<string, string | number>, status: number, code: string, message: RegExp][] = [
    [used, 400, 'TOKEN_USED', /has been used before/],
    [signed(now - 1), 400, 'EXPIRE_INVALID', /invalid expire parameter/],
    [signed(now + HOUR + 60), 400, 'EXPIRE_INVALID', /invalid expire parameter/],
    [{ ...signed(), signature: '0'.repeat(40) }, 400, 'SIGNATURE_INVALID', /invalid signature parameter/],
    [{ ...signed(), publicKey: current.publicKey }, 400, 'SIGNATURE_INVALID', /invalid signature parameter/],
    [{ ...signed(), publicKey: 'public_000000000000000000000000000000000000' }, 403, 'KEY_UNKNOWN', /cannot be authenticated/],
  ];
  for (const [fields, status, code, message] of refused) {
    const seen = await upload(shop, { to, fields });
    expect(seen, code).toMatchObject({ error: 'ImageKitInvalidRequestError', status, code, message: expect.stringMatching(message) });
    expect(seen.requestId, code).toMatch(/\S/);
  }

  // Refused before it has come, and told nonetheless.
  const early = await upload(shop, { to, fields: { ...signed(), signature: '0'.repeat(40) }, fieldsFirst: true, bytes: 8_000_000 });
  expect(early).toMatchObject({ error: 'ImageKitInvalidRequestError', status: 400, code: 'SIGNATURE_INVALID' });

  server.letRollAge(person.publicKey, HOUR * 1000);
  expect(await upload(shop, { to })).toMatchObject({ status: 403, code: 'KEY_EXPIRED', message: expect.stringMatching(/expired public API key/) });
  site.pair = current;
  expect((await upload(shop, { to })).status).toBe(200);
});

test('a page of another origin uploads with a token for what its server allowed, once, and nothing else', async ({ shop, site, server, watch }) => {
  watch.expectStatus(400);
  expect(new URL(site.url).origin).not.toBe(new URL(server.url).origin);
  const asked = await preflights(shop);
  interface Said {
    status: number;
    body: { code?: string; message?: string; url?: string };
  }
  /** Asks for a token for `allowed`, and sends `sent` with it, each time it is told to. */
  const send = (allowed: Record<string, string>, sent: Record<string, string>, times = 1): Promise<Said[]> =>
    shop.evaluate(
      async ({ to, allowed, sent, times }) => {
        const { token } = (await (await fetch('/token', { method: 'POST', body: JSON.stringify(allowed) })).json()) as { token: string };
        const said: Said[] = [];
        for (let time = 0; time < times; time += 1) {
          const form = new FormData();
          Object.entries(sent).forEach(([name, value]) => form.set(name, value));
          form.set('token', token);
          form.set('file', new Blob(['from a page']), 'page.txt');
          const answer = await fetch(`${to}/api/v2/files/upload`, { method: 'POST', body: form });
          said.push({ status: answer.status, body: (await answer.json()) as Said['body'] });
        }
        return said;
      },
      { to: server.url, allowed, sent, times },
    );
  const allowed = { fileName: 'page.txt', folder: '/pages', useUniqueFileName: 'false' };
  const [first, again] = await send(allowed, allowed, 2);
  expect(first).toMatchObject({ status: 200, body: { filePath: '/pages/page.txt', size: 11 } });
  expect(again).toMatchObject({ status: 400, body: { code: 'TOKEN_USED', message: 'The token has been used before.' } });
  expect(await (await fetch(first?.body.url ?? '')).text()).toBe('from a page');
  for (const sent of [{ ...allowed, folder: '/elsewhere' }, { ...allowed, isPrivateFile: 'false' }, { fileName: 'page.txt' }]) {
    expect(await send(allowed, sent)).toMatchObject([{ status: 400, body: { code: 'PAYLOAD_INVALID', message: expect.stringMatching(/does not match/) } }]);
  }
  // A plain form, sent with `fetch`: the browser asks nobody first.
  expect(asked).toEqual([]);
});

test('a page with the private key in it gets nowhere', async ({ shop, site, person, server, watch }) => {
  watch.expectForbiddenOrigins();
  const asked = await preflights(shop);
  const authorization = `Basic ${Buffer.from(`${person.privateKey}:`).toString('base64')}`;
  for (const [method, path] of [
    ['GET', '/v1/account'],
    ['GET', '/v1/files'],
    ['POST', '/api/v1/files/upload'],
  ] as const) {
    const said = await shop.evaluate(
      async ([method, url, key]) => {
        const form = new FormData();
        form.set('file', new Blob(['x']));
        form.set('fileName', 'photo.bin');
        const request = fetch(url, { method, headers: { authorization: key }, body: method === 'POST' ? form : null });
        return request.then(({ status }) => `answered ${status}`, ({ name }: Error) => name);
      },
      [method, server.url + path, authorization] as const,
    );
    expect.soft(said, path).toBe('TypeError');
  }
  expect.soft(await upload(shop, { to: server.url, authorization })).toMatchObject({ error: 'ImageKitUploadNetworkError' });
  // The browser asks whether it may send the header. It may not, so the key does not even leave the page.
  await expect.poll(() => asked).toEqual(['/v1/account', '/v1/files', '/api/v1/files/upload', '/api/v1/files/upload']);
  expect(curlAccount(server.url, person.privateKey).status).toBe(200);
  expect(curl(`${server.url}/v1/files`, `user = "${person.privateKey}:"`).body).toEqual([]);
});
