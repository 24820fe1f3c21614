import { type Page } from '@playwright/test';
import { expect, PASSWORD, row, Server, signIn, test as base, uniqueEmail, visit } from '../fixtures';

/** A Latchkey that is reached over plain HTTP under another machine's name. */
const test = base.extend<{ lab: Server }>({
  lab: async ({}, use) => {
    const lab = await Server.start({ host: 'lab.test' });
    await use(lab);
    await lab.stop();
    const leaks = lab.leaks();
    lab.forget();
    expect(leaks).toEqual([]);
  },
  baseURL: async ({ lab }, use) => use(lab.url),
});

async function pressesCopy(page: Page): Promise<void> {
  await page.keyboard.press('Control+C');
}

test('a person in a lab over plain HTTP is warned, and copies with their own hands', async ({ page, context, board, lab }) => {
  const email = uniqueEmail();
  const { privateKey } = lab.createAccount(email, PASSWORD);
  await visit(page, '/sign-in');
  expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
  await expect(page.getByText('This page is not encrypted.')).toBeVisible();
  await signIn(page, email);
  await expect(page.getByText('This page is not encrypted.')).toBeVisible();
  const first = row(page, 0);

  await board.overwrite(context, 'something else');
  await page.bringToFront();
  await first.getByRole('button', { name: 'Copy private key' }).click();
  const field = first.getByRole('textbox', { name: 'private key, selected' });
  await expect(field).toBeFocused();
  await expect(field).toHaveValue(privateKey);
  await expect(field).toHaveAccessibleDescription(/press Ctrl-C/);
  await expect(first.getByText('Copied', { exact: true })).toHaveCount(0);
  await pressesCopy(page);
  expect(await board.paste(context)).toBe(privateKey);
  await page.bringToFront();
  await first.getByRole('button', { name: 'Hide private key' }).click();
  await expect(field).toHaveCount(0);

  const publicKey = (await first.getByText(/^public_[0-9A-Za-z]{36}$/).first().innerText()).trim();
  await first.getByRole('button', { name: 'Copy public key' }).click();
  const publicField = first.getByRole('textbox', { name: 'public key, selected' });
  await expect(publicField).toBeFocused();
  await expect(publicField).toHaveValue(publicKey);
  await pressesCopy(page);
  expect(await board.paste(context)).toBe(publicKey);
  await page.bringToFront();

  // A second one on the same page has its own explanation.
  await page.getByRole('button', { name: 'Copy curl command' }).click();
  const command = page.getByRole('textbox', { name: 'curl command, selected' });
  await expect(command).toBeFocused();
  await expect(command).toHaveAccessibleDescription(/The curl command could not be copied here/);
});

test('a person in a lab copies the new key after a roll', async ({ page, context, board, lab }) => {
  const email = uniqueEmail();
  lab.createAccount(email, PASSWORD);
  await signIn(page, email);
  await row(page, 0).getByRole('link', { name: 'Roll keys' }).click();
  await page.getByRole('radio', { name: 'Immediately' }).check();
  await page.getByRole('dialog').getByRole('button', { name: 'Roll keys' }).click();
  const done = page.getByRole('dialog', { name: 'Your new keys work now' });
  const key = await done.getByText(/^private_[0-9A-Za-z]{36}$/).innerText();
  lab.seenKeys.add(key);
  await done.getByRole('button', { name: 'Copy private key' }).click();
  const field = done.getByRole('textbox', { name: 'private key, selected' });
  await expect(field).toBeFocused();
  await pressesCopy(page);
  expect(await board.paste(context)).toBe(key);
});
