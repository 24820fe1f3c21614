import { type Locator, type Page } from '@playwright/test';
import { expect, PASSWORD, TAB, test } from '../fixtures';

// The page is a document: what it does without JavaScript is all it does.
test.use({ javaScriptEnabled: false });

async function signIn(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${TAB}`);
}

/** The rows of the page, without their heading. */
function records(page: Page): Locator {
  return page.getByRole('table', { name: 'Activity, newest first' }).locator('tbody').getByRole('row');
}

test('an owner finds out who rolled the keys, and takes it away', async ({ page, person, server }) => {
  const rolled = server.operator(['keys', 'roll', '--account', person.accountId, '--expire-old', '1h', '--reason', '=1+1 "leaked"', '--json']);
  server.seenKeys.add((JSON.parse(rolled.stdout) as { new: { private_key: string } }).new.private_key);
  await signIn(page, person.email);

  const navigation = page.getByRole('navigation', { name: 'Dashboard' });
  await expect(navigation.getByRole('link', { name: 'API keys' })).toHaveAttribute('aria-current', 'page');
  await navigation.getByRole('link', { name: 'Activity' }).click();
  await expect(page.getByRole('heading', { name: 'Activity', level: 1 })).toBeVisible();
  await expect(navigation.getByRole('link', { name: 'Activity' })).toHaveAttribute('aria-current', 'page');
  await expect(records(page)).toHaveCount(3);
  await expect(records(page).nth(0)).toContainText(/You signed in\..*127\.0\.0\.1.*Chrome on/s);
  await expect(records(page).nth(1)).toContainText(/An operator \(.+\) rolled the keys; the old pair works until/);
  await expect(records(page).nth(1).getByText('=1+1 "leaked"')).toBeVisible();
  await records(page).nth(1).getByText('Details').click();
  await expect(records(page).nth(1).getByText('key.roll')).toBeVisible();

  // Filter, with the keyboard's ways and the form's labels only.
  await page.getByText('Filter', { exact: true }).click();
  await page.getByRole('checkbox', { name: 'Keys rolled' }).check();
  await page.getByLabel('Who').selectOption('Operators');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/act=key\.roll/);
  await expect(records(page)).toHaveCount(1);
  await expect(page.getByRole('checkbox', { name: 'Keys rolled' })).toBeChecked();

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^activity-.*Z\.csv$/);

  // Nothing matches: said, with the way back to everything.
  await page.getByRole('checkbox', { name: 'Sessions ended' }).check();
  await page.getByRole('checkbox', { name: 'Keys rolled' }).uncheck();
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('Nothing matches this filter.')).toBeVisible();
  await page.getByRole('link', { name: 'Show all activity' }).click();
  // The export is on record as well.
  await expect(records(page)).toHaveCount(4);
  await expect(records(page).nth(0)).toContainText('You exported the activity as CSV.');
});
