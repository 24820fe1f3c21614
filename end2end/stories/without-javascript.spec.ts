import { type Page, type Request } from '@playwright/test';
import { expect, PASSWORD, row, TAB, test, uniqueEmail } from '../fixtures';

test.use({ javaScriptEnabled: false });

const NEEDS_JAVASCRIPT = 'To show or copy it, this page needs JavaScript.';
const ANY_PRIVATE_KEY = /private_[0-9A-Za-z]{36}/;

/** Collects every page the browser gets. */
function pagesOf(page: Page): Promise<string>[] {
  const htmls: Promise<string>[] = [];
  page.on('response', (response) => {
    if (response.headers()['content-type']?.startsWith('text/html') && response.status() < 300) {
      htmls.push(response.text().catch(() => ''));
    }
  });
  return htmls;
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${TAB}`);
}

test('a person without JavaScript signs up, mistypes their password, rolls, expires and leaves', async ({ page, server }) => {
  const htmls = pagesOf(page);
  const rolls: Request[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('roll_keys')) {
      rolls.push(request);
    }
  });
  const email = uniqueEmail();

  // Sign up; what was typed is kept after a refusal.
  await page.goto('/sign-up');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Company or project').fill('Analytical & Engines');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/^Use at least 15 characters\./);
  await expect(page.getByLabel('E-mail')).toHaveValue(email);
  await expect(page.getByLabel('Company or project')).toHaveValue('Analytical & Engines');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL(`**${TAB}`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');

  // Sign in, wrongly first.
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('not the password at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription('The e-mail address or the password is wrong.');
  await expect(page.getByLabel('E-mail')).toHaveValue(email);
  await expect(page.getByLabel('Password')).toHaveValue('');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${TAB}`);

  // What needs JavaScript says so.
  const first = row(page, 0);
  await expect(first.getByText('Enabled')).toBeVisible();
  await expect(first.getByText(NEEDS_JAVASCRIPT)).toBeVisible();
  for (const name of ['Reveal private key', 'Copy private key', 'Copy public key']) {
    await expect(first.getByRole('button', { name })).toBeDisabled();
  }

  // Roll: refused first, and the choice is kept.
  server.letPasswordFallDue(email);
  await first.getByRole('link', { name: 'Roll keys' }).click();
  await expect(page.getByRole('heading', { name: 'Roll keys', level: 1 })).toBeVisible();
  await expect(page.getByRole('radio', { checked: true })).toHaveCount(0);
  await page.getByRole('radio', { name: 'In 1 hour' }).check();
  await page.getByLabel('Your password').fill('not the password at all');
  await page.getByRole('button', { name: 'Roll keys' }).click();
  await expect(page.getByLabel('Your password')).toHaveAccessibleDescription('This is not your password. Check it and try again.');
  await expect(page.getByRole('radio', { name: 'In 1 hour' })).toBeChecked();
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Roll keys' }).click();
  await page.waitForURL(`**${TAB}`);
  await expect(page.getByText('You rolled these keys on')).toBeVisible();
  const second = row(page, 1);
  await expect(second.getByText(/Expires in/)).toBeVisible();

  // Going back leads to no form, and sending the same form again rolls nothing.
  await page.goBack();
  await expect(page.getByText('These keys have already been rolled. Nothing was changed.')).toBeVisible();
  await expect(page.getByText(/^You rolled them on/)).toBeVisible();
  const sent = rolls.at(-1);
  expect(sent?.postData()).toContain('submission=');
  const again = await page.request.post(sent?.url() ?? '', {
    data: sent?.postData() ?? '',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', origin: server.url },
  });
  expect(again.url()).toBe(`${server.url}${TAB}`);
  await page.goto(TAB);
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(3);

  // Expire the old pair.
  const oldPublic = (await second.getByText(/^public_/).innerText()).trim();
  await second.getByRole('link', { name: 'Expire now' }).click();
  await expect(page.getByText(oldPublic)).toBeVisible();
  await page.getByRole('button', { name: 'Expire now' }).click();
  await page.waitForURL(`**${TAB}`);
  await expect(second.getByText('Expired', { exact: true })).toBeVisible();
  await expect(second.getByText('These keys have expired: nobody can reveal them.')).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await page.goto(TAB);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  const received = await Promise.all(htmls);
  expect(received.length).toBeGreaterThan(10);
  for (const html of received) {
    expect(html).not.toMatch(ANY_PRIVATE_KEY);
  }
});

test('a person without JavaScript rolls for an exact time in UTC', async ({ page, person, ask }) => {
  await signIn(page, person.email);
  await row(page, 0).getByRole('link', { name: 'Roll keys' }).click();
  const at = new Date(Date.now() + 2 * 86_400_000);
  at.setUTCSeconds(0, 0);
  await page.getByRole('radio', { name: 'At an exact time' }).check();
  // Refused first: the year 2000 has passed. The time typed is kept.
  await page.getByLabel('Date and time (UTC)').fill('2000-01-01T00:00');
  await page.getByRole('button', { name: 'Roll keys' }).click();
  await expect(page.getByText('This time has passed. Choose one that lies ahead, or Immediately.')).toBeVisible();
  await expect(page.getByRole('radio', { name: 'At an exact time' })).toBeChecked();
  await expect(page.getByLabel('Date and time (UTC)')).toHaveValue('2000-01-01T00:00');
  await page.getByLabel('Date and time (UTC)').fill(at.toISOString().slice(0, 16));
  await page.getByRole('button', { name: 'Roll keys' }).click();
  await page.waitForURL(`**${TAB}`);
  expect(ask(person.privateKey).body).toMatchObject({ keyPair: { expiresAt: at.toISOString() } });
});

test('a person without JavaScript is told that somebody rolled before them', async ({ page, person, server }) => {
  await signIn(page, person.email);
  await row(page, 0).getByRole('link', { name: 'Roll keys' }).click();
  await page.getByRole('radio', { name: 'Immediately' }).check();
  const rolled = server.operator(['keys', 'roll', '--account', person.accountId, '--expire-old', '1h', '--json']);
  server.seenKeys.add((JSON.parse(rolled.stdout) as { new: { private_key: string } }).new.private_key);
  await page.getByRole('button', { name: 'Roll keys' }).click();
  await expect(page.getByText('These keys have already been rolled. Nothing was changed.')).toBeVisible();
  await expect(page.getByText(/operator.* rolled them on/i)).toBeVisible();
});
