// What every story is given: a server, pages that are watched, a person.
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';
import { curlAccount, type ApiAnswer } from './support/api';
import { PasteBoard } from './support/clipboard';
import { Server } from './support/server';
import { awake, Watch } from './support/watch';

export { awake, expect, Server };
export const PASSWORD = 'plover sextant umbrella 9';
export const TAB = '/dashboard/developers';
const WCAG_22_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export interface Person {
  email: string;
  accountId: string;
  /** The pair the account was born with. */
  publicKey: string;
  privateKey: string;
}

interface Story {
  watch: Watch;
  /** A fresh browser profile whose pages are watched. */
  newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** A new person, made by the command line, not signed in. */
  person: Person;
  /** A page on which `person` is signed in, at the developers tab. */
  tab: Page;
  /** Asks the API whether the key works. */
  ask: (key: string) => ApiAnswer;
}

interface Worker {
  server: Server;
  board: PasteBoard;
}

let people = 0;

/** An address nobody else has. */
export function uniqueEmail(): string {
  people += 1;
  return `ada.${process.pid}.${people}@example.org`;
}

export const test = base.extend<Story, Worker>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
      const leaks = server.leaks();
      server.forget();
      expect(leaks, 'private keys of the stories in what the server wrote').toEqual([]);
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  board: [
    async ({}, use) => {
      const board = await PasteBoard.open();
      await use(board);
      board.close();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  watch: async ({ javaScriptEnabled }, use) => {
    const watch = new Watch();
    if (javaScriptEnabled === false) {
      watch.expectNoScripts();
    }
    await use(watch);
    watch.expectQuiet();
  },
  context: async ({ context, watch }, use) => {
    await watch.over(context);
    await use(context);
  },
  newContext: async ({ browser, contextOptions, baseURL, viewport, locale, timezoneId, permissions, watch }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, baseURL, viewport, locale, timezoneId, permissions, ...options });
      opened.push(context);
      if (options.javaScriptEnabled === false) {
        watch.expectNoScripts();
      }
      await watch.over(context);
      return context;
    });
    await Promise.all(opened.map((context) => context.close()));
  },
  person: async ({ server }, use) => {
    const email = uniqueEmail();
    await use({ email, ...server.createAccount(email, PASSWORD) });
  },
  tab: async ({ page, person }, use) => {
    await signIn(page, person.email);
    await use(page);
  },
  ask: async ({ server }, use) => {
    await use((key) => {
      server.seenKeys.add(key);
      return curlAccount(server.url, key);
    });
  },
});

/** Opens a page of the product and waits until it is awake. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await awake(page);
}

export async function signUp(page: Page): Promise<string> {
  const email = uniqueEmail();
  await visit(page, '/sign-up');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Company or project').fill('Analytical Engines');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await arrive(page);
  return email;
}

export async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await visit(page, '/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await arrive(page);
}

/** Waits for the developers tab. */
export async function arrive(page: Page): Promise<void> {
  await page.waitForURL(`**${TAB}`);
  await awake(page);
  await expect(page.getByRole('heading', { name: 'API keys', level: 1 })).toBeVisible();
}

/** The table's row of the nth pair, newest first. */
export function row(page: Page, nth: number) {
  return page.getByRole('table', { name: 'Your key pairs' }).getByRole('row').nth(nth + 1);
}

/** Nothing that WCAG 2.2 AA forbids, as far as a machine can tell. */
export async function axe(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG_22_AA).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
  expect.soft(found, `accessibility of ${page.url()}`).toEqual([]);
}
