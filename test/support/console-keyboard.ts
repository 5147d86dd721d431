import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

const MOST_TABS = 250;

/** Moves the focus by Tab alone until it is there, and fails where at any step nobody could see where it is. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    if (await target.evaluate((element: any) => element.getRootNode().activeElement === element)) return;
    await page.keyboard.press('Tab');
    await expectVisibleFocus(page);
  }
  throw new Error(`${target} was not reached by Tab`);
}

/** Goes to a control by Tab and presses it. */
export async function pressByTab(page: Page, target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Goes to a field by Tab and types. */
export async function typeByTab(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.type(text);
}

/** What has the focus is outlined, and some of it is on the screen with nothing over it (WCAG 2.4.7, 2.4.11). */
async function expectVisibleFocus(page: Page): Promise<void> {
  const unseen = await page.evaluate(() => {
    const { document, innerWidth, innerHeight, getComputedStyle } = globalThis as any;
    let focused = document.activeElement;
    while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    if (!focused || focused === document.body) return null;
    const named = `${focused.outerHTML.slice(0, 160)} `;
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return `${named} has no outline`;
    const { left, right, top, bottom } = focused.getBoundingClientRect();
    const [x, y] = [(Math.max(0, left) + Math.min(innerWidth, right)) / 2, Math.min(innerHeight - 1, bottom - 1)];
    if (right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight) return `${named} is off the screen`;
    const root = focused.getRootNode();
    const over = [y, (Math.max(0, top) + y) / 2, Math.max(0, top) + 1].map((at) => root.elementFromPoint(x, at));
    return over.some((one) => one && (focused.contains(one) || one.contains(focused))) ? null : `${named} is covered`;
  });
  expect(unseen, 'a focus that nobody sees').toBeNull();
}
