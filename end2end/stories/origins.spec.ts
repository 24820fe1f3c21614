// The account's own list of origins whose pages may upload, and private keys that were seen in pages.
import { type Locator, type Page } from '@playwright/test';
import { axe, expect, PASSWORD, type Person, row, type Server, TAB, test as base, uniqueEmail } from '../fixtures';
import { curl } from '../support/api';
import { CustomerSite } from '../support/customer-site';
import { focusIs, tabTo } from '../support/keyboard';

/** Two sites whose servers sign with the person's pair. */
const test = base.extend<{ shop: CustomerSite; stranger: CustomerSite }>({
  shop: async ({ person }, use) => {
    const site = await CustomerSite.open(person);
    await use(site);
    site.close();
  },
  stranger: async ({ person }, use) => {
    const site = await CustomerSite.open(person);
    await use(site);
    site.close();
  },
});

const NOTICE = 'A private key was seen where only a server should have it';

const section = (page: Page): Locator => page.getByRole('region', { name: 'Web pages that may upload' });
const notice = (page: Page): Locator => page.getByRole('region', { name: NOTICE });
const field = (page: Page): Locator => page.getByLabel('Origin', { exact: true });
const listed = (page: Page): Locator => section(page).getByRole('list', { name: 'Web pages that may upload' }).getByRole('listitem');

/** What becomes of an upload by a page of this site. */
async function uploadFrom(page: Page, site: CustomerSite, to: string): Promise<{ status: number; code?: string }> {
  await page.goto(site.url);
  return page.evaluate(async (server) => {
    const form = new FormData();
    const permission = (await (await fetch('/auth')).json()) as Record<string, string>;
    Object.entries(permission).forEach(([name, value]) => form.append(name, value));
    form.append('fileName', 'photo.bin');
    form.append('file', new Blob(['from a page']), 'photo.bin');
    const answer = await fetch(`${server}/api/v1/files/upload`, { method: 'POST', body: form });
    return { status: answer.status, code: ((await answer.json()) as { code?: string }).code };
  }, to);
}

/** A private key as a page would use it, if browsers let it. */
function useFromPage(server: Server, person: Person, ...origins: string[]): void {
  for (const origin of origins) {
    const { status } = curl(`${server.url}/v1/account`, `user = "${person.privateKey}:"`, `header = "Origin: ${origin}"`);
    expect(status).toBe(403);
  }
}

/** A viewer of the person's account, on the developers tab. */
async function openAsViewer(page: Page, server: Server, person: Person): Promise<void> {
  const invited = ['member', 'invite', '--account', person.accountId, '--email', uniqueEmail(), '--role', 'viewer', '--json'];
  await page.goto((JSON.parse(server.operator(invited).stdout) as { link: string }).link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Choose this password and join' }).click();
  await page.waitForURL(`**${TAB}`);
}

test('an owner lists an origin, and pages of others upload nothing until it is removed', async ({ tab, shop, stranger, newContext, server, watch }) => {
  watch.expectStatus(403);
  const elsewhere = await (await newContext()).newPage();
  const refused = { status: 403, code: 'ORIGIN_NOT_ALLOWED' };
  await expect(section(tab).getByText(/^Any web page may upload/)).toBeVisible();
  expect(await uploadFrom(elsewhere, stranger, server.url)).toMatchObject({ status: 200 });

  // What is wrong stands beside the field, with what was typed.
  await field(tab).fill(`${shop.url}/upload`);
  await tab.getByRole('button', { name: 'Add origin' }).click();
  await expect(field(tab)).toHaveAccessibleDescription(/^An origin is a scheme, a host and a port/);
  await expect(field(tab)).toHaveValue(`${shop.url}/upload`);
  await axe(tab);
  await field(tab).fill(` ${shop.url.toUpperCase()}/ `);
  await tab.getByRole('button', { name: 'Add origin' }).click();
  await expect(section(tab).getByRole('status')).toHaveText(/^The origin is added\./);
  await expect(listed(tab)).toHaveText([new RegExp(`^${shop.url}Since .*\\(Berlin\\)Remove$`)]);
  await expect(field(tab)).toHaveValue('');
  await axe(tab);

  expect(await uploadFrom(elsewhere, shop, server.url)).toMatchObject({ status: 200 });
  expect(await uploadFrom(elsewhere, stranger, server.url)).toEqual(refused);
  // The dashboard's own page goes on.
  await tab.getByRole('link', { name: 'Files' }).click();
  await expect(tab.getByText(/^Of web pages, only those of the origins listed/)).toBeVisible();
  const own = { name: 'own.txt', mimeType: 'text/plain', buffer: Buffer.from('own') };
  await tab.getByLabel('Choose files, or drop them on this page').setInputFiles(own);
  await expect(tab.getByRole('listitem').filter({ hasText: 'own.txt' }).getByText('Uploaded.')).toBeVisible();

  await tab.getByRole('main').getByRole('link', { name: 'API keys' }).click();
  await tab.getByRole('link', { name: `Remove ${shop.url}` }).click();
  await expect(tab.getByText(/^It is the only origin on the list\./)).toBeVisible();
  await axe(tab);
  await tab.getByRole('button', { name: 'Remove, and let any page upload' }).click();
  await expect(section(tab).getByRole('status')).toHaveText(/^The list is empty\./);
  await expect(section(tab).getByText(/^Any web page may upload/)).toBeVisible();
  expect(await uploadFrom(elsewhere, stranger, server.url)).toMatchObject({ status: 200 });
});

test('the list is worked with the keyboard alone', async ({ tab }) => {
  await tabTo(tab, field(tab));
  await tab.keyboard.type('https://www.example.com');
  await tab.keyboard.press('Enter');
  await expect(listed(tab)).toHaveCount(1);
  await tabTo(tab, tab.getByRole('link', { name: 'Remove https://www.example.com' }));
  await tab.keyboard.press('Enter');
  await expect(tab.getByRole('heading', { name: 'Remove this origin' })).toBeVisible();
  const remove = tab.getByRole('button', { name: 'Remove, and let any page upload' });
  await tabTo(tab, remove);
  await focusIs(tab, remove);
  await tab.keyboard.press('Enter');
  await expect(section(tab).getByText(/^Any web page may upload/)).toBeVisible();
});

test('a person without JavaScript works with the list, and reads where a key was seen', async ({ newContext, person, server }) => {
  useFromPage(server, person, 'https://shop.example');
  const page = await (await newContext({ javaScriptEnabled: false })).newPage();
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${TAB}`);
  await expect(notice(page)).toContainText(person.publicKey);
  await expect(notice(page)).toContainText('in a page of https://shop.example');

  await field(page).fill('www.example.com');
  await page.getByRole('button', { name: 'Add origin' }).click();
  await expect(field(page)).toHaveAccessibleDescription(/^Begin with https:\/\/ or http:\/\//);
  for (const origin of ['https://www.example.com', 'https://shop.example']) {
    await field(page).fill(origin);
    await page.getByRole('button', { name: 'Add origin' }).click();
  }
  await expect(listed(page)).toHaveCount(2);
  await page.getByRole('link', { name: 'Remove https://shop.example' }).click();
  await page.getByRole('button', { name: 'Remove origin' }).click();
  await expect(listed(page)).toHaveCount(1);

  await notice(page).getByRole('link', { name: 'Roll these keys' }).click();
  await page.getByLabel('Immediately').check();
  await page.getByRole('button', { name: 'Roll keys' }).click();
  await page.waitForURL(`**${TAB}`);
  await expect(notice(page)).toHaveCount(0);
});

test('an owner reads where a private key was seen until its pair has ended', async ({ tab, person, server }) => {
  await expect(notice(tab)).toHaveCount(0);
  const places = ['https://shop.example', 'null', 'https://<b>bold</b>.example', ...[1, 2, 3, 4].map((n) => `https://${n}.example`)];
  useFromPage(server, person, ...places);
  await tab.reload();
  await expect(notice(tab)).toContainText(person.publicKey);
  await expect(notice(tab).getByRole('listitem').filter({ hasText: 'https://4.example' })).toContainText('(Berlin)');
  await expect(notice(tab).getByRole('listitem')).toHaveCount(6);
  await expect(notice(tab).getByRole('listitem').last()).toHaveText('And in 2 other places.');
  await expect(notice(tab).locator('b')).toHaveCount(0);
  await axe(tab);
  await notice(tab).getByRole('link', { name: 'All of it in the activity' }).click();
  await expect(tab.getByText('https://shop.example')).toBeVisible();

  // With an overlap the old pair works on: what is offered is to end it.
  await tab.goto(TAB);
  await expect(tab.locator('html')).toHaveAttribute('data-awake');
  const dialog = tab.getByRole('dialog');
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  await dialog.getByLabel('In 24 hours').check();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(notice(tab).getByRole('link', { name: 'Expire these keys now' })).toBeVisible();
  await expect(notice(tab)).toContainText('which works until');
  await axe(tab);
  // Ended in the dialog: the page stays, the notice goes.
  await row(tab, 1).getByRole('link', { name: 'Expire now' }).click();
  await dialog.getByRole('button', { name: /Expire/ }).click();
  await expect(notice(tab)).toHaveCount(0);
});

test('a viewer sees the list and not where keys were seen', async ({ newContext, person, server }) => {
  useFromPage(server, person, 'https://shop.example');
  const page = await (await newContext()).newPage();
  await openAsViewer(page, server, person);
  await expect(notice(page)).toHaveCount(0);
  await expect(section(page).getByText(/^Any web page may upload/)).toBeVisible();
  await expect(section(page).getByRole('button', { name: 'Add origin' })).toBeDisabled();
  await expect(section(page).getByRole('button', { name: 'Add origin' })).toHaveAccessibleDescription(/^You are a viewer of this account/);
  await axe(page);
});
