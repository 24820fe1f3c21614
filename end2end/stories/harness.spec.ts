// What watches the stories notices what it is there for.
import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';
import { expect, test as base, visit } from '../fixtures';
import { Watch } from '../support/watch';

/** A page that nobody watches but the story's own `Watch`. */
const test = base.extend<{ watched: { page: Page; own: Watch } }>({
  watched: async ({ browser, baseURL }, use) => {
    const context = await browser.newContext({ baseURL });
    const own = new Watch();
    await own.over(context);
    const page = await context.newPage();
    await visit(page, '/sign-in');
    own.expectQuiet();
    await use({ page, own });
    await context.close();
  },
});

const mishaps: [string, () => void][] = [
  ['an exception', () => void setTimeout(() => {
    throw new Error('on purpose');
  })],
  ['a console error', () => console.error('on purpose')],
  ['a picture from elsewhere', () => document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))],
  ['an inline script', () => document.body.append(Object.assign(document.createElement('script'), { text: '0' }))],
  ['an inline style', () => document.body.setAttribute('style', 'color: red')],
  ['an unexpected refusal', () => void fetch('/no/such/page')],
];

for (const [what, happen] of mishaps) {
  test(`the watch notices ${what}`, async ({ watched: { page, own } }) => {
    await page.evaluate(happen);
    await expect(() => expect(() => own.expectQuiet()).toThrow()).toPass({ timeout: 10_000 });
  });
}

test('axe notices what cannot be read and what has no name', async ({ watched: { page } }) => {
  await page.evaluate(() => {
    const [faint, nameless] = [document.createElement('p'), document.createElement('button')];
    faint.textContent = 'faint';
    faint.style.color = 'rgb(240 240 240)';
    faint.style.backgroundColor = 'white';
    document.querySelector('main')?.append(faint, nameless);
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual(expect.arrayContaining(['color-contrast', 'button-name']));
});
