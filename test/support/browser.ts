import type { Browser, BrowserContext, BrowserContextOptions, Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchChromium } from './chromium.js';
import { isRefusedMeanwhile } from './once-admitted.js';

export interface OpenOptions extends BrowserContextOptions {
  /** Errors of the console and of scripts, and failed requests, that the test provokes; all others fail it. */
  readonly expected?: readonly RegExp[];
}

/** A page is waited for as long as a machine takes that has much else to do. */
const LONGEST_MS = 60_000;
/** What a browser says of a reply, whether or not the page asks again. */
const UNAVAILABLE = /status of 503/;

/**
 * Lets the clock of a page stand still, so many milliseconds from now. Where the page is told only when that is past, the clock of
 * Playwright says so and stands still already: then it goes so far from there.
 */
export async function pauseClock(page: Page, inMs: number): Promise<void> {
  const pause = async (): Promise<void> => page.clock.pauseAt((await page.evaluate(() => Date.now())) + inMs);
  await pause().catch((error: Error) => {
    if (!error.message.includes('Cannot fast-forward to the past')) throw error;
    return pause();
  });
}

/** A browser for the tests of one file. */
export interface TestBrowser {
  /** A page in a context of its own: no cookies, no storage and no cache of another. Closed after the test. */
  open(options?: OpenOptions): Promise<Page>;
  /** Every address that the pages of this test asked for, in order. */
  readonly requested: readonly string[];
}

/**
 * Launches a browser before the tests of a file, and ends it after them. After each test its pages are closed, and the
 * test fails for any error in a console, any script that threw, and any request that a page's own policy refused. What
 * is refused for load where a machine has much else to do is no error of a page: it asks again, or what is waited for does
 * not come.
 * The browser is the one of the development dependencies, or the one that `CHROMIUM_PATH` names.
 */
export function useBrowser(): TestBrowser {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let unexpected: { readonly said: string; readonly url: string }[] = [];
  let refusals: Promise<string | null>[] = [];
  const requested: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  }, 120_000);
  afterAll(() => browser?.close());
  afterEach(async () => {
    const refused = new Set(await Promise.all(refusals));
    await Promise.all(contexts.map((context) => context.close()));
    const errors = unexpected.filter(({ said, url }) => !(UNAVAILABLE.test(said) && refused.has(url)));
    [contexts, unexpected, refusals] = [[], [], []];
    requested.length = 0;
    expect(
      errors.map(({ said }) => said),
      'errors in the browser',
    ).toEqual([]);
  });

  return {
    requested,
    open: async ({ expected = [], ...options } = {}) => {
      const note = (said: string, url = ''): void => {
        if (!expected.some((pattern) => pattern.test(said))) unexpected.push({ said, url });
      };
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      contexts.push(context);
      context.setDefaultTimeout(LONGEST_MS);
      context.on('request', (request) => requested.push(request.url()));
      context.on('response', (response) => response.status() === 503 && refusals.push(refusedMeanwhile(response)));
      context.on('console', (message) => {
        if (message.type() === 'error') note(`console: ${message.text()}`, message.location().url);
      });
      context.on('weberror', (error) => note(`script: ${error.error().message}`));
      return context.newPage();
    },
  };
}

/** The address of what was refused for load, and of nothing else. */
async function refusedMeanwhile(response: Response): Promise<string | null> {
  const body: unknown = await response.json().catch(() => null);
  return isRefusedMeanwhile({ status: response.status(), body }) ? response.url() : null;
}
