import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, signInToConsole } from '../support/console-page.js';
import { startTestService, type TestService } from '../support/service.js';

const BUDGET_BYTES = 120_000;

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

test.each([
  ['en-GB', 'Sign in'],
  ['de-DE', 'Anmelden'],
])('the console loads the call desk within its budget (%s)', { timeout: 120_000 }, async (locale, words) => {
  const page = await browser.open({ locale, expected: EXPECTED_ERRORS });
  await signInToConsole(page, service, 'Amara Okafor', { words });
  await page.waitForLoadState('load');
  const assets = [...new Set(browser.requested)].filter((url) => url.includes('/pages/console/assets/'));
  const sizes = await Promise.all(
    assets.map(async (url) => gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer()), { level: 9 }).length),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
  expect(
    browser.requested.filter((url) => !url.startsWith(service.url)),
    'nothing is asked of anybody else',
  ).toEqual([]);
});
