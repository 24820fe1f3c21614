// The whole error table of the API, as a program meets it: through the real curl.
import { randomUUID } from 'node:crypto';
import { expect, PASSWORD, test } from '../fixtures';
import { curl, type ApiAnswer } from '../support/api';

const UNKNOWN = 'Your account cannot be authenticated.';
const ENDED = 'Your request contains expired private API key.';

function expectRow(answer: ApiAnswer, status: number, code: string, message: string | RegExp): void {
  expect(answer.status, code).toBe(status);
  expect(answer.body).toMatchObject({ code });
  expect(answer.body.message).toMatch(message);
  expect(answer.body.help).toMatch(/\S/);
  expect(answer.headers.get('x-request-id')).toMatch(/\S/);
  expect(answer.headers.get('content-type')).toContain('application/json');
}

test('a program meets each row of the error table', async ({ person, server }) => {
  const account = `${server.url}/v1/account`;
  const basic = (key: string) => `user = "${key}:"`;
  const other = server.createAccount(`${randomUUID()}@example.org`, PASSWORD);

  const missing = curl(account);
  expectRow(missing, 401, 'KEY_MISSING', 'Your request does not contain private API key.');
  expect(missing.headers.get('www-authenticate')).toMatch(/^Basic /);
  expectRow(curl(account, basic('')), 401, 'KEY_MISSING', 'Your request does not contain private API key.');

  const listed = server.operator(['keys', 'list', '--account', person.accountId, '--json']);
  const [{ public_key: publicKey }] = JSON.parse(listed.stdout) as [{ public_key: string }];
  expectRow(curl(account, basic(publicKey)), 403, 'KEY_IS_PUBLIC', UNKNOWN);
  expectRow(curl(account, basic('private_000000000000000000000000000000000000')), 403, 'KEY_UNKNOWN', UNKNOWN);
  expectRow(curl(account, basic(person.privateKey.slice(0, -1))), 403, 'KEY_UNKNOWN', UNKNOWN);
  expectRow(curl(account, 'header = "Authorization: Basic %%%"'), 403, 'KEY_UNKNOWN', UNKNOWN);

  expectRow(curl(`${account}?api_key=${person.privateKey}`), 400, 'KEY_IN_URL', /\S/);
  const bearer = `header = "Authorization: Bearer ${person.privateKey}"`;
  expectRow(curl(account, bearer, 'header = "Authorization: Bearer again"'), 400, 'HEADER_REPEATED', /\S/);
  expect(curl(account, bearer).status).toBe(200);

  const end = Date.now() + 1_500;
  const second = server.rollKeys(person.accountId, new Date(end).toISOString());
  const expiring = curl(account, basic(person.privateKey));
  expect(expiring.status).toBe(200);
  expect(expiring.headers.get('sunset')).toMatch(/ GMT$/);
  await expect.poll(() => curl(account, basic(person.privateKey)).status, { timeout: 10_000 }).toBe(403);
  expect(Date.now()).toBeGreaterThanOrEqual(end);
  expectRow(curl(account, basic(person.privateKey)), 403, 'KEY_EXPIRED', ENDED);
  const third = server.rollKeys(person.accountId, 'immediately');
  expectRow(curl(account, basic(second.privateKey)), 403, 'KEY_REVOKED', ENDED);
  expect(curl(account, basic(third.privateKey)).status).toBe(200);

  server.database('UPDATE account SET disabled_at = 1 WHERE id = ?', [other.accountId]);
  expectRow(curl(account, basic(other.privateKey)), 403, 'ACCOUNT_DISABLED', 'Your account is disabled.');

  const posted = curl(account, 'request = "POST"', basic(third.privateKey));
  expect(posted.status).toBe(405);
  expect(posted.headers.get('allow')).toContain('GET');
  expect(curl(`${server.url}/v1/nowhere`).status).toBe(404);
});
