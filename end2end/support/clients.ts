// ImageKit's own clients, as they are published and pointed at a Latchkey: programs that nobody here wrote.
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ImageKit, { APIError } from '@imagekit/nodejs';
import { python, type KeyPair } from './server';

const require = createRequire(import.meta.url);

/** What a program got: an answer, or the error that its client made of one. */
export interface Outcome {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: unknown;
  /** The class of the error, where it was one and the client has classes. */
  raised?: string;
}

/** What a server gives a browser to upload with. */
export interface AuthenticationParameters {
  token: string;
  expire: number;
  signature: string;
}

/** The fields of an upload that the stories use, as ImageKit's API calls them. */
export interface UploadFields extends Partial<AuthenticationParameters> {
  publicKey?: string;
  folder?: string;
  tags?: string[];
  useUniqueFileName?: boolean;
  responseFields?: 'tags'[];
}

/** A way to send a request: with the private key the client was made with, or with none. */
export type Credentials = 'private key' | 'none';

/** One client, whichever language it is written in. */
export interface Client {
  upload(file: Buffer, fileName: string, fields?: UploadFields, credentials?: Credentials): Promise<Outcome>;
  list(query?: { path?: string; limit?: number; skip?: number }, credentials?: Credentials): Promise<Outcome>;
  details(fileId: string): Promise<Outcome>;
  remove(fileId: string): Promise<Outcome>;
  removeMany(fileIds: string[]): Promise<Outcome>;
  authenticationParameters(token?: string, expire?: number): Promise<AuthenticationParameters>;
}

/** One published package. */
export interface Sdk {
  name: string;
  /** Whether its errors are of a class for each status. */
  hasErrorClasses: boolean;
  open(url: string, pair: KeyPair): Client;
}

/** `@imagekit/nodejs`: pointed elsewhere by its option `baseURL`. */
class Nodejs7 implements Client {
  private readonly client: ImageKit;

  constructor(url: string, { privateKey }: KeyPair) {
    // It tries again after 409, 429 and 5xx: a story wants to see each answer.
    this.client = new ImageKit({ baseURL: url, privateKey, maxRetries: 0 });
  }

  async upload(file: Buffer, fileName: string, fields: UploadFields = {}, credentials: Credentials = 'private key'): Promise<Outcome> {
    const body = { file: await ImageKit.toFile(file, fileName), fileName, ...fields };
    return this.answered(this.client.files.upload(body, this.options(credentials)));
  }

  async list(query = {}, credentials: Credentials = 'private key'): Promise<Outcome> {
    return this.answered(this.client.assets.list(query, this.options(credentials)));
  }

  async details(fileId: string): Promise<Outcome> {
    return this.answered(this.client.files.get(fileId));
  }

  async remove(fileId: string): Promise<Outcome> {
    return this.answered(this.client.files.delete(fileId));
  }

  async removeMany(fileIds: string[]): Promise<Outcome> {
    return this.answered(this.client.files.bulk.delete({ fileIds }));
  }

  async authenticationParameters(token?: string, expire?: number): Promise<AuthenticationParameters> {
    return this.client.helper.getAuthenticationParameters(token, expire);
  }

  private options(credentials: Credentials): { headers?: Record<string, null> } {
    return credentials === 'none' ? { headers: { Authorization: null } } : {};
  }

  private async answered(call: { withResponse(): Promise<{ data: unknown; response: Response }> }): Promise<Outcome> {
    try {
      const { data, response } = await call.withResponse();
      return { status: response.status, headers: Object.fromEntries(response.headers), body: data };
    } catch (error) {
      if (error instanceof APIError && error.status !== undefined) {
        const headers = Object.fromEntries(error.headers as Headers);
        return { status: error.status, headers, body: error.error, raised: error.constructor.name };
      }
      throw error;
    }
  }
}

/** What `imagekit` 6 makes of an answer: the body, with the rest where it does not show. */
type LegacyAnswer = object & { $ResponseMetadata?: { statusCode: number; headers: Record<string, string> } };
type LegacyCall = (argument?: unknown) => Promise<LegacyAnswer>;
type LegacyClient = Record<'upload' | 'listFiles' | 'getFileDetails' | 'deleteFile' | 'bulkDeleteFiles', LegacyCall> & {
  getAuthenticationParameters(token?: string, expire?: number): AuthenticationParameters;
};
const LegacyImageKit = require('imagekit') as new (options: KeyPair & { urlEndpoint: string; uploadEndpoint: string }) => LegacyClient;

/** Where calls of `imagekit` 6 that are being made go, and with what. */
const legacyRoute = new AsyncLocalStorage<{ url: string; credentials: Credentials }>();
let legacyIsRouted = false;

/** It has the host of everything but uploads built in, and asks with the axios that lies beside it: which can be told otherwise. */
function routeLegacy(): void {
  if (legacyIsRouted) {
    return;
  }
  legacyIsRouted = true;
  // Neither reaches the packages' own files, nor a proxy that this machine may have.
  process.env.NO_PROXY = process.env.no_proxy = '*';
  interface Request {
    url?: string;
    auth?: unknown;
  }
  const axios = createRequire(require.resolve('imagekit'))('axios') as {
    interceptors: { request: { use(change: (request: Request) => Request): void } };
  };
  axios.interceptors.request.use((request) => {
    const route = legacyRoute.getStore();
    if (!route) {
      throw new Error('a call of imagekit 6 that goes nowhere');
    }
    request.url = request.url?.replace('https://api.imagekit.io', route.url);
    if (route.credentials === 'none') {
      delete request.auth;
    }
    return request;
  });
}

/** `imagekit` 6, which most programs still use: uploads go where its option says, the rest where axios is told. */
class Legacy6 implements Client {
  private readonly client: LegacyClient;

  constructor(
    private readonly url: string,
    pair: KeyPair,
  ) {
    routeLegacy();
    this.client = new LegacyImageKit({ ...pair, urlEndpoint: `${url}/files`, uploadEndpoint: `${url}/api/v1/files/upload` });
  }

  async upload(file: Buffer, fileName: string, fields: UploadFields = {}, credentials: Credentials = 'private key'): Promise<Outcome> {
    return this.answered(credentials, () => this.client.upload({ file, fileName, ...fields }));
  }

  async list(query = {}, credentials: Credentials = 'private key'): Promise<Outcome> {
    return this.answered(credentials, () => this.client.listFiles(query));
  }

  async details(fileId: string): Promise<Outcome> {
    return this.answered('private key', () => this.client.getFileDetails(fileId));
  }

  async remove(fileId: string): Promise<Outcome> {
    return this.answered('private key', () => this.client.deleteFile(fileId));
  }

  async removeMany(fileIds: string[]): Promise<Outcome> {
    return this.answered('private key', () => this.client.bulkDeleteFiles(fileIds));
  }

  async authenticationParameters(token?: string, expire?: number): Promise<AuthenticationParameters> {
    return this.client.getAuthenticationParameters(token, expire);
  }

  private async answered(credentials: Credentials, call: () => Promise<LegacyAnswer>): Promise<Outcome> {
    // It rejects with what it would resolve with.
    const said = await legacyRoute.run({ url: this.url, credentials }, call).catch((refusal: LegacyAnswer) => refusal);
    if (!said.$ResponseMetadata) {
      throw said;
    }
    return { status: said.$ResponseMetadata.statusCode, headers: said.$ResponseMetadata.headers, body: said };
  }
}

/** Runs `imagekitio` 5 for all stories of this process. Starting it takes half a second. */
class PythonHost {
  private static only: PythonHost | undefined;
  private readonly process = spawn(python(), [fileURLToPath(new URL('python-client.py', import.meta.url))], {
    env: { PATH: process.env.PATH, NO_PROXY: '*', no_proxy: '*' },
  });
  private readonly answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  private complaint = '';

  private constructor() {
    this.process.stderr.on('data', (chunk: Buffer) => (this.complaint += chunk.toString()));
    // It ends when its input does, which is when this process ends.
    this.process.unref();
    for (const pipe of [this.process.stdin, this.process.stdout, this.process.stderr]) {
      (pipe as Socket).unref();
    }
  }

  static call<Said>(question: object): Promise<Said> {
    PythonHost.only ??= new PythonHost();
    return PythonHost.only.ask(question);
  }

  private async ask<Said>(question: object): Promise<Said> {
    this.process.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.answers.next();
    if (done) {
      throw new Error(`python-client.py: ${this.complaint}`);
    }
    return JSON.parse(value) as Said;
  }
}

/** `imagekitio` 5: pointed elsewhere by its option `base_url`. */
class Python5 implements Client {
  constructor(
    private readonly url: string,
    private readonly pair: KeyPair,
  ) {}

  async upload(file: Buffer, fileName: string, fields: UploadFields = {}, credentials: Credentials = 'private key'): Promise<Outcome> {
    const { publicKey, useUniqueFileName, responseFields, ...rest } = fields;
    const renamed = { public_key: publicKey, use_unique_file_name: useUniqueFileName, response_fields: responseFields };
    return this.call('upload', { file: file.toString('base64'), file_name: fileName, ...renamed, ...rest }, credentials);
  }

  async list(query = {}, credentials: Credentials = 'private key'): Promise<Outcome> {
    return this.call('list', query, credentials);
  }

  async details(fileId: string): Promise<Outcome> {
    return this.call('details', { file_id: fileId });
  }

  async remove(fileId: string): Promise<Outcome> {
    return this.call('remove', { file_id: fileId });
  }

  async removeMany(fileIds: string[]): Promise<Outcome> {
    return this.call('remove_many', { file_ids: fileIds });
  }

  async authenticationParameters(token?: string, expire?: number): Promise<AuthenticationParameters> {
    return this.call('authentication_parameters', { token, expire });
  }

  private call<Said>(call: string, args: object, credentials: Credentials = 'private key'): Promise<Said> {
    const { url, pair } = this;
    return PythonHost.call({ url, privateKey: pair.privateKey, call, arguments: args, anonymous: credentials === 'none' });
  }
}

/** The clients that a program on a server uses. */
export const SDKS: Sdk[] = [
  { name: '@imagekit/nodejs 7', hasErrorClasses: true, open: (url, pair) => new Nodejs7(url, pair) },
  { name: 'imagekit 6', hasErrorClasses: false, open: (url, pair) => new Legacy6(url, pair) },
  { name: 'imagekitio 5', hasErrorClasses: true, open: (url, pair) => new Python5(url, pair) },
];
