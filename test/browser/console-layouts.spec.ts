import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenOptions, useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, openPath, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  'Dana Castellan': ['desk', 'calls', 'callbacks', 'changes', 'changes/new', 'report', 'reference', 'wall'],
  'Femi Adeyemi': ['campaigns', 'reports', 'timeline', 'evidence', 'coverage'],
  'Gita Rao': ['lines', 'policy', 'customers', 'notices', 'webhooks', 'health'],
};
const LAYOUTS: Readonly<Record<string, OpenOptions & { readonly prepare?: (page: Page) => Promise<unknown> }>> = {
  'at 1024 pixels': { viewport: { width: 1024, height: 768 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'in German': { viewport: { width: 1280, height: 800 }, locale: 'de-DE' },
  // What a browser does at 200 %: half as many pixels of CSS.
  'at 200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  'in forced colours': { viewport: { width: 1280, height: 800 }, forcedColors: 'active' },
  'from right to left': {
    viewport: { width: 1024, height: 768 },
    prepare: (page) =>
      page.addInitScript(() => {
        const { document } = globalThis as any;
        document.addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl'));
      }),
  },
};

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
  await fill();
}, 120_000);
afterAll(() => service?.stop());

/** Something on every screen: long words, hostile ones, and an alarm. */
async function fill(): Promise<void> {
  const long = 'a.customer-with_a-very.long-id_that-nobody.would-say_aloud-0123';
  const [called, relayed] = [await service.customerWithDevice(long), await service.customerWithDevice()];
  for (const [customerId, direction, line] of [
    [called.customerId, 'outbound', LINE],
    [relayed.customerId, 'inbound', CARD_LINE],
  ])
    await service.amara.post('/v1/calls', {
      customerId,
      direction,
      line,
      purpose: `<img src=x onerror=alert(1)> ${'Donaudampfschifffahrtsgesellschaft'.repeat(2)} مرحبا \u{1f4b7}`,
      verify: true,
    });
  const handset = { inCall: true, outgoing: false };
  await service.app.post(`/v1/customers/${relayed.customerId}/call-verdicts`, { trigger: 'customer', handset });
  await service.ben.post('/v1/changes', {
    customerId: newCustomerId(),
    subject: 'email',
    after: { email: 'maya@example.org' },
    askedThrough: 'phone',
  });
  await service.app.post(`/v1/customers/${newCustomerId()}/reports`, {
    channel: 'sms',
    claimedSender: 'NORTHBANK',
    text: 'Pay at https://northbank.example.net/pay',
    shared: ['pin', 'card', 'remote_access'],
    lost: { amount: 1200.5, currency: 'GBP' },
  });
}

describe('each screen is whole and accessible', () => {
  test.each(Object.keys(LAYOUTS))('%s', { timeout: 160_000 }, async (name) => {
    const { prepare, ...options } = LAYOUTS[name]!;
    const words = options.locale === 'de-DE' ? 'Anmelden' : 'Sign in';
    for (const [person, screens] of Object.entries(PEOPLE)) {
      const page = await browser.open({ locale: 'en-GB', ...options, expected: EXPECTED_ERRORS });
      await prepare?.(page);
      await signInToConsole(page, service, person, { words });
      for (const screen of screens) {
        await openPath(page, screen);
        await expectAccessible(page, `${screen}, ${name}`);
        await picture(page, `console-${name.replaceAll(/\W+/g, '-')}-${screen.replaceAll('/', '-')}`);
      }
      await page.close();
    }
    expect(browser.requested.filter((url) => !url.startsWith(service.url))).toEqual([]);
  });
});
