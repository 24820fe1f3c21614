// ImageKit's own clients for programs on a server, unmodified, against a running Latchkey.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import ImageKit, { BadRequestError } from '@imagekit/nodejs';
import { expect, PASSWORD, Server, test, uniqueEmail } from '../fixtures';
import { SDKS, type AuthenticationParameters, type Client, type Outcome, type Sdk } from '../support/clients';
import { python } from '../support/server';

const END2END = fileURLToPath(new URL('..', import.meta.url));
const HOUR = 3_600;
const NOTES = Buffer.from('Note G: the diagram for the computation of Bernoulli numbers.\n');
/** More than is on its way when the answer comes. */
const FILM = Buffer.alloc(8_000_000, 'film');
/** A red picture of 3 × 2 pixels. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR42mP4z8AAQQxwFgBB0gX7b/EWxwAAAABJRU5ErkJggg==',
  'base64',
);

interface File {
  fileId: string;
  name: string;
  size: number;
  filePath: string;
  fileType: string;
  url: string;
  tags?: string[] | null;
}

const CLASS_OF_ERROR: Record<number, string> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  429: 'RateLimitError',
};

/** The client understood the refusal: its status, our words and code, and whatever class it has for it. */
function expectRefusal(sdk: Sdk, outcome: Outcome, [status, code, message]: Refusal): void {
  expect([outcome.status, outcome.body], code).toMatchObject([status, { code, message: expect.stringMatching(message), help: expect.stringMatching(/\S/) }]);
  expect(outcome.headers['x-request-id']).toMatch(/\S/);
  expect(outcome.raised).toBe(sdk.hasErrorClasses ? CLASS_OF_ERROR[status] : undefined);
}

type Refusal = [status: number, code: string, message: RegExp];

const MISSING: Refusal = [401, 'KEY_MISSING', /^Your request does not contain private API key\.$/];
const UNKNOWN: Refusal = [403, 'KEY_UNKNOWN', /^Your account cannot be authenticated\.$/];
const PUBLIC: Refusal = [403, 'KEY_IS_PUBLIC', /^Your account cannot be authenticated\.$/];
const EXPIRED: Refusal = [403, 'KEY_EXPIRED', /^Your request contains expired private API key\.$/];
const REVOKED: Refusal = [403, 'KEY_REVOKED', /^Your request contains expired private API key\.$/];

const seconds = (): number => Math.floor(Date.now() / 1000);

/** As a page would send it: with what the site's server gave it, and no private key. */
function clientSide(client: Client, parameters: Partial<AuthenticationParameters>, publicKey?: string): Promise<Outcome> {
  return client.upload(NOTES, 'notes.txt', { publicKey, ...parameters }, 'none');
}

/** Runs a program of the owner's that is told by its environment alone where to go, and with which key. */
function runByEnvironment(program: string, args: string[], url: string, key: string): string {
  const environment = { PATH: process.env.PATH, NO_PROXY: '*', IMAGE_KIT_BASE_URL: url, IMAGEKIT_PRIVATE_KEY: key };
  return execFileSync(program, args, { cwd: END2END, env: environment, encoding: 'utf8', timeout: 60_000 }).trim();
}

test('a program that is not changed at all finds its way by the environment', async ({ person, server }) => {
  const node = [
    "import ImageKit from '@imagekit/nodejs';",
    "const client = new ImageKit();",
    "const { name } = await client.files.upload({ file: await ImageKit.toFile(Buffer.from('x'), 'x'), fileName: 'node.txt', useUniqueFileName: false });",
    "console.log(name, (await client.assets.list()).length);",
  ].join('\n');
  expect(runByEnvironment(process.execPath, ['--input-type=module', '--eval', node], server.url, person.privateKey)).toBe('node.txt 1');
  const snake = [
    'from imagekitio import ImageKit',
    'client = ImageKit()',
    "name = client.files.upload(file=b'x', file_name='python.txt', use_unique_file_name=False).name",
    'print(name, len(client.assets.list()))',
  ].join('\n');
  expect(runByEnvironment(python(), ['-c', snake], server.url, person.privateKey)).toBe('python.txt 2');
});

/** A server whose accounts may make so many requests in so many seconds. */
async function withRequestsLimited(requests: number, perSeconds: number, story: (server: Server) => Promise<void>): Promise<void> {
  const variables = { LATCHKEY_ACCOUNT_REQUESTS: `${requests}`, LATCHKEY_ACCOUNT_REQUESTS_SECONDS: `${perSeconds}` };
  const server = await Server.start({ variables });
  try {
    await story(server);
  } finally {
    await server.stop();
    server.forget();
  }
}

test('every client reads that its account has asked too often, and how long to wait', async () => {
  await withRequestsLimited(1, 3_600, async (server) => {
    for (const sdk of SDKS) {
      const client = sdk.open(server.url, server.createAccount(uniqueEmail(), PASSWORD));
      const first = await client.list();
      expect(first.status, sdk.name).toBe(200);
      const headers = { 'x-ratelimit-limit': '1', 'x-ratelimit-reset': '3600000', 'x-ratelimit-interval': '3600000' };
      expect(first.headers).toMatchObject(headers);
      const second = await client.list();
      expectRefusal(sdk, second, [429, 'RATE_LIMITED', /^Your account has made too many requests\.$/]);
      const [seconds, milliseconds] = [Number(second.headers['retry-after']), Number(second.headers['x-ratelimit-reset'])];
      expect(seconds).toBeGreaterThan(3_000);
      expect(milliseconds).toBeGreaterThan(3_000_000);
      expect(seconds).toBe(Math.ceil(milliseconds / 1000));
      // Uploads are not counted.
      expect((await client.upload(NOTES, 'notes.txt')).status).toBe(200);
    }
  });
});

test('a client that is told to wait waits, and then gets its answer', async () => {
  await withRequestsLimited(2, 8, async (server) => {
    const node = server.createAccount(uniqueEmail(), PASSWORD);
    const snake = server.createAccount(uniqueEmail(), PASSWORD);
    const answers: { status: number; at: number }[] = [];
    const watching: typeof fetch = async (...request) => {
      const answer = await fetch(...request);
      answers.push({ status: answer.status, at: Date.now() });
      return answer;
    };
    const client = new ImageKit({ baseURL: server.url, privateKey: node.privateKey, fetch: watching });
    // One more at once than there may be.
    const lists = await Promise.all([1, 2, 3].map(() => client.assets.list()));
    expect(lists).toEqual([[], [], []]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429]);
    const [refused, last] = [answers.find(({ status }) => status === 429)!, answers.at(-1)!];
    expect(last.at - refused.at).toBeGreaterThan(3_000);

    const program = [
      'from time import monotonic',
      'from imagekitio import ImageKit',
      'client, began = ImageKit(), monotonic()',
      'print([len(client.assets.list()) for _ in range(3)], monotonic() - began > 3)',
    ].join('\n');
    expect(runByEnvironment(python(), ['-c', program], server.url, snake.privateKey)).toBe('[0, 0, 0] True');
  });
});

/** A proxy that passes everything on, and loses the first answer to an upload: with a status of its own, or without a word. */
async function losing(to: string, how: 'hangs up' | 'answers 502', story: (url: string) => Promise<void>): Promise<number> {
  let uploads = 0;
  const proxy = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const headers = Object.entries(request.headers).filter(([name]) => ['authorization', 'content-type'].includes(name)) as [string, string][];
      const body = request.method === 'POST' ? Buffer.concat(pieces) : null;
      void fetch(to + request.url, { method: request.method ?? 'GET', headers, body }).then(async (answer) => {
        const said = Buffer.from(await answer.arrayBuffer());
        uploads += request.method === 'POST' ? 1 : 0;
        if (uploads !== 1) {
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(said);
        } else if (how === 'answers 502') {
          response.writeHead(502).end();
        } else {
          request.socket.destroy();
        }
      });
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    await story(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    return uploads;
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

for (const how of ['answers 502', 'hangs up'] as const) {
  test(`@imagekit/nodejs tries again by itself when a proxy ${how}, and says what came of it`, async ({ person, server }) => {
    const direct = new ImageKit({ baseURL: server.url, privateKey: person.privateKey });
    const named = async (name: string): Promise<number> => (await direct.assets.list({ searchQuery: `name : "${name}"` })).length;

    // With a signature: the first one was taken, the second is told that its token was used, and that is what the program gets.
    let refused: unknown;
    const signedTimes = await losing(server.url, how, async (url) => {
      const client = new ImageKit({ baseURL: url, privateKey: person.privateKey });
      const fields = { publicKey: person.publicKey, ...client.helper.getAuthenticationParameters() };
      const file = await ImageKit.toFile(NOTES, 'signed.txt');
      refused = await client.files.upload({ file, fileName: 'signed.txt', ...fields }, { headers: { Authorization: null } }).catch((error: unknown) => error);
    });
    expect(signedTimes).toBe(2);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect((refused as InstanceType<typeof BadRequestError>).error).toMatchObject({
      code: 'TOKEN_USED',
      message: expect.stringMatching(/^The token with value '\S+' has been used before\./),
      help: expect.stringMatching(/new upload parameters for every attempt/),
    });
    expect(await named('signed')).toBe(1);

    // With the private key each attempt is an upload: two files under names made unique, one under a name that is kept.
    for (const [fileName, useUniqueFileName, files] of [['unique.txt', true, 2], ['kept.txt', false, 1]] as const) {
      const times = await losing(server.url, how, async (url) => {
        const client = new ImageKit({ baseURL: url, privateKey: person.privateKey });
        const uploaded = await client.files.upload({ file: await ImageKit.toFile(NOTES, fileName), fileName, useUniqueFileName });
        expect(uploaded.fileId).toMatch(/^[0-9a-f]{24}$/);
      });
      expect(times).toBe(2);
      expect(await named(fileName.split('.')[0] ?? ''), fileName).toBe(files);
    }
  });
}

for (const sdk of SDKS) {
  test(`a program uploads, lists, reads and deletes files with ${sdk.name}`, async ({ person, server }) => {
    const client = sdk.open(server.url, person);
    const folder = '/letters';
    const uploaded = await client.upload(NOTES, 'note g.txt', { folder, tags: ['a', 'b'], useUniqueFileName: false, responseFields: ['tags'] });
    expect(uploaded.status).toBe(200);
    const notes = uploaded.body as File;
    expect(notes).toMatchObject({
      fileId: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'note_g.txt',
      size: NOTES.length,
      filePath: `${folder}/note_g.txt`,
      fileType: 'non-image',
      tags: ['a', 'b'],
    });
    const pictured = await client.upload(PICTURE, 'picture.png', { folder });
    expect(pictured.body).toMatchObject({ fileType: 'image', width: 3, height: 2, name: expect.stringMatching(/^picture_\S+\.png$/) });
    const picture = pictured.body as File;

    const listed = await client.list({ path: folder, limit: 10 });
    expect(listed.body).toMatchObject([{ fileId: notes.fileId }, { fileId: picture.fileId }]);
    expect((await client.list({ path: folder, limit: 1, skip: 1 })).body).toMatchObject([{ fileId: picture.fileId }]);
    const details = await client.details(notes.fileId);
    expect([details.status, details.body]).toMatchObject([200, { type: 'file', name: notes.name, size: NOTES.length, tags: ['a', 'b'], url: notes.url }]);
    const fetched = await fetch(notes.url);
    expect([fetched.status, Buffer.from(await fetched.arrayBuffer())]).toEqual([200, NOTES]);

    expect((await client.remove(notes.fileId)).status).toBe(204);
    expectRefusal(sdk, await client.details(notes.fileId), [404, 'FILE_MISSING', /^The requested file does not exist\.$/]);
    expect((await client.removeMany([picture.fileId])).body).toMatchObject({ successfullyDeletedFileIds: [picture.fileId] });
    expect(await client.list()).toMatchObject({ status: 200, body: [] });
  });

  test(`a program learns from ${sdk.name} why its key is refused`, async ({ person, server }) => {
    const second = server.rollKeys(person.accountId, '1h');
    const third = server.rollKeys(person.accountId, 'immediately');
    server.letRollAge(person.publicKey, HOUR * 1000);
    const unknown = 'private_000000000000000000000000000000000000';
    const wrong: [privateKey: string, refusal: Refusal][] = [
      [unknown, UNKNOWN],
      [third.privateKey.slice(0, -1), UNKNOWN],
      [third.publicKey, PUBLIC],
      [person.privateKey, EXPIRED],
      [second.privateKey, REVOKED],
    ];
    for (const [privateKey, refusal] of wrong) {
      const client = sdk.open(server.url, { publicKey: third.publicKey, privateKey });
      expectRefusal(sdk, await client.list(), refusal);
      expectRefusal(sdk, await client.upload(NOTES, 'notes.txt'), refusal);
    }
    // Refused before it has come, and told nonetheless.
    expectRefusal(sdk, await sdk.open(server.url, { ...third, privateKey: unknown }).upload(FILM, 'film.bin'), UNKNOWN);
    const client = sdk.open(server.url, third);
    expectRefusal(sdk, await client.list({}, 'none'), MISSING);
    expectRefusal(sdk, await client.upload(NOTES, 'notes.txt', {}, 'none'), MISSING);
    expect(await client.list()).toMatchObject({ status: 200, body: [] });
  });

  test(`a browser uploads with what ${sdk.name} made for it, and once only`, async ({ person, server }) => {
    const client = sdk.open(server.url, person);
    const own = await client.authenticationParameters();
    expect((await clientSide(client, own, person.publicKey)).status).toBe(200);
    expectRefusal(sdk, await clientSide(client, own, person.publicKey), [400, 'TOKEN_USED', /has been used before/]);
    const chosen = await client.authenticationParameters(randomUUID(), seconds() + HOUR - 60);
    expect((await clientSide(client, chosen, person.publicKey)).status).toBe(200);
    expect((await client.list()).body).toHaveLength(2);
  });

  test(`a browser is refused what ${sdk.name} made wrongly`, async ({ person, server }) => {
    const client = sdk.open(server.url, person);
    const make = (expire?: number) => client.authenticationParameters(randomUUID(), expire);
    const badExpire: Refusal = [400, 'EXPIRE_INVALID', /^Your request contains invalid expire parameter\./];
    // As the README of @imagekit/nodejs has it: half an hour after the beginning of 1970.
    expectRefusal(sdk, await clientSide(client, await client.authenticationParameters('my-custom-token', 1800), person.publicKey), badExpire);
    expectRefusal(sdk, await clientSide(client, await make(seconds() - 1), person.publicKey), badExpire);
    expectRefusal(sdk, await clientSide(client, await make(seconds() + HOUR + 60), person.publicKey), badExpire);
    // Milliseconds instead of seconds.
    expectRefusal(sdk, await clientSide(client, await make(Date.now()), person.publicKey), badExpire);

    const badSignature: Refusal = [400, 'SIGNATURE_INVALID', /^Your request contains invalid signature parameter\.$/];
    const stranger = server.createAccount(uniqueEmail(), PASSWORD);
    expectRefusal(sdk, await clientSide(client, await make(), stranger.publicKey), badSignature);
    const later = await make();
    expectRefusal(sdk, await clientSide(client, { ...later, expire: later.expire + 1 }, person.publicKey), badSignature);
    // The token is used up all the same.
    expectRefusal(sdk, await clientSide(client, later, person.publicKey), [400, 'TOKEN_USED', /has been used before/]);
    const other = await make();
    expectRefusal(sdk, await clientSide(client, { ...other, token: randomUUID() }, person.publicKey), badSignature);

    expectRefusal(sdk, await clientSide(client, await make(), 'public_000000000000000000000000000000000000'), UNKNOWN);
    for (const missing of ['token', 'expire', 'signature'] as const) {
      const { [missing]: _, ...rest } = await make();
      expectRefusal(sdk, await clientSide(client, rest, person.publicKey), [400, 'PARAMETER_MISSING', new RegExp(`\\b${missing}\\b`)]);
    }
    const both = await client.upload(NOTES, 'notes.txt', { publicKey: person.publicKey, ...(await make()) });
    expectRefusal(sdk, both, [400, 'KEY_AND_SIGNATURE', /^Your request contains both signature and basic auth parameter\./]);
    expect(await client.list()).toMatchObject({ status: 200, body: [] });
  });

  test(`programs that use ${sdk.name} go over from the old pair to the new one`, async ({ person, server }) => {
    const old = { publicKey: person.publicKey, privateKey: person.privateKey };
    const current = server.rollKeys(person.accountId, '1h');
    const clients = { old: sdk.open(server.url, old), current: sdk.open(server.url, current) };
    for (const [client, { publicKey }] of [[clients.old, old], [clients.current, current]] as const) {
      expect((await client.upload(NOTES, 'notes.txt')).status).toBe(200);
      expect((await clientSide(client, await client.authenticationParameters(), publicKey)).status).toBe(200);
    }
    // A pair is both halves.
    const mixed: Refusal = [400, 'SIGNATURE_INVALID', /^Your request contains invalid signature parameter\.$/];
    expectRefusal(sdk, await clientSide(clients.old, await clients.old.authenticationParameters(), current.publicKey), mixed);
    expectRefusal(sdk, await clientSide(clients.current, await clients.current.authenticationParameters(), old.publicKey), mixed);

    const signedBefore = await clients.old.authenticationParameters();
    server.letRollAge(old.publicKey, HOUR * 1000);
    expectRefusal(sdk, await clients.old.upload(NOTES, 'notes.txt'), EXPIRED);
    expectRefusal(sdk, await clientSide(clients.old, signedBefore, old.publicKey), [403, 'KEY_EXPIRED', /expired public API key/]);
    expect((await clients.current.list()).body).toHaveLength(4);

    // And at once.
    const signedWithCurrent = await clients.current.authenticationParameters();
    const last = server.rollKeys(person.accountId, 'immediately');
    expectRefusal(sdk, await clients.current.upload(NOTES, 'notes.txt'), REVOKED);
    expectRefusal(sdk, await clientSide(clients.current, signedWithCurrent, current.publicKey), [403, 'KEY_REVOKED', /expired public API key/]);
    const client = sdk.open(server.url, last);
    expect((await client.upload(NOTES, 'notes.txt')).status).toBe(200);
    expect((await clientSide(client, await client.authenticationParameters(), last.publicKey)).status).toBe(200);
    expect((await client.list()).body).toHaveLength(6);
  });
}
