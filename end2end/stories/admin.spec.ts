// An admin with a leaked key in hand, and the owner whose key it was.
import { type Page } from '@playwright/test';
import { expect, PASSWORD, row, signIn, TAB, test, uniqueEmail, type Server } from '../fixtures';

const REASON = 'leaked on a public repository';

/** Makes an admin by the command line, who is in no account. */
function makeAdmin(server: Server): string {
  const email = uniqueEmail();
  const made = server.operator(['admin', 'create', '--email', email, '--password-stdin'], `${PASSWORD}\n`);
  expect(made.status, made.stderr).toBe(0);
  return email;
}

/** Signs an admin in without JavaScript: they are led to the console. */
async function signInAsAdmin(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/admin');
}

test('a leaked key is pasted, rolled, refused at once, and its owner reads why and reveals the new one', async ({
  page,
  newContext,
  person,
  server,
  ask,
}) => {
  const admin = await (await newContext({ javaScriptEnabled: false })).newPage();
  const addresses: string[] = [];
  admin.on('request', (request) => addresses.push(request.url()));
  await signInAsAdmin(admin, makeAdmin(server));
  expect(ask(person.privateKey).status).toBe(200);

  // Found by the key, as it stood in a file.
  await admin.getByLabel('Find an account').fill(`  API_KEY=${person.privateKey}  `);
  await admin.getByRole('button', { name: 'Find' }).click();
  await expect(admin.getByRole('heading', { name: person.email, level: 1 })).toBeVisible();
  await expect(admin.getByRole('alert')).toHaveText('You looked for the active pair: its keys work, for whoever has them, until they are rolled.');
  await admin.getByRole('table', { name: 'Key pairs' }).getByRole('link', { name: 'Roll keys' }).click();

  // Refused first: nothing is preselected, and a reason is needed.
  await expect(admin.getByRole('radio', { checked: true })).toHaveCount(0);
  await admin.getByRole('radio', { name: 'Immediately' }).check();
  await admin.getByLabel('Reason').fill('   ');
  await admin.getByRole('button', { name: 'Roll keys' }).click();
  await expect(admin.getByLabel('Reason')).toHaveAccessibleDescription('Give a reason. The account\'s owner reads it.');
  await expect(admin.getByRole('radio', { name: 'Immediately' })).toBeChecked();
  await admin.getByLabel('Reason').fill(REASON);
  await admin.getByRole('button', { name: 'Roll keys' }).click();
  const before = Date.now();
  await expect(admin.getByRole('status').first()).toHaveText(/^The keys are rolled, and the new pair works\./);
  const refused = ask(person.privateKey);
  expect([refused.status, refused.body.code]).toEqual([403, 'KEY_REVOKED']);
  expect(Date.now() - before, 'milliseconds until the old key is refused').toBeLessThan(5_000);
  expect(addresses.filter((address) => address.includes('private_'))).toEqual([]);
  expect(await admin.content()).not.toMatch(/private_[0-9A-Za-z]{36}/);

  // Going back leads to no form.
  await admin.goBack();
  await expect(admin.getByText('These keys have already been rolled. Nothing was changed.')).toBeVisible();

  // The owner.
  await signIn(page, person.email);
  const notice = page.getByRole('status').filter({ hasText: 'An admin rolled these keys on' });
  await expect(notice).toContainText(REASON);
  await expect(notice).toContainText('The new private key is in the first row');
  await row(page, 0).getByRole('button', { name: 'Reveal private key' }).click();
  const shown = row(page, 0).getByText(/^private_[0-9A-Za-z]{36}$/);
  await expect(shown).toBeVisible();
  const key = (await shown.innerText()).trim();
  server.seenKeys.add(key);
  expect(ask(key).status).toBe(200);
  await page.getByRole('link', { name: 'Activity' }).click();
  await expect(page.getByText(/^An admin \(.*\) rolled the keys/)).toBeVisible();
  await expect(page.getByText(REASON)).toBeVisible();
});

test('an admin disables an account, ends sessions and enables it again, with the keyboard alone', async ({
  page,
  newContext,
  person,
  server,
  ask,
}) => {
  const admin = await (await newContext({ javaScriptEnabled: false })).newPage();
  const email = makeAdmin(server);
  await signInAsAdmin(admin, email);
  await signIn(page, person.email);
  await admin.getByLabel('Find an account').focus();
  await admin.keyboard.type(person.email);
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('heading', { name: person.email, level: 1 })).toBeVisible();

  server.letPasswordFallDue(email);
  await admin.getByRole('link', { name: 'Disable the account' }).focus();
  await admin.keyboard.press('Enter');
  await admin.getByLabel('Reason').focus();
  await admin.keyboard.type('invoices unpaid');
  await admin.keyboard.press('Tab');
  await expect(admin.getByLabel('Your password')).toBeFocused();
  await admin.keyboard.type(PASSWORD);
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('status').first()).toHaveText(/^The account is disabled\./);
  expect(ask(person.privateKey).status).toBe(403);
  await page.goto(TAB);
  await expect(page.getByRole('alert').filter({ hasText: 'This account is disabled' })).toBeVisible();

  await admin.getByRole('link', { name: `End sessions of ${person.email}` }).focus();
  await admin.keyboard.press('Enter');
  await admin.getByRole('button', { name: 'End sessions' }).focus();
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('status').first()).toHaveText(/^Their sessions have ended\./);
  await page.goto(TAB);
  await page.waitForURL('**/sign-in');

  await admin.getByRole('link', { name: 'Enable the account' }).focus();
  await admin.keyboard.press('Enter');
  await admin.getByLabel('Reason').focus();
  await admin.keyboard.type('paid');
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('status').first()).toHaveText(/^The account is enabled\./);
  expect(ask(person.privateKey).status).toBe(200);
});

test('what is no key says what it looks like instead, and an owner finds no console', async ({ page, newContext, person, server, watch }) => {
  watch.expectStatus(404);
  const admin = await (await newContext({ javaScriptEnabled: false })).newPage();
  await signInAsAdmin(admin, makeAdmin(server));
  for (const [text, words] of [
    [person.privateKey.slice(0, -6), /the end is missing/],
    [`private_${'0aZ9'.repeat(9)}`, /its checksum is wrong/],
    ['pair_00000000000000000000000009', /nothing here has it/],
  ] as const) {
    await admin.getByLabel('Find an account').fill(text);
    await admin.getByRole('button', { name: 'Find' }).click();
    await expect(admin.getByRole('status').first()).toHaveText(words);
    expect(admin.url()).toBe(`${server.url}/admin`);
    await expect(admin.getByLabel('Find an account')).toHaveValue('');
    expect(await admin.content()).not.toContain(text);
  }
  await admin.getByLabel('Find an account').fill(person.email.slice(0, -4));
  await admin.getByRole('button', { name: 'Find' }).click();
  await expect(admin.getByRole('table').getByText(person.email).first()).toBeVisible();

  await signIn(page, person.email);
  await expect(page.getByRole('link', { name: 'Admin' })).toHaveCount(0);
  await page.goto('/admin');
  await expect(page.getByRole('heading', { name: 'There is no page here' })).toBeVisible();
});
