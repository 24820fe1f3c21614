import { type Page } from '@playwright/test';
import { expect, PASSWORD, row, signIn, test, visit, TAB } from '../fixtures';

const PRIVATE_KEY = /^private_[0-9A-Za-z]{36}$/;
const MASK = 'private_••••••••••••';
const WRONG = 'This is not your password. Check it and try again.';

async function reveal(page: Page): Promise<void> {
  await row(page, 0).getByRole('button', { name: 'Reveal private key' }).click();
  await expect(row(page, 0).getByText(PRIVATE_KEY)).toBeVisible();
}

async function expectMasked(page: Page): Promise<void> {
  await expect(row(page, 0).getByText(MASK)).toBeVisible();
  expect(await page.content()).not.toMatch(/private_[0-9A-Za-z]{36}/);
}

/** Tells the page what browsers tell a page whose tab goes to the back. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
}

test('the page hides a private key after a minute', async ({ page, person }) => {
  await page.clock.install();
  await signIn(page, person.email);
  await reveal(page);
  await page.clock.fastForward(55_000);
  await expect(row(page, 0).getByText(PRIVATE_KEY)).toBeVisible();
  await page.clock.fastForward(6_000);
  await expectMasked(page);
  await expect(page.getByText('The private key is hidden again.')).toBeAttached();
});

test('the page hides a private key when it goes out of sight', async ({ tab }) => {
  await reveal(tab);
  await hide(tab);
  await expectMasked(tab);
});

test('the page hides a private key when it is left', async ({ tab }) => {
  await reveal(tab);
  await tab.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  await expectMasked(tab);
});

test('the page does not show a private key that arrives when it is out of sight', async ({ tab }) => {
  let arrived = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    void tab.route('**/_srv/reveal_key*', async (route) => {
      const response = await route.fetch();
      resolve();
      await new Promise<void>((go) => (arrived = go));
      await route.fulfill({ response });
    });
  });
  await row(tab, 0).getByRole('button', { name: 'Reveal private key' }).click();
  await asked;
  await hide(tab);
  const answered = tab.waitForResponse('**/_srv/reveal_key*');
  arrived();
  await (await answered).finished();
  await tab.waitForTimeout(500);
  await expectMasked(tab);
});

test('the page masks the private key again after a reload', async ({ tab }) => {
  await reveal(tab);
  await tab.reload();
  await expectMasked(tab);
});

test('a person whose password is due gives it to look at the key', async ({ tab, person, server, ask, watch }) => {
  watch.expectStatus(403);
  server.letPasswordFallDue(person.email);
  await row(tab, 0).getByRole('button', { name: 'Reveal private key' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Confirm that it is you' });
  const field = dialog.getByLabel('Your password');
  await expect(field).toBeFocused();
  await field.fill('not the password at all');
  await dialog.getByRole('button', { name: 'Reveal key' }).click();
  await expect(field).toHaveAccessibleDescription(WRONG);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.getByText(WRONG)).toBeVisible();
  await field.fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Reveal key' }).click();
  await expect(dialog).toBeHidden();
  const key = await row(tab, 0).getByText(PRIVATE_KEY).innerText();
  expect(key).toBe(person.privateKey);
  expect(ask(key).status).toBe(200);
});

test('a person whose password is due gives it to copy the key unseen', async ({ tab, context, board, person, server, watch }) => {
  watch.expectStatus(403);
  server.letPasswordFallDue(person.email);
  await board.overwrite(context, 'something else');
  await tab.bringToFront();
  await row(tab, 0).getByRole('button', { name: 'Copy private key' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Confirm that it is you' });
  await dialog.getByLabel('Your password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Copy key' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(tab, 0).getByText('Copied', { exact: true })).toBeVisible();
  await expectMasked(tab);
  expect(await board.paste(context)).toBe(person.privateKey);
});

test('a person whose password falls due while the roll dialog stands gives it there', async ({ tab, person, server, ask, watch }) => {
  watch.expectStatus(403);
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Roll keys' });
  await expect(dialog.getByLabel('Your password')).toHaveCount(0);
  server.letPasswordFallDue(person.email);
  await dialog.getByRole('radio', { name: 'In 3 days' }).check();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  const field = dialog.getByLabel('Your password');
  await expect(field).toHaveAccessibleDescription('Enter your password to go on.');
  await expect(dialog.getByRole('radio', { name: 'In 3 days' })).toBeChecked();
  await field.fill('not the password at all');
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(field).toHaveAccessibleDescription(WRONG);
  await field.fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  const done = tab.getByRole('dialog', { name: 'Your new keys work now' });
  const key = await done.getByText(PRIVATE_KEY).innerText();
  expect(ask(key).status).toBe(200);
});

test('a person whose password is due finds the field in the roll dialog at once', async ({ tab, person, server }) => {
  server.letPasswordFallDue(person.email);
  await visit(tab, TAB);
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  await expect(tab.getByRole('dialog').getByLabel('Your password')).toBeVisible();
});

test('a person who rolls immediately ends the old keys at once', async ({ tab, person, ask }) => {
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Roll keys' });
  await dialog.getByRole('radio', { name: 'Immediately' }).check();
  await expect(dialog.getByText('This cannot be undone.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  const done = tab.getByRole('dialog', { name: 'Your new keys work now' });
  await expect(done.getByText('The old keys have stopped working.')).toBeVisible();
  // There is nothing left to end.
  await expect.soft(done.getByText('Expire now')).toHaveCount(0);
  expect(ask(person.privateKey).body).toMatchObject({ code: 'KEY_REVOKED' });
  await done.getByRole('button', { name: 'Done' }).click();
  await expect(row(tab, 1).getByText('Expired', { exact: true })).toBeVisible();
  await expect(row(tab, 1).getByRole('button', { name: /private key/ })).toHaveCount(0);
});

test('a person who rolls for an exact time gets that time', async ({ tab, person, ask }) => {
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Roll keys' });
  await dialog.getByRole('radio', { name: 'At an exact time' }).check();
  const at = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), new Date().getUTCDate() + 2, 9, 30));
  const inBerlin = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Europe/Berlin' }).format(at);
  await dialog.getByLabel('Date and time (Berlin)').fill(inBerlin.replace(' ', 'T'));
  await expect(dialog.getByText(/09:30 UTC\./)).toBeVisible();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(tab.getByRole('dialog', { name: 'Your new keys work now' })).toBeVisible();
  expect(ask(person.privateKey).body).toMatchObject({ keyPair: { expiresAt: at.toISOString() } });
});

test('a person whose session ended elsewhere is led to the sign-in page', async ({ tab, person, server, watch }) => {
  watch.expectStatus(401);
  server.database('DELETE FROM session WHERE user_id = (SELECT id FROM person WHERE email = ?)', [person.email]);
  await row(tab, 0).getByRole('button', { name: 'Reveal private key' }).click();
  await tab.waitForURL('**/sign-in');
  await expect(tab.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await signIn(tab, person.email);
});

test('a person who looks elsewhere for their password finds the question again', async ({ tab, person, server, watch }) => {
  watch.expectStatus(403);
  server.letPasswordFallDue(person.email);
  await row(tab, 0).getByRole('button', { name: 'Reveal private key' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Confirm that it is you' });
  await expect(dialog).toBeVisible();
  await hide(tab);
  await tab.evaluate(() => Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'visible' }));
  await dialog.getByLabel('Your password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Reveal key' }).click();
  await expect(row(tab, 0).getByText(PRIVATE_KEY)).toBeVisible();
});
