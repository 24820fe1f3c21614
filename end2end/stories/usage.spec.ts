// When pairs were used, how often, and by whom.
import { type Locator, type Page } from '@playwright/test';
import { axe, expect, PASSWORD, type Person, Server, TAB, test, uniqueEmail, visit } from '../fixtures';
import { curl } from '../support/api';

const CALLERS = '/dashboard/developers/callers';
const NOT_USED = 'Not used in the last 30 days.';

const section = (page: Page): Locator => page.getByRole('region', { name: 'Use', exact: true });
const ofPair = (page: Page, publicKey: string): Locator => section(page).getByRole('article').filter({ hasText: publicKey });
const chart = (page: Page, publicKey: string): Locator => page.getByRole('img', { name: `Requests a day with ${publicKey} in the last 30 days` });

/** Asks with the key, as a program of this name. */
function use(server: Server, person: Person, program: string, ...more: string[]): number {
  return curl(`${server.url}/v1/account`, `user = "${person.privateKey}:"`, `user-agent = "${program}"`, ...more).status;
}

/** Opens the page until what was counted is written, which is about every second. */
async function open(page: Page, path: string, shown: () => Locator): Promise<void> {
  await expect(async () => {
    await page.goto(path);
    await expect(shown()).toBeVisible({ timeout: 250 });
  }).toPass({ timeout: 30_000 });
}

test('a developer reads when a pair was used, how often, and by whom', async ({ tab, person, server, watch }) => {
  watch.expectStatus(403);
  await expect(ofPair(tab, person.publicKey).getByText(NOT_USED)).toBeVisible();
  await expect(ofPair(tab, person.publicKey)).toContainText('Never');
  await axe(tab);

  for (const program of ['billing/1.0', 'billing/1.0', 'shop/2.0']) {
    expect(use(server, person, program)).toBe(200);
  }
  expect(use(server, person, 'a browser', 'header = "Origin: https://shop.example"')).toBe(403);
  await open(tab, TAB, () => ofPair(tab, person.publicKey).getByText('1 refused', { exact: true }));
  const pair = ofPair(tab, person.publicKey);
  await expect(pair.getByText('3 accepted', { exact: true })).toBeVisible();
  await expect(pair.getByText('Last used')).toBeVisible();
  await expect(pair.locator('.use__ago').first()).toHaveText(/^(just now|\d+ (seconds|minutes) ago)$/);
  // The exact time, in the person's own zone as every other.
  await expect(pair.locator('time').first()).toHaveText(/\(Berlin\)$/);
  await expect(chart(tab, person.publicKey)).toHaveAccessibleDescription(/^3 accepted and 1 refused; most on .+: 4\. The table below has every day\.$/);

  // What the picture shows stands in a table, too.
  await pair.getByText('Every day in numbers').click();
  const days = pair.getByRole('table').getByRole('row');
  await expect(days).toHaveCount(2);
  await expect(days.nth(1)).toHaveText(/^\d+ \w+ \d{4}31$/);
  await axe(tab);

  await pair.getByRole('link', { name: `Callers of ${person.publicKey}` }).click();
  await expect(tab.getByRole('heading', { name: 'Use of a key pair' })).toBeVisible();
  const callers = tab.getByRole('table', { name: 'Callers' }).getByRole('row');
  await expect(callers).toHaveCount(4);
  const billing = callers.filter({ hasText: 'billing/1.0' });
  await expect(billing).toContainText('127.0.0.1');
  await expect(billing).toContainText('2 accepted');
  await expect(billing).toContainText('GET /v1/account');
  await expect(callers.filter({ hasText: 'a browser' })).toContainText('Refused: from a browser');
  await expect(tab.getByRole('navigation', { name: 'Pages of callers' })).toHaveCount(0);
  await axe(tab);
  await tab.getByRole('link', { name: 'API keys', exact: true }).first().click();
  await tab.waitForURL(`**${TAB}`);
});

test('a person without JavaScript reads the same', async ({ newContext, person, server }) => {
  use(server, person, 'billing/1.0');
  const page = await (await newContext({ javaScriptEnabled: false })).newPage();
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${TAB}`);
  await open(page, TAB, () => chart(page, person.publicKey));
  await expect(ofPair(page, person.publicKey).locator('time').first()).toHaveText(/UTC$/);
  await ofPair(page, person.publicKey).getByText('Every day in numbers').click();
  await expect(ofPair(page, person.publicKey).getByRole('table').getByRole('row')).toHaveCount(2);
  await ofPair(page, person.publicKey).getByRole('link', { name: 'Callers' }).click();
  await expect(page.getByRole('table', { name: 'Callers' })).toContainText('billing/1.0');
});

test('a viewer sees how much, and not from where', async ({ page, person, server, watch }) => {
  watch.expectStatus(403);
  use(server, person, 'billing/1.0');
  const invited = ['member', 'invite', '--account', person.accountId, '--email', uniqueEmail(), '--role', 'viewer', '--json'];
  await page.goto((JSON.parse(server.operator(invited).stdout) as { link: string }).link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Choose this password and join' }).click();
  await page.waitForURL(`**${TAB}`);
  await open(page, TAB, () => chart(page, person.publicKey));
  await expect(section(page)).toContainText('Who they came from is for an owner or a developer to see.');
  await expect(section(page).getByRole('link')).toHaveCount(0);
  await expect(section(page)).not.toContainText('127.0.0.1');
  const [pair] = server.database('SELECT id FROM key_pair WHERE public_key = ?', [person.publicKey])[0]!;
  const answer = await page.goto(`${CALLERS}?pair=${String(pair)}`);
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByText('billing/1.0')).toHaveCount(0);
});

test('many callers are read page by page, and strangers’ names are only text', async ({ tab, person, server }) => {
  server.useInThePast(person.publicKey);
  use(server, person, '<img src=x onerror=alert(1)>');
  const [pair] = server.database('SELECT id FROM key_pair WHERE public_key = ?', [person.publicKey])[0]!;
  await open(tab, `${CALLERS}?pair=${String(pair)}`, () => tab.getByText('<img src=x onerror=alert(1)>', { exact: true }));
  const callers = tab.getByRole('table', { name: 'Callers' }).getByRole('row');
  await expect(callers).toHaveCount(51);
  await tab.getByRole('link', { name: 'Seen earlier' }).click();
  await expect(callers.filter({ hasText: 'Others' })).toContainText('Callers that came when there were too many to be told apart.');
  await expect(callers.filter({ hasText: 'No user agent' })).toHaveCount(1);
  await axe(tab);
  await tab.getByRole('link', { name: 'Seen later' }).click();
  await expect(callers).toHaveCount(51);
});

test('where use is not counted, the page says so', async ({ page, watch }) => {
  watch.expectQuiet();
  const server = await Server.start({ variables: { LATCHKEY_USAGE_DAYS: '0' } });
  try {
    const email = uniqueEmail();
    const keys = server.createAccount(email, PASSWORD);
    await visit(page, `${server.url}/sign-in`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`**${TAB}`);
    await expect(section(page)).toContainText('Use is not counted in this installation.');
    await expect(section(page).getByRole('img')).toHaveCount(0);
    const [pair] = server.database('SELECT id FROM key_pair WHERE public_key = ?', [keys.publicKey])[0]!;
    await page.goto(`${server.url}${CALLERS}?pair=${String(pair)}`);
    await expect(page.getByText('Use is not counted in this installation.')).toBeVisible();
  } finally {
    await server.stop();
    server.forget();
  }
});
