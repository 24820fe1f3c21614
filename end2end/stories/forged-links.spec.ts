import { type Page } from '@playwright/test';
import { awake, expect, test, visit } from '../fixtures';

const CHOSEN = 'Your account was locked. Call 555-0100.';

/** Links whose author chose what stands in `__err`. */
function forgeries(): string[] {
  const json = JSON.stringify(CHOSEN);
  const inAnObject = JSON.stringify({ ServerError: CHOSEN });
  const tag = JSON.stringify(`<b>${CHOSEN}</b>`);
  return [CHOSEN, json, inAnObject, tag, `ServerError|${CHOSEN}`].flatMap((text) => [
    Buffer.from(text).toString('base64url'),
    Buffer.from(text).toString('base64'),
    text,
  ]);
}

async function tryForgeries(page: Page, path: string, afterwards: () => Promise<void>): Promise<void> {
  await page.goto(path);
  const action = await page.locator('main form').getAttribute('action');
  expect(action).toMatch(/^\/_srv\//);
  for (const forged of forgeries()) {
    await page.goto(`${path}?__path=${encodeURIComponent(action ?? '')}&__err=${encodeURIComponent(forged)}`);
    await afterwards();
    expect(await page.locator('body').innerText()).not.toContain('555-0100');
    for (const alert of await page.getByRole('alert').all()) {
      await expect(alert).toHaveText('');
    }
  }
}

for (const path of ['/sign-in', '/sign-up', '/set-password']) {
  test(`a forged link to ${path} says nothing its author chose`, async ({ page }) => {
    await tryForgeries(page, path, () => awake(page));
  });

  test(`a forged link to ${path} says nothing its author chose, without JavaScript`, async ({ newContext }) => {
    const page = await (await newContext({ javaScriptEnabled: false })).newPage();
    await tryForgeries(page, path, async () => undefined);
  });
}

test('a forged link to the roll page says nothing its author chose', async ({ tab }) => {
  const roll = await tab.getByRole('link', { name: 'Roll keys' }).getAttribute('href');
  await visit(tab, roll ?? '');
  const action = await tab.locator('main form').getAttribute('action');
  for (const forged of forgeries()) {
    await visit(tab, `${roll}&__path=${encodeURIComponent(action ?? '')}&__err=${encodeURIComponent(forged)}&expire_old=${encodeURIComponent(CHOSEN)}`);
    expect(await tab.locator('body').innerText()).not.toContain('555-0100');
  }
});
