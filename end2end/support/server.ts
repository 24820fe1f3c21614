// A Latchkey of the story's own: a process, a free port, a directory that is thrown away.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findKeys } from './canary';

const READY = /^Latchkey is ready on (http:\/\/\S+)$/m;
const STARTS_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 15_000;

/** What a program is told and answers. */
export interface Answer {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface KeyPair {
  publicKey: string;
  privateKey: string;
}

/** A pair as the command line prints it. */
interface PrintedPair {
  public_key: string;
  private_key: string;
}

export class Server {
  /** Every private key a story has seen: none of them may be found in what the server wrote. */
  readonly seenKeys = new Set<string>();

  private constructor(
    private readonly process: ChildProcess,
    /** Where the process writes everything it writes. */
    readonly directory: string,
    /** Where browsers go; without a trailing slash. */
    readonly url: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async start(settings: { host?: string; variables?: Record<string, string> } = {}): Promise<Server> {
    const directory = mkdtempSync(join(tmpdir(), 'latchkey-story-'));
    const environment: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      HOME: directory,
      LATCHKEY_SITE_ROOT: required('LATCHKEY_SITE_ROOT'),
      LATCHKEY_LOG: 'debug',
      ...settings.variables,
    };
    let addr = '127.0.0.1:0';
    if (settings.host) {
      const port = await freePort();
      addr = `127.0.0.1:${port}`;
      environment.LATCHKEY_PUBLIC_URL = `http://${settings.host}:${port}`;
    }
    const child = spawn(required('LATCHKEY_BIN'), ['serve', '--addr', addr], {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdout.pipe(createWriteStream(join(directory, 'stdout.log')));
    child.stderr.pipe(createWriteStream(join(directory, 'stderr.log')));
    const deadline = Date.now() + STARTS_WITHIN_MS;
    for (;;) {
      const ready = READY.exec(said);
      if (ready) {
        const url = environment.LATCHKEY_PUBLIC_URL ?? ready[1]!;
        return new Server(child, directory, url, environment);
      }
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`The server did not start. It said:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Runs `latchkey …` beside the server, as an operator would. */
  operator(args: string[], stdin = ''): Answer {
    const environment = { ...this.environment, LATCHKEY_LOG: 'warn', LATCHKEY_PUBLIC_URL: this.url };
    const { status, stdout, stderr } = spawnSync(required('LATCHKEY_BIN'), args, {
      cwd: this.directory,
      env: environment,
      input: stdin,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  /** Makes a person with an account by the command line: quicker than the sign-up page, and not throttled. */
  createAccount(email: string, password: string): { accountId: string } & KeyPair {
    const answer = this.operator(['account', 'create', '--email', email, '--password-stdin', '--json'], `${password}\n`);
    if (answer.status !== 0) {
      throw new Error(`latchkey account create: ${answer.stderr}${answer.stdout}`);
    }
    const made = JSON.parse(answer.stdout) as { account_id: string; key_pair: PrintedPair };
    return { accountId: made.account_id, ...this.seen(made.key_pair) };
  }

  /** Rolls the account's keys by the command line, and answers the new pair. */
  rollKeys(accountId: string, expireOld: string): KeyPair {
    const answer = this.operator(['keys', 'roll', '--account', accountId, '--expire-old', expireOld, '--json']);
    if (answer.status !== 0) {
      throw new Error(`latchkey keys roll: ${answer.stderr}${answer.stdout}`);
    }
    return this.seen((JSON.parse(answer.stdout) as { new: PrintedPair }).new);
  }

  private seen({ public_key: publicKey, private_key: privateKey }: PrintedPair): KeyPair {
    this.seenKeys.add(privateKey);
    return { publicKey, privateKey };
  }

  /**
   * Changes facts in the server's own database: the only way to let time pass for it. Answers the rows of the statement, once
   * the server has followed what it changes about keys: whoever changes something waits for that.
   */
  database(sql: string, parameters: (string | number)[] = []): unknown[][] {
    const script = [
      'import json, sqlite3, sys, time',
      'db = sqlite3.connect("data/latchkey.db", timeout=10)',
      'rows = db.execute(sys.argv[1], json.loads(sys.argv[2])).fetchall()',
      'db.commit()',
      'behind = "SELECT count(*) FROM instance WHERE acknowledged < (SELECT coalesce(max(number), 0) FROM key_change)"',
      'over = time.monotonic() + 10',
      'while db.execute(behind).fetchone()[0] and time.monotonic() < over: time.sleep(0.005)',
      'print(json.dumps(rows))',
    ].join('\n');
    const { status, stdout, stderr } = spawnSync(python(), ['-c', script, sql, JSON.stringify(parameters)], {
      cwd: this.directory,
      encoding: 'utf8',
    });
    if (status !== 0) {
      throw new Error(stderr);
    }
    return JSON.parse(stdout) as unknown[][];
  }

  /** The person gave their password six minutes ago: it is due again. */
  letPasswordFallDue(email: string): void {
    this.database(
      'UPDATE session SET password_at = password_at - 360000 WHERE user_id = (SELECT id FROM person WHERE email = ?)',
      [email],
    );
  }

  /** The pair was rolled so much earlier than it was, and ends so much earlier. */
  letRollAge(publicKey: string, milliseconds: number): void {
    const rows = this.database(
      'UPDATE key_pair SET rolled_at = rolled_at - ?, expires_at = expires_at - ? WHERE public_key = ? AND expires_at > 0 RETURNING id',
      [milliseconds, milliseconds, publicKey],
    );
    if (rows.length !== 1) {
      throw new Error('no such pair is expiring');
    }
  }

  /** The pair was used on most of the last 29 days, by 60 callers: one of them nameless, and many that are not told apart. */
  useInThePast(publicKey: string): void {
    const days = 'WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d WHERE n < 29)';
    const callers = 'WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d WHERE n < 60)';
    // The middle of an hour, so many hours ago.
    const at = '((unixepoch() / 3600 - n) * 3600 + 1800) * 1000';
    const pair = '(SELECT number FROM key_pair WHERE public_key = ?)';
    this.database(
      `${days} INSERT INTO use_by_day (pair, day, accepted, refused)
       SELECT ${pair}, unixepoch() / 86400 - n, (n * 7919 % 23) * 137 + 90, CASE WHEN n % 6 = 2 THEN n * 37 ELSE 0 END FROM d WHERE n % 7 > 1`,
      [publicKey],
    );
    this.database(
      `INSERT INTO use_of_pair (pair, first_accepted_at, last_accepted_at, last_refused_at)
       SELECT ${pair}, (unixepoch() - 2500000) * 1000, (unixepoch() - 7200) * 1000, (unixepoch() - 180000) * 1000`,
      [publicKey],
    );
    this.database(
      `${callers} INSERT INTO caller (pair, others, address, user_agent, first_at, last_at)
       SELECT ${pair}, n = 60, CASE n WHEN 60 THEN '' WHEN 59 THEN '2001:db8:12:7::/64' ELSE '203.0.113.' || n END,
              CASE n WHEN 60 THEN '' WHEN 59 THEN '' WHEN 3 THEN 'Mozilla/5.0 (compatible; a-name-that-goes-on-and-on-for-as-long-as-somebody-lets-it/12.34.56)' ELSE 'importer/' || n END,
              ${at}, ${at} FROM d`,
      [publicKey],
    );
    this.database(
      `INSERT INTO use_by_hour (caller, hour, outcome, count, first_at, last_at, route)
       SELECT number, last_at / 3600000, CASE WHEN number % 9 = 4 THEN 'expired' ELSE 'accepted' END, number % 50 * 31 + 1, last_at, last_at,
              CASE WHEN number % 5 = 1 THEN 'POST /api/v1/files/upload' ELSE 'GET /v1/auth/images/2026/11/a-photograph-of-the-harbour.jpeg' END
       FROM caller WHERE pair = ${pair}`,
      [publicKey],
    );
  }

  /** What it wrote to stdout and stderr so far. */
  log(): string {
    return ['stdout.log', 'stderr.log'].map((file) => readFileSync(join(this.directory, file), 'utf8')).join('');
  }

  /** Stops it as a service manager would. The directory stays until `forget`. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      const impatient = setTimeout(() => this.process.kill('SIGKILL'), STOPS_WITHIN_MS);
      await exited;
      clearTimeout(impatient);
    }
  }

  /** Where any of the keys seen can be found in what it wrote; empty if nowhere. */
  leaks(): string[] {
    return findKeys(this.directory, [...this.seenKeys]);
  }

  forget(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The Python that has `requests`. */
export function python(): string {
  return process.env.LATCHKEY_PYTHON ?? 'python3';
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set. Run the stories with \`cargo xtask test --browser\`.`);
  }
  return value;
}

/** A port that was free a moment ago: needed where the public URL must be known before the start. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('no free port');
  }
  return address.port;
}
