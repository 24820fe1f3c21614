// Walking through a page with the keyboard alone: where the focus is, and that it can be seen there.
import { expect, type Locator, type Page } from '@playwright/test';

const MOST_STOPS = 40;

/** Presses Tab until `target` has the focus, and sees that it is visible there. */
export async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
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

/** The focus is here and nowhere else, and it is visible. */
export async function focusIs(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeFocused();
  await expectFocusVisible(page.locator(':focus'));
}
