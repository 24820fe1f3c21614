import { type Locator, type Page } from '@playwright/test';
import { awake, expect, PASSWORD, row, TAB, test, uniqueEmail } from '../fixtures';

const MOST_STOPS = 40;

/** Presses Tab until `target` has the focus, and sees that it is visible there. */
async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    await page.keyboard.press(key);
    const focused = page.locator(':focus');
    if ((await focused.count()) === 1) {
      await expectFocusVisible(focused);
    }
    if (await target.evaluate((element) => element === document.activeElement)) {
      return;
    }
  }
  throw new Error(`Tab does not lead to ${String(target)}`);
}

/** The focused element wears an outline or a shadow, and is not hidden. */
async function expectFocusVisible(focused: Locator): Promise<void> {
  const look = await focused.evaluate((element) => {
    const ringOf = (of: Element): string => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(of);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 ? 'outline' : boxShadow === 'none' ? 'none' : 'shadow';
    };
    // A radio button may leave the ring to the label around it.
    const ring = [element, element.closest('label')].map((of) => (of ? ringOf(of) : 'none')).find((of) => of !== 'none');
    const { width, height } = element.getBoundingClientRect();
    return { ring: ring ?? 'none', element: element.outerHTML.slice(0, 120), seen: width > 0 && height > 0 };
  });
  expect(look, look.element).toMatchObject({ seen: true, ring: expect.stringMatching(/outline|shadow/) });
}

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
