// An admin with a list of leaked keys and accounts: tried, confirmed once, watched, stopped, reported.
import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { axe, expect, PASSWORD, signIn, test, uniqueEmail, type Server } from '../fixtures';

const REASON = 'leaked on a public repository';
const MESSAGE = 'Our build server was broken into.\nReveal the new key, and call us if something stops.';

/** An admin, signed in without JavaScript. */
async function asAdmin(page: Page, server: Server): Promise<string> {
  const email = uniqueEmail();
  const made = server.operator(['admin', 'create', '--email', email, '--password-stdin'], `${PASSWORD}\n`);
  expect(made.status, made.stderr).toBe(0);
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/admin');
  return email;
}

/** Loads the page until the server has done everything. */
async function untilDone(page: Page): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('Done', { exact: true })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000 });
}

test('a pasted list is tried, confirmed once and reported, and its owners read why', async ({ page, newContext, person, server, ask }) => {
  const admin = await (await newContext({ javaScriptEnabled: false, acceptDownloads: true })).newPage();
  const addresses: string[] = [];
  admin.on('request', (request) => addresses.push(request.url()));
  await asAdmin(admin, server);
  const others = [1, 2, 3, 4].map(() => {
    const email = uniqueEmail();
    return { email, ...server.createAccount(email, PASSWORD) };
  });
  const lines = [
    others[0]!.accountId,
    others[1]!.accountId,
    others[2]!.accountId,
    others[3]!.email,
    '',
    `API_KEY=${person.privateKey}`,
    'nobody at all',
    person.privateKey.slice(0, -6),
  ];
  await admin.getByRole('link', { name: 'Many accounts' }).click();
  await admin.getByRole('link', { name: 'Roll many accounts' }).click();
  await admin.getByLabel('Accounts, one on each line').fill(lines.join('\n'));
  await admin.getByRole('button', { name: 'See what would happen' }).click();
  await expect(admin.getByRole('heading', { name: 'Dry run', level: 1 })).toBeVisible();
  await expect(admin.getByRole('table', { name: 'Accounts' }).getByRole('row')).toHaveCount(6);
  const bad = admin.getByRole('region', { name: 'Lines that name no account to roll' });
  await expect(bad.getByRole('listitem')).toHaveText([/No account has this id.*Line 7/, /the end is missing.*Line 8/]);
  expect(await admin.content()).not.toContain('nobody at all');
  expect(ask(person.privateKey).status).toBe(200);

  // Survives a reload, and is confirmed once.
  await admin.reload();
  await admin.getByRole('link', { name: 'Go on with 5 accounts' }).click();
  await expect(admin.getByRole('radio', { checked: true })).toHaveCount(0);
  await admin.getByLabel('Reason').fill('  ');
  await admin.getByLabel('Message (optional)').fill(MESSAGE);
  await admin.getByRole('radio', { name: 'Immediately' }).check();
  await admin.getByRole('button', { name: 'Roll the keys of 5 accounts' }).click();
  await expect(admin.getByLabel('Reason')).toHaveAccessibleDescription("Give a reason. The account's owner reads it.");
  await expect(admin.getByLabel('Message (optional)')).toHaveValue(MESSAGE);
  await expect(admin.getByRole('radio', { name: 'Immediately' })).toBeChecked();
  await admin.getByLabel('Reason').fill(REASON);
  await admin.getByRole('button', { name: 'Roll the keys of 5 accounts' }).click();
  await expect(admin.getByRole('heading', { name: 'Roll of 5 accounts', level: 1 })).toBeVisible();
  const progress = admin.url();
  await admin.goBack();
  await admin.reload();
  await admin.waitForURL(progress);
  await untilDone(admin);
  const download = admin.waitForEvent('download');
  await admin.getByRole('button', { name: 'Report as CSV' }).click();
  const report = readFileSync(await (await download).path(), 'utf8');
  expect(report.match(/"rolled"/g)).toHaveLength(5);
  expect(report).not.toMatch(/private_/);
  const refused = ask(person.privateKey);
  expect([refused.status, refused.body.code]).toEqual([403, 'KEY_REVOKED']);
  expect(addresses.filter((address) => address.includes('private_'))).toEqual([]);

  await signIn(page, person.email);
  const notice = page.getByRole('status').filter({ hasText: 'An admin rolled these keys on' });
  await expect(notice).toContainText(REASON);
  await expect(notice).toContainText(MESSAGE);
  await axe(page);
  await page.getByRole('link', { name: 'Activity' }).click();
  await expect(page.getByText('call us if something stops', { exact: false })).toHaveCount(1);
});

test('accounts are selected in the list and a roll is stopped, with the keyboard alone', async ({ newContext, server, ask }) => {
  const admin = await (await newContext({ javaScriptEnabled: false })).newPage();
  await asAdmin(admin, server);
  const prefix = `keys${process.pid}x`;
  const made = Array.from({ length: 45 }, (_, number) => {
    const email = `${prefix}${number}@example.org`;
    return { email, ...server.createAccount(email, PASSWORD) };
  });
  await admin.goto(`/admin?q=${prefix}`);
  // Nothing selected, said where the list is.
  await admin.getByRole('button', { name: 'Roll the selected…' }).focus();
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('status').first()).toHaveText(/^No account was selected\./);
  expect(admin.url()).toContain(`q=${prefix}`);
  await admin.getByRole('checkbox', { name: `Select ${made[3]!.email}` }).focus();
  await admin.keyboard.press('Space');
  await admin.getByRole('checkbox', { name: `Select ${made[30]!.email}` }).focus();
  await admin.keyboard.press('Space');
  await admin.getByRole('button', { name: 'Roll the selected…' }).focus();
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('link', { name: 'Go on with 2 accounts' })).toBeVisible();
  await admin.goto(`/admin?q=${prefix}`);
  await admin.getByRole('button', { name: 'Roll all 45 on this page…' }).focus();
  await admin.keyboard.press('Enter');
  await admin.getByRole('link', { name: 'Go on with 45 accounts' }).focus();
  await admin.keyboard.press('Enter');
  await admin.getByLabel('Reason').focus();
  await admin.keyboard.type(REASON);
  // The account that is last breaks: the roll is not over, and there is something to stop.
  const last = made[0]!;
  server.database(
    `CREATE TRIGGER broken_on_purpose BEFORE INSERT ON key_roll WHEN NEW.account_id = '${last.accountId}' BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END`,
  );
  await admin.getByRole('radio', { name: 'Immediately' }).focus();
  await admin.keyboard.press('Space');
  await admin.getByRole('button', { name: 'Roll the keys of 45 accounts' }).focus();
  await admin.keyboard.press('Enter');
  await admin.waitForURL('**/admin/bulk-rolls/progress*');
  await expect(async () => {
    await admin.reload();
    await expect(admin.getByText('Of these broke, and are tried again in a minute')).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000 });
  await admin.getByRole('link', { name: 'Keep it still' }).focus();
  await admin.keyboard.press('Enter');
  await expect(admin.getByText('This page keeps still.')).toBeVisible();
  await admin.getByRole('link', { name: 'Stop this roll' }).focus();
  await admin.keyboard.press('Enter');
  await admin.getByRole('button', { name: 'Stop this roll' }).focus();
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('status').first()).toHaveText(/^It is stopped\./);
  await expect(admin.getByText('Left as they were')).toBeVisible();
  server.database('DROP TRIGGER broken_on_purpose');
  expect(ask(last.privateKey).status).toBe(200);
  expect(ask(made[7]!.privateKey).status).toBe(403);
});
