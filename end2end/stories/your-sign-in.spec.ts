// A person's own page, in two browsers and without JavaScript: everything on it is a plain form.
import { type Page } from '@playwright/test';
import { expect, PASSWORD, Server, TAB, test, uniqueEmail } from '../fixtures';

test.use({ javaScriptEnabled: false });

const PAGE = '/dashboard/sessions';
const NEW_PASSWORD = 'gannet quorum trellis 41';

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${TAB}`);
}

function sessions(page: Page) {
  return page.getByRole('table', { name: 'Sessions' }).getByRole('row');
}

test('a person ends a session from another browser, and its next click is at the sign-in page', async ({ page, newContext, person }) => {
  const elsewhere = await newContext({
    javaScriptEnabled: false,
    userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  });
  const lost = await elsewhere.newPage();
  await signIn(lost, person.email);
  await signIn(page, person.email);
  await page.getByRole('link', { name: 'Your sign-in' }).click();
  await expect(page.getByRole('heading', { name: 'Your sign-in', level: 1 })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Your sign-in' })).toHaveAttribute('aria-current', 'page');
  await expect(sessions(page)).toHaveCount(3);
  const own = sessions(page).filter({ hasText: 'This session' });
  await expect(own).toHaveCount(1);
  await expect(own.getByText(/on Linux/)).toBeVisible();
  const row = sessions(page).filter({ hasText: 'Firefox on Windows' });
  await expect(row.getByText('127.0.0.1')).toBeVisible();
  await expect(row.getByText('In the last minute')).toBeVisible();
  await row.getByRole('button', { name: 'End the session of Firefox on Windows' }).click();
  await expect(page.getByRole('status')).toHaveText('The session has ended. Whatever it asks for next is refused.');
  await expect(sessions(page)).toHaveCount(2);
  await lost.getByRole('link', { name: 'Your sign-in' }).click();
  await lost.waitForURL('**/sign-in');

  // All others at once, with the password asked when it is due; the keyboard is enough.
  await signIn(lost, person.email);
  await page.goto(PAGE);
  await page.getByRole('button', { name: 'End all other sessions' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toHaveText(/^Your other sessions have ended\./);
  await lost.reload();
  await lost.waitForURL('**/sign-in');
});

test('a session is ended with the password when it is due', async ({ page, newContext, person, server }) => {
  const lost = await (await newContext({ javaScriptEnabled: false })).newPage();
  await signIn(lost, person.email);
  await signIn(page, person.email);
  server.letPasswordFallDue(person.email);
  await page.goto(PAGE);
  await page.getByRole('button', { name: /^End the session of/ }).click();
  await expect(page.getByRole('heading', { name: 'End this session', level: 1 })).toBeVisible();
  await expect(page.getByLabel('Your password')).toHaveAccessibleDescription('Enter your password to go on.');
  await page.getByLabel('Your password').fill('not the password at all');
  await page.getByRole('button', { name: 'End this session' }).click();
  await expect(page.getByLabel('Your password')).toHaveAccessibleDescription('This is not your password. Check it and try again.');
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'End this session' }).click();
  await expect(page.getByRole('status')).toHaveText(/^The session has ended\./);
  await lost.reload();
  await lost.waitForURL('**/sign-in');
});

test('a person changes their address and their password, and comes in with both', async ({ page, newContext, person }) => {
  const lost = await (await newContext({ javaScriptEnabled: false })).newPage();
  await signIn(lost, person.email);
  await signIn(page, person.email);
  await page.goto(PAGE);
  const email = uniqueEmail();

  const address = page.getByRole('region', { name: 'Change your e-mail address' });
  await address.getByLabel('New e-mail address').fill(email);
  await address.getByLabel('Your password').fill('not the password at all');
  await address.getByRole('button', { name: 'Change e-mail address' }).click();
  await expect(address.getByLabel('Your password')).toHaveAccessibleDescription('This is not your password. Check it and try again.');
  await expect(address.getByLabel('New e-mail address')).toHaveValue(email);
  await address.getByLabel('Your password').fill(PASSWORD);
  await address.getByRole('button', { name: 'Change e-mail address' }).click();
  await expect(page.getByRole('status')).toHaveText(/^Your e-mail address is changed/);
  await lost.reload();
  await lost.waitForURL('**/sign-in');

  const password = page.getByRole('region', { name: 'Change your password' });
  await password.getByLabel('Current password').fill(PASSWORD);
  await password.getByLabel('New password').fill('short');
  await password.getByRole('button', { name: 'Change password' }).click();
  await expect(password.getByLabel('New password')).toHaveAccessibleDescription(/^Use at least 15 characters\./);
  await password.getByLabel('Current password').fill(PASSWORD);
  await password.getByLabel('New password').fill(NEW_PASSWORD);
  await password.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status')).toHaveText(/^Your password is changed\./);
  await signIn(lost, email, NEW_PASSWORD);
});

test('somebody invited signs up with the code, and only once', async ({ page, newContext }) => {
  const server = await Server.start({ variables: { LATCHKEY_SIGN_UP: 'invite' } });
  try {
    const email = uniqueEmail();
    const made = server.operator(['invitation', 'create', '--email', email]);
    expect(made.status, made.stderr).toBe(0);
    const secret = made.stdout.match(/invitation#(\S+)/)?.[1] ?? '';
    await page.goto(`${server.url}/sign-up`);
    await expect(page.getByRole('status')).toHaveText(/^Sign-up is by invitation here\./);
    await page.getByRole('link', { name: 'Enter the code from your invitation' }).click();
    await page.getByLabel('Code from your invitation').fill(secret);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL('**/sign-up');
    await expect(page.getByLabel('E-mail')).toHaveValue(email);
    await expect(page.getByLabel('E-mail')).not.toBeEditable();
    await page.getByLabel('Password').fill(NEW_PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.waitForURL(`**${TAB}`);

    const late = await (await newContext({ javaScriptEnabled: false })).newPage();
    await late.goto(`${server.url}/invitation`);
    await late.getByLabel('Code from your invitation').fill(secret);
    await late.getByRole('button', { name: 'Continue' }).click();
    await expect(late.getByLabel('Code from your invitation')).toHaveAccessibleDescription(/^This invitation has been used or revoked/);
    expect(server.log()).not.toContain(secret);
  } finally {
    await server.stop();
    server.forget();
  }
});
