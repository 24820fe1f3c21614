// The Files page: looking, uploading by drop and by field, breaking off, deleting, and with less than a whole browser.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Locator, type Page } from '@playwright/test';
import { axe, expect, PASSWORD, type Person, type Server, TAB, test, uniqueEmail } from '../fixtures';
import { focusIs, tabTo } from '../support/keyboard';

const FILES = '/dashboard/files';

/** A file as a person chooses it. */
const file = (name: string, content: string | Buffer = `This is ${name}.`) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

const field = (page: Page): Locator => page.getByLabel('Choose files, or drop them on this page');
const upload = (page: Page, name: string): Locator => page.getByRole('list', { name: 'Uploads from this page' }).getByRole('listitem').filter({ hasText: name });
const listed = (page: Page, name: string): Locator => page.getByRole('link', { name: `Download ${name}` });
const said = (page: Page): Locator => page.locator('p.visually-hidden[role="status"]');

/** Lets go of files over the page, as a file manager does. */
async function drop(page: Page, files: { name: string; content: string }[]): Promise<void> {
  const transfer = await page.evaluateHandle((given) => {
    const made = new DataTransfer();
    given.forEach(({ name, content }) => made.items.add(new File([content], name)));
    return made;
  }, files);
  await page.dispatchEvent('main', 'dragover', { dataTransfer: transfer });
  await expect(page.locator('#upload')).toHaveAttribute('data-over');
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
  await expect(page.locator('#upload')).not.toHaveAttribute('data-over');
}

/** Every file that lies in the server's folder, finished or not. */
function kept(server: Server): string[] {
  const all = readdirSync(join(server.directory, 'data', 'files'), { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock')).map((entry) => join(entry.parentPath, entry.name));
}

/** A viewer of the person's account, on the Files page. */
async function openAsViewer(page: Page, server: Server, person: Person): Promise<void> {
  const invited = ['member', 'invite', '--account', person.accountId, '--email', uniqueEmail(), '--role', 'viewer', '--json'];
  await page.goto((JSON.parse(server.operator(invited).stdout) as { link: string }).link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Choose this password and join' }).click();
  await page.waitForURL(`**${TAB}`);
  await page.goto(FILES);
}

test('a person drops files on the page, fetches one and deletes it', async ({ tab }) => {
  await tab.getByRole('link', { name: 'Files' }).click();
  await expect(tab.getByRole('heading', { name: 'Files', level: 1 })).toBeVisible();
  await expect(tab.getByText('There are no files yet.')).toBeVisible();
  const asked: string[] = [];
  tab.on('request', (request) => {
    if (request.method() === 'POST') {
      expect(request.headers().authorization, request.url()).toBeUndefined();
      asked.push(new URL(request.url()).pathname.replace(/\d+$/, ''));
    }
  });
  await drop(tab, [
    { name: 'first one.txt', content: 'one' },
    { name: 'second.txt', content: 'two, and longer' },
  ]);
  await expect(upload(tab, 'first one.txt').getByText('Uploaded.')).toBeVisible();
  await expect(upload(tab, 'second.txt').getByText('Uploaded.')).toBeVisible();
  await expect(said(tab)).toHaveText('second.txt: Uploaded.');
  // One after another, each with parameters of its own.
  const each = ['/_srv/make_upload_parameters', '/api/v1/files/upload'];
  expect(asked).toEqual([...each, ...each]);
  await expect(tab.getByText('18 bytes of 10 GB used.')).toBeVisible();
  await expect(listed(tab, 'first_one.txt')).toBeVisible();
  // The rows that a script has drawn have their times in the person's zone like the others.
  await expect(tab.getByRole('row', { name: /second\.txt/ }).getByText('(Berlin)')).toBeVisible();
  await axe(tab);

  const arrives = tab.waitForEvent('download');
  await listed(tab, 'first_one.txt').click();
  const download = await arrives;
  expect(download.suggestedFilename()).toBe('first_one.txt');

  await tab.getByLabel('Part of the name').fill('FIRST O');
  await tab.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(tab).toHaveURL(/\?q=FIRST/);
  await expect(listed(tab, 'second.txt')).toHaveCount(0);
  await tab.getByRole('link', { name: 'Delete first_one.txt' }).click();
  await axe(tab);
  await tab.getByRole('link', { name: 'Cancel' }).click();
  await tab.getByRole('link', { name: 'Delete first_one.txt' }).click();
  await tab.getByRole('button', { name: 'Delete file' }).click();
  await tab.waitForURL(`**${FILES}`);
  await expect(tab.getByText('The file is deleted.')).toBeVisible();
  await expect(listed(tab, 'first_one.txt')).toHaveCount(0);
  await expect(listed(tab, 'second.txt')).toBeVisible();
});

test('an upload that is cancelled in the middle leaves nothing, and can be done again', async ({ tab, server, context }) => {
  test.slow();
  await tab.goto(FILES);
  const before = kept(server).length;
  const line = await context.newCDPSession(tab);
  await line.send('Network.enable');
  const throttle = (uploadThroughput: number) => line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  await throttle(100_000);
  await field(tab).setInputFiles([file('big.bin', Buffer.alloc(3_000_000, 7)), file('next.txt')]);
  const big = upload(tab, 'big.bin');
  await expect(upload(tab, 'next.txt').getByText('Waiting')).toBeVisible();
  const bar = tab.getByRole('progressbar', { name: 'Upload of big.bin' });
  await expect.poll(() => bar.evaluate((element: HTMLProgressElement) => element.value)).toBeGreaterThan(0);
  expect(await bar.evaluate((element: HTMLProgressElement) => element.value)).toBeLessThan(1);
  await axe(tab);
  await big.getByRole('button', { name: 'Cancel: big.bin' }).click();
  await expect(big.getByText('Cancelled. Nothing was kept.')).toBeVisible();
  await throttle(-1);
  // Those behind it go on.
  await expect(upload(tab, 'next.txt').getByText('Uploaded.')).toBeVisible();
  await expect(listed(tab, 'next.txt')).toBeVisible();
  await expect(listed(tab, 'big.bin')).toHaveCount(0);
  await expect.poll(() => kept(server).length, { message: 'what lies in the folder of files' }).toBe(before + 1);
  await big.getByRole('button', { name: 'Upload again: big.bin' }).click();
  await expect(big.getByText('Uploaded.')).toBeVisible();
  await expect(listed(tab, 'big.bin')).toBeVisible();
});

test('an upload that fails says why, in the words of the API, and the next one goes on', async ({ tab, context, server, person, watch }) => {
  watch.expectStatus(400, 401, 403);
  await tab.goto(FILES);
  await field(tab).setInputFiles(file('same.txt'));
  await expect(upload(tab, 'same.txt').getByText('Uploaded.')).toBeVisible();
  await tab.reload();
  await field(tab).setInputFiles([file('same.txt', 'another'), file('other.txt')]);
  await expect(upload(tab, 'same.txt').getByText('There is a file of this name already.')).toBeVisible();
  await expect(upload(tab, 'other.txt').getByText('Uploaded.')).toBeVisible();
  await tab.getByLabel('Replace files that have the same name').check();
  await upload(tab, 'same.txt').getByRole('button', { name: 'Upload again: same.txt' }).click();
  await expect(upload(tab, 'same.txt').getByText('Uploaded.')).toBeVisible();
  await expect(tab.getByText('25 bytes of 10 GB used.')).toBeVisible();

  // Rolled after the page was given its parameters and before they are used.
  await tab.route('**/api/v1/files/upload', async (route) => {
    server.operator(['keys', 'roll', '--account', person.accountId, '--expire-old', 'immediately']);
    await route.continue();
  }, { times: 1 });
  await field(tab).setInputFiles(file('rolled.txt'));
  const rolled = upload(tab, 'rolled.txt');
  await expect(rolled.getByText('Your request contains expired public API key.')).toBeVisible();
  await expect(listed(tab, 'rolled.txt')).toHaveCount(0);
  await rolled.getByRole('button', { name: 'Upload again: rolled.txt' }).click();
  await expect(rolled.getByText('Uploaded.')).toBeVisible();

  // Signed out in another tab.
  const other = await context.newPage();
  await other.goto(FILES);
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.waitForURL('**/sign-in');
  await field(tab).setInputFiles(file('late.txt'));
  await expect(upload(tab, 'late.txt').getByText(/sign in/i)).toBeVisible();
  // What was listed stays on the page.
  await expect(listed(tab, 'other.txt')).toBeVisible();
  await axe(tab);
});

test('a person uploads and deletes with the keyboard alone', async ({ tab }) => {
  await tab.goto(FILES);
  await tabTo(tab, field(tab));
  const chooses = tab.waitForEvent('filechooser');
  // The page learns by a message that the dialog is not to open but to be told of; a pressed key can overtake it, an evaluation cannot.
  await tab.evaluate(() => undefined);
  await tab.keyboard.press('Space');
  await (await chooses).setFiles(file('typed.txt'));
  await expect(upload(tab, 'typed.txt').getByText('Uploaded.')).toBeVisible();
  await focusIs(tab, field(tab));
  await tabTo(tab, tab.getByRole('link', { name: 'Delete typed.txt' }));
  await tab.keyboard.press('Enter');
  await tab.waitForURL('**/dashboard/files/delete?**');
  await tabTo(tab, tab.getByRole('button', { name: 'Delete file' }));
  await tab.keyboard.press('Enter');
  await tab.waitForURL(`**${FILES}`);
  await expect(tab.getByText('There are no files yet.')).toBeVisible();
});

test('a viewer finds the actions there, disabled, with the reason', async ({ tab, person, server, newContext, watch }) => {
  watch.expectStatus(403);
  await tab.goto(FILES);
  await field(tab).setInputFiles(file('seen.txt'));
  await expect(listed(tab, 'seen.txt')).toBeVisible();
  const page = await (await newContext()).newPage();
  await openAsViewer(page, server, person);
  const why = 'You are a viewer of this account: only an owner or a developer can upload and delete its files.';
  const choose = page.getByLabel('Choose files');
  await expect(choose).toBeDisabled();
  await expect(choose).toHaveAccessibleDescription(why);
  const remove = page.getByRole('button', { name: 'Delete seen.txt' });
  await expect(remove).toBeDisabled();
  await expect(remove).toHaveAccessibleDescription(why);
  const arrives = page.waitForEvent('download');
  await listed(page, 'seen.txt').click();
  expect((await arrives).suggestedFilename()).toBe('seen.txt');
  await axe(page);
  const href = await tab.getByRole('link', { name: 'Delete seen.txt' }).getAttribute('href');
  expect((await page.goto(href ?? ''))?.status()).toBe(403);
  await axe(page);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a person lists, fetches and deletes, and is told what uploading needs', async ({ page, person, server }) => {
    await page.goto('/sign-in');
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`**${TAB}`);
    const form = new FormData();
    form.set('fileName', 'by program.txt');
    form.set('useUniqueFileName', 'false');
    form.set('file', new Blob(['from a program']), 'a');
    const headers = { authorization: `Bearer ${person.privateKey}` };
    expect((await fetch(`${server.url}/api/v1/files/upload`, { method: 'POST', headers, body: form })).status).toBe(200);
    await page.getByRole('link', { name: 'Files' }).click();
    await expect(page.getByText('Uploading from this page needs JavaScript.')).toBeVisible();
    await expect(field(page)).toBeHidden();
    const arrives = page.waitForEvent('download');
    await listed(page, 'by_program.txt').click();
    expect((await arrives).suggestedFilename()).toBe('by_program.txt');
    await page.getByRole('link', { name: 'Delete by_program.txt' }).click();
    await page.getByRole('button', { name: 'Delete file' }).click();
    await expect(page.getByText('The file is deleted.')).toBeVisible();
  });
});
