// The API as a customer's program sees it: through the real curl.
import { spawnSync } from 'node:child_process';

export interface ApiAnswer {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string>;
  body: Record<string, unknown>;
}

/** `GET /v1/account` with a private key. The key goes in by stdin: a command line can be read by every process. */
export function curlAccount(url: string, key: string): ApiAnswer {
  return curl(`${url}/v1/account`, `user = "${key}:"`);
}

/** Any address, with curl's own configuration lines. */
export function curl(url: string, ...config: string[]): ApiAnswer {
  const { status, stdout, stderr } = spawnSync('curl', ['--silent', '--show-error', '--include', '--config', '-', '--noproxy', '*', url], {
    input: config.join('\n'),
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(`curl: ${stderr}`);
  }
  const [head = '', ...rest] = stdout.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: JSON.parse(rest.join('\r\n\r\n')) as Record<string, unknown> };
}
