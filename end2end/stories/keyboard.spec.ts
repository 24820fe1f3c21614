import { type Page } from '@playwright/test';
import { awake, expect, PASSWORD, row, signIn, TAB, test, uniqueEmail } from '../fixtures';
import { focusIs, tabTo } from '../support/keyboard';

/** After a dialog has closed and the table was drawn anew, the focus is not lost to the body. */
async function expectFocusSomewhere(page: Page): Promise<void> {
  await page.waitForTimeout(500);
  expect.soft(await page.evaluate(() => document.activeElement?.tagName), 'where the focus is').not.toBe('BODY');
}

test('a person does the whole job with the keyboard alone', async ({ page, ask }) => {
  await page.goto('/sign-up');
  await awake(page);
  await tabTo(page, page.getByLabel('E-mail'));
  await page.keyboard.type(uniqueEmail());
  await tabTo(page, page.getByLabel('Password'));
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${TAB}`);
  await awake(page);

  // The way past the head of the page.
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the keys' });
  if (!(await skip.evaluate((element) => element === document.activeElement))) {
    await tabTo(page, skip, 'Shift+Tab');
  }
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect.soft(page.locator('#content'), 'focus after Skip').toBeFocused({ timeout: 2_000 });

  // Reveal: the focus stays where the next thing to do is.
  const first = row(page, 0);
  await tabTo(page, first.getByRole('button', { name: 'Reveal private key' }));
  await page.keyboard.press('Space');
  const shown = first.getByText(/^private_[0-9A-Za-z]{36}$/);
  await expect(shown).toBeVisible();
  const oldKey = await shown.innerText();
  expect(ask(oldKey).status).toBe(200);
  await expect.soft(first.getByRole('button', { name: 'Hide private key' }), 'focus after Reveal').toBeFocused({ timeout: 2_000 });
  await tabTo(page, first.getByRole('button', { name: 'Hide private key' }));
  await page.keyboard.press('Enter');
  await expect(shown).toHaveCount(0);
  await expect.soft(first.getByRole('button', { name: 'Reveal private key' }), 'focus after Hide').toBeFocused({ timeout: 2_000 });

  // A dialog that is left by Escape gives the focus back.
  const roll = first.getByRole('link', { name: 'Roll keys' });
  await tabTo(page, roll);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Roll keys' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(roll).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await tabTo(page, dialog.getByRole('button', { name: 'Cancel' }));
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(roll).toBeFocused();

  // Roll.
  await page.keyboard.press('Enter');
  await tabTo(page, dialog.getByRole('radio', { name: 'Immediately' }));
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByRole('radio', { name: 'In 1 hour' })).toBeChecked();
  await tabTo(page, dialog.getByRole('button', { name: 'Roll keys' }));
  await page.keyboard.press('Enter');
  const done = page.getByRole('dialog', { name: 'Your new keys work now' });
  await expect(done).toBeVisible();
  expect.soft(await done.evaluate((element) => element.contains(document.activeElement)), 'the focus stays in the dialog').toBe(true);
  await tabTo(page, done.getByRole('button', { name: 'Done' }));
  await page.keyboard.press('Enter');
  await expect(done).toBeHidden();
  await expectFocusSomewhere(page);

  // Expire the old pair.
  const expireNow = row(page, 1).getByRole('link', { name: 'Expire now' });
  await tabTo(page, expireNow);
  await page.keyboard.press('Enter');
  const expire = page.getByRole('dialog', { name: 'Expire these keys now' });
  await tabTo(page, expire.getByRole('button', { name: 'Expire now' }));
  await page.keyboard.press('Space');
  await expect(expire).toBeHidden();
  await expect(row(page, 1).getByText('Expired', { exact: true })).toBeVisible();
  await expectFocusSomewhere(page);
  expect(ask(oldKey).status).toBe(403);

  await tabTo(page, page.getByRole('button', { name: 'Sign out' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in');
});

/** A page of the console has just been loaded: the first stop is the way past its head, and it leads to the content. */
async function skipToThePage(page: Page): Promise<void> {
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the page' });
  await focusIs(page, skip);
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('#content')).toBeFocused();
}

test('an admin rolls the keys of an account whose key leaked, with the keyboard alone', async ({ page, newContext, person, server, ask }) => {
  const admin = await (await newContext({ javaScriptEnabled: false })).newPage();
  const email = uniqueEmail();
  const made = server.operator(['admin', 'create', '--email', email, '--password-stdin'], `${PASSWORD}\n`);
  expect(made.status, made.stderr).toBe(0);

  await admin.goto('/sign-in');
  await tabTo(admin, admin.getByLabel('E-mail'));
  await admin.keyboard.type(email);
  await tabTo(admin, admin.getByLabel('Password'));
  await admin.keyboard.type(PASSWORD);
  await tabTo(admin, admin.getByRole('button', { name: 'Sign in' }));
  await admin.keyboard.press('Space');
  await admin.waitForURL('**/admin');

  // Paste the key that leaked. The first stop behind the skip link is the field it goes into.
  await skipToThePage(admin);
  await admin.keyboard.press('Tab');
  await focusIs(admin, admin.getByLabel('Find an account'));
  await admin.keyboard.insertText(person.privateKey);
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('heading', { name: person.email, level: 1 })).toBeVisible();
  expect(admin.url()).not.toContain('private_');

  // The whole page, stop by stop, forwards: each is seen, none is lost, and the pair comes before the members.
  await skipToThePage(admin);
  const stops = [
    admin.getByRole('link', { name: 'All accounts' }),
    admin.getByRole('link', { name: 'Activity of this account' }),
    admin.getByRole('link', { name: 'Sign-ins' }),
    admin.getByRole('link', { name: 'Disable the account' }),
    admin.getByRole('link', { name: 'Roll keys' }),
    admin.getByRole('link', { name: `End sessions of ${person.email}` }),
  ];
  for (const stop of stops) {
    await admin.keyboard.press('Tab');
    await focusIs(admin, stop);
  }
  await admin.keyboard.press('Shift+Tab');
  await focusIs(admin, admin.getByRole('link', { name: 'Roll keys' }));
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('heading', { name: 'Roll keys', level: 1 })).toBeVisible();

  await skipToThePage(admin);
  await admin.keyboard.press('Tab');
  await focusIs(admin, admin.getByLabel('Reason'));
  await admin.keyboard.type('leaked on a public repository');
  // Nothing is chosen: the group is entered, and an arrow chooses.
  await tabTo(admin, admin.getByRole('radio', { name: 'Immediately' }));
  await admin.keyboard.press('ArrowDown');
  await expect(admin.getByRole('radio', { name: 'In 1 hour' })).toBeChecked();
  await admin.keyboard.press('ArrowUp');
  await expect(admin.getByRole('radio', { name: 'Immediately' })).toBeChecked();
  await tabTo(admin, admin.getByRole('button', { name: 'Roll keys' }));
  await admin.keyboard.press('Space');
  await expect(admin.getByRole('status').first()).toHaveText(/^The keys are rolled, and the new pair works\./);
  expect(ask(person.privateKey).status).toBe(403);

  // Back to the list, and out.
  await skipToThePage(admin);
  await admin.keyboard.press('Tab');
  await focusIs(admin, admin.getByRole('link', { name: 'All accounts' }));
  await admin.keyboard.press('Enter');
  await admin.waitForURL('**/admin');
  await tabTo(admin, admin.getByRole('button', { name: 'Sign out' }));
  await admin.keyboard.press('Enter');
  await admin.waitForURL('**/sign-in');

  // The owner reveals the new key, with the keyboard as well.
  await signIn(page, person.email);
  const reveal = row(page, 0).getByRole('button', { name: 'Reveal private key' });
  await tabTo(page, reveal);
  await page.keyboard.press('Enter');
  const key = await row(page, 0).getByText(/^private_[0-9A-Za-z]{36}$/).innerText();
  server.seenKeys.add(key);
  expect(ask(key).status).toBe(200);
});

test('the focus stays inside an open dialog', async ({ tab }) => {
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  const dialog = tab.getByRole('dialog');
  await expect(dialog).toBeVisible();
  for (let stops = 0; stops < 12; stops += 1) {
    await tab.keyboard.press('Tab');
    const inside = await dialog.evaluate((element) => element.contains(document.activeElement) || document.activeElement === document.body);
    expect(inside).toBe(true);
  }
});
