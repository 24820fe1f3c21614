// A site of one of the account owner's own: a page that uploads from the browser, and the address it gets permission from.
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import ImageKit from '@imagekit/nodejs';
import type { KeyPair } from './server';

const SDK = '@imagekit/javascript';
const PAGE = `<!DOCTYPE html><html lang="en"><title>A customer's site</title><link rel="icon" href="data:,"><script src="/sdk.js"></script>`;

/** The file that the package names for browsers, as it is published. */
function bundle(): Buffer {
  const about = createRequire(import.meta.url).resolve(`${SDK}/package.json`);
  const { browser } = JSON.parse(readFileSync(about, 'utf8')) as { browser: string };
  return readFileSync(join(dirname(about), browser));
}

/** Listens on a site of its own, as browsers count sites: 127.0.0.1 with another port would be the Latchkey's. */
export class CustomerSite {
  /** Who signs: the pair that the site's server holds now. */
  pair: KeyPair;
  private tokens = 0;

  private constructor(
    private readonly server: HttpServer,
    readonly url: string,
    pair: KeyPair,
  ) {
    this.pair = pair;
  }

  static async open(pair: KeyPair): Promise<CustomerSite> {
    const sdk = bundle();
    const server = createServer((request, response) => {
      if (request.url === '/sdk.js') {
        response.setHeader('content-type', 'text/javascript').end(sdk);
      } else if (request.url === '/auth') {
        // A browser that kept the answer would send a token twice.
        response.setHeader('cache-control', 'no-store').setHeader('content-type', 'application/json');
        response.end(JSON.stringify(site.authenticationParameters()));
      } else if (request.url === '/token') {
        let asked = '';
        request.on('data', (chunk: Buffer) => (asked += chunk.toString()));
        request.on('end', () => {
          response.setHeader('cache-control', 'no-store').setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ token: site.token(JSON.parse(asked) as Record<string, string>) }));
        });
      } else {
        response.setHeader('content-type', 'text/html').end(PAGE);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const site = new CustomerSite(server, `http://localhost:${typeof address === 'object' && address ? address.port : 0}`, pair);
    return site;
  }

  /** What the page needs for one upload: the public key, and what the package's own helper makes with the private one. */
  authenticationParameters(token?: string, expire?: number): { publicKey: string; token: string; expire: number; signature: string } {
    const { publicKey, privateKey } = this.pair;
    const { helper } = new ImageKit({ privateKey });
    return { publicKey, ...helper.getAuthenticationParameters(token, expire) };
  }

  /** A JSON Web Token that lets a page upload with these fields and no others, made as docs/API.md says, without a library. */
  token(fields: Record<string, string>): string {
    const { publicKey, privateKey } = this.pair;
    const iat = Math.floor(Date.now() / 1000);
    // Two of the same second and the same fields would be one token.
    this.tokens += 1;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: publicKey })}.${part({ ...fields, iat, exp: iat + 600 + this.tokens })}`;
    return `${signed}.${createHmac('sha256', privateKey).update(signed).digest('base64url')}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
