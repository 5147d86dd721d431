import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pauseClock, useBrowser } from '../support/browser.js';
import { expectAccessible } from '../support/customer-page.js';

const GALLERY = resolve('packages/elements/gallery');

let server: ViteDevServer;
const browser = useBrowser();
beforeAll(async () => {
  const configFile = resolve(GALLERY, 'vite.config.mjs');
  server = await createServer({ configFile, logLevel: 'error', server: { port: 0, hmr: false, watch: null } });
  await server.listen();
}, 60_000);
afterAll(() => server?.close());

/** The page with every state reached. */
async function openGallery(page: Page, query = ''): Promise<void> {
  await page.goto(`${server.resolvedUrls!.local[0]}${query}`);
  await page.locator('html[data-ready]').waitFor({ timeout: 120_000 });
}

/** States that were not reached, each with what was waited for. */
function missed(page: Page): Promise<string[]> {
  return page
    .locator('.state:not([data-shown])')
    .evaluateAll((all) => all.map((one: any) => `${one.id}: ${one.dataset.failed}`));
}

describe('the page of all components', () => {
  test('shows every state, in which axe finds nothing, light and dark', { timeout: 150_000 }, async () => {
    const page = await browser.open({ viewport: { width: 1600, height: 1000 } });
    await openGallery(page);
    expect(await missed(page)).toEqual([]);
    expect(await page.locator('.state').count()).toBeGreaterThan(80);
    // One component many times is what the page is; on every other page a landmark has a name of its own.
    const options = { except: ['landmark-unique'] };
    await expectAccessible(page, 'gallery, light', options);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, 'gallery, dark', options);
  });

  test('a verdict is green for five seconds at most', { timeout: 150_000 }, async () => {
    const page = await browser.open();
    await page.clock.install();
    await page.goto(`${server.resolvedUrls!.local[0]}?only=calling-old`, { waitUntil: 'commit' });
    const green = page.getByText('Genuine', { exact: true });
    await green.waitFor();
    await pauseClock(page, 100);
    await page.clock.runFor(5_000);
    expect(await green.isVisible()).toBe(false);
    await page.getByText('We cannot check right now.').waitFor();
  });

  test('a verdict grows old, however early the timers of a browser fire', { timeout: 150_000 }, async () => {
    const page = await browser.open();
    await page.addInitScript(() => {
      const world = globalThis as any;
      const { setTimeout } = world;
      world.setTimeout = (work: unknown, milliseconds = 0) =>
        setTimeout(work, Math.max(0, Math.floor(milliseconds) - 1));
    });
    await openGallery(page, '?only=calling-old');
    expect(await missed(page)).toEqual([]);
  });

  test.each(['de', 'es', 'fr', 'nl', 'pl'])('shows every state in %s', { timeout: 150_000 }, async (locale) => {
    const page = await browser.open({ viewport: { width: 1600, height: 1000 } });
    await openGallery(page, `?locale=${locale}`);
    expect(await missed(page)).toEqual([]);
  });
});
