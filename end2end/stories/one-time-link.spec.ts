import { expect, PASSWORD, signIn, test, uniqueEmail, visit } from '../fixtures';

const NEW_PASSWORD = 'gannet quorum trellis 41';
const USED = 'This link has been used or is older than an hour. Ask for a new one.';

test('an operator hands out a one-time link, and a person sets their password with it once', async ({ page, newContext, person, server, watch }) => {
  watch.expectStatus(401, 410, 422);
  const made = server.operator(['person', 'set-password-link', '--email', person.email]);
  expect(made.status, made.stderr).toBe(0);
  const link = made.stdout.match(/http\S+/)?.[0] ?? '';
  const secret = link.split('#')[1] ?? '';
  expect(link).toBe(`${server.url}/set-password#${secret}`);
  expect(secret.length).toBeGreaterThan(20);

  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await visit(page, link);
  await expect(page).toHaveURL(`${server.url}/set-password`);
  await expect(page.getByLabel('Code from your link')).toHaveValue(secret);
  expect(requests.filter((url) => url.includes(secret))).toEqual([]);
  await page.getByLabel('New password').fill('short');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByLabel('New password')).toHaveAccessibleDescription(/^Use at least 15 characters\./);
  await page.getByLabel('New password').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.waitForURL('**/sign-in');
  await signIn(page, person.email, NEW_PASSWORD);

  // Neither the old password nor the link works again.
  const other = await (await newContext()).newPage();
  await visit(other, '/sign-in');
  await other.getByLabel('E-mail').fill(person.email);
  await other.getByLabel('Password').fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByLabel('Password')).toHaveAccessibleDescription('The e-mail address or the password is wrong.');
  await other.goto('about:blank');
  await visit(other, link);
  await other.getByLabel('New password').fill(NEW_PASSWORD);
  await other.getByRole('button', { name: 'Set password' }).click();
  await expect(other.getByLabel('Code from your link')).toHaveAccessibleDescription(USED);
  expect(server.log()).not.toContain(secret);
});

test('a person invited by an operator pastes the code without JavaScript', async ({ newContext, server }) => {
  const email = uniqueEmail();
  const made = server.operator(['account', 'create', '--email', email]);
  expect(made.status, made.stderr).toBe(0);
  const secret = made.stdout.match(/set-password#(\S+)/)?.[1] ?? '';
  for (const key of made.stdout.match(/private_[0-9A-Za-z]{36}/g) ?? []) {
    server.seenKeys.add(key);
  }
  const page = await (await newContext({ javaScriptEnabled: false })).newPage();
  await page.goto('/set-password');
  await page.getByLabel('Code from your link').fill(secret);
  await page.getByLabel('New password').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.waitForURL('**/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/dashboard/developers');
  await expect(page.getByRole('table', { name: 'Your key pairs' }).getByText('Enabled')).toBeVisible();
});
