import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TestService } from './service.js';

/** What the pages do without: an icon of a page that is not asked for, what the service has not. */
export const EXPECTED_ERRORS = [/status of 404/];

/** Opens the console and signs in as one of the people of the development issuer, as one would. */
export async function signInToConsole(
  page: Page,
  service: TestService,
  name: string,
  { words = 'Sign in', path = '' }: { readonly words?: string; readonly path?: string } = {},
): Promise<void> {
  await page.goto(`${service.url}/console/northbank${path}`);
  await page.getByRole('button', { name: words, exact: true }).click();
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/console/northbank/') && !url.searchParams.has('code'));
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** Opens a screen by its name in the navigation. */
export async function openScreen(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).click();
  await page.getByRole('navigation').getByRole('link', { name }).and(page.locator('[aria-current=page]')).waitFor();
}

/** Finds a customer by their id at the call desk. */
export async function findCustomer(page: Page, customerId: string): Promise<void> {
  await openScreen(page, 'Call desk');
  const form = page.getByRole('form', { name: 'Find' });
  await form.getByLabel('Customer id').fill(customerId);
  await form.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('heading', { name: `For ${customerId}` }).waitFor();
}

/** Opens a screen by its address below the tenant, without loading the page anew, and waits until it has read what it shows. */
export async function openPath(page: Page, path: string): Promise<void> {
  await page.evaluate((below) => {
    const { document, CustomEvent } = globalThis as any;
    const shell = document.querySelector('countersign-console');
    shell.dispatchEvent(new CustomEvent('console-go', { detail: `/console/northbank/${below}` }));
  }, path);
  await page.waitForURL(`**/console/northbank/${path}`);
  await settled(page);
}

/** Waits until nothing is under way on the screen. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const main = (globalThis as any).document.querySelector('main');
    return main?.querySelector('h1') && !/…\s*$/m.test(main.querySelector('[role=status]')?.textContent ?? '');
  });
}

/** Reads a list again until it has something: it tells of what no open transaction of the cluster can still come before. */
export async function readUntil(page: Page, wanted: Locator, read: () => Promise<void>): Promise<void> {
  await expect
    .poll(async () => {
      if ((await wanted.count()) > 0) return true;
      await read();
      await settled(page);
      return (await wanted.count()) > 0;
    })
    .toBe(true);
}
