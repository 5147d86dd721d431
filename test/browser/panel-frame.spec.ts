import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { DesktopPages } from '../support/desktop-page.js';
import { picture } from '../support/customer-page.js';
import { enterPanel } from '../support/panel-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let desktop: DesktopPages;
let stranger: DesktopPages;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  const panelUrl = (): string => `${service.url}/panel/northbank`;
  [desktop, stranger] = await Promise.all([DesktopPages.start(panelUrl), DesktopPages.start(panelUrl)]);
  service = await startTestService({ EMBED_ORIGINS: desktop.origin });
}, 120_000);
afterAll(async () => {
  await service?.stop();
  await Promise.all([desktop?.stop(), stranger?.stop()]);
});

const SIZE = { viewport: { width: 900, height: 900 } };

/** Says something to the panel, as the page that holds it or as a frame of somebody else's beside it. */
async function say(page: Page, message: unknown, as: 'desktop' | 'beside' = 'desktop'): Promise<void> {
  const speaker =
    as === 'desktop' ? page.mainFrame() : page.frames().find((one) => one.url().startsWith(stranger.origin))!;
  await speaker.evaluate(
    ([given, fromBeside]) => {
      const here = globalThis as any;
      const panel = fromBeside ? here.parent.frames[0] : here.document.querySelector('#panel').contentWindow;
      panel.postMessage(given, '*');
    },
    [message, as === 'beside'] as const,
  );
}

const heard = (page: Page): Promise<any[]> => page.evaluate(() => (globalThis as any).heard);
const settings = (given: object): object => ({ countersign: 1, type: 'settings', settings: given });

describe('the panel in a frame', () => {
  test(
    'of a desktop that is named is told which call it is, and tells what happens',
    { timeout: 150_000 },
    async () => {
      const page = await browser.open(SIZE);
      await page.goto(`${desktop.origin}/?beside=${stranger.origin}/empty`);
      await page.waitForFunction(() => (globalThis as any).heard.length > 0);
      expect(await heard(page)).toEqual([{ origin: service.url, data: { countersign: 1, type: 'ready' } }]);
      const panel = page.frames().find((one) => one.url().startsWith(service.url))!;
      await enterPanel(page, 'Amara Okafor', { panel });
      const customer = panel.getByLabel('Customer id');
      await customer.waitFor();

      await say(page, settings({ customerId: 'maya', line: LINE, purpose: 'Your card', externalId: 'contact-9' }));
      await expect.poll(() => customer.inputValue()).toBe('maya');
      await say(page, { ...settings({ customerId: 'of-a-later-version' }), countersign: 2 });
      await say(page, settings({ customerId: 'half', direction: 'sideways' }));
      await say(page, settings({ customerId: 'with-more', token: 'stolen' }));
      await say(page, { ...settings({ customerId: 'no-kind' }), type: 'declare' });
      await say(page, settings({ direction: 'inbound' }));
      await panel.getByRole('radio', { name: 'Somebody rings us' }).and(panel.locator(':checked')).waitFor();
      expect(await customer.inputValue()).toBe('maya');
      await say(page, settings({ direction: 'outbound' }));
      await panel.getByRole('radio', { name: 'We ring the customer' }).and(panel.locator(':checked')).waitFor();

      await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
      await panel.getByText('Not verified', { exact: true }).waitFor();
      await panel.getByText('The customer has no device that can be asked.').waitFor();
      await panel.getByText('Please hang up and ring the number on your card.').waitFor();
      await picture(page, 'panel-in-frame');
      const { body } = await service.analyst.get('/v1/calls?customerId=maya');
      const [call] = body.data;
      expect(call).toMatchObject({ direction: 'outbound', externalId: 'contact-9', agent: { name: 'Amara Okafor' } });
      await expect
        .poll(async () => (await heard(page)).at(-1))
        .toEqual({
          origin: service.url,
          data: {
            countersign: 1,
            type: 'event',
            name: 'call-declared',
            detail: { callId: call.id, reference: call.reference, direction: 'outbound', customerId: 'maya' },
          },
        });

      // A message ends and changes no call that goes on.
      await say(page, { countersign: 1, type: 'clear' });
      await say(page, settings({ callId: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }));
      await panel.getByText(call.reference).first().waitFor();
      await panel.getByRole('button', { name: 'End the call' }).click();
      await panel.getByText('The call is over', { exact: true }).waitFor();
      await panel.getByRole('button', { name: 'Next call' }).click();
      await expect.poll(() => customer.inputValue()).toBe('');

      expect(await panel.evaluate(() => (globalThis as any).document.cookie)).toBe('');
      expect(
        await panel.evaluate(async () => {
          const { localStorage, sessionStorage, indexedDB } = globalThis as any;
          return [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length];
        }),
      ).toEqual([0, 0, 0]);
      const origins = new Set(browser.requested.map((address) => new URL(address).origin));
      expect([...origins].sort()).toEqual([service.url, desktop.origin, stranger.origin].sort());
    },
  );

  test('listens to the page that holds it alone, whoever else says it', { timeout: 120_000 }, async () => {
    const page = await browser.open(SIZE);
    await page.goto(`${desktop.origin}/?beside=${stranger.origin}/empty`);
    const panel = page.frames().find((one) => one.url().startsWith(service.url))!;
    await enterPanel(page, 'Ben Whitaker', { panel });
    const customer = panel.getByLabel('Customer id');
    await customer.fill('typed-by-hand');
    await say(page, settings({ customerId: 'of-a-stranger' }), 'beside');
    await say(page, settings({ purpose: 'of the desktop' }));
    await expect.poll(() => panel.getByLabel('What it is about').inputValue()).toBe('of the desktop');
    expect(await customer.inputValue()).toBe('typed-by-hand');
  });

  test('of any other origin is not shown at all', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...SIZE, expected: [/frame-ancestors|Refused to frame|Framing/] });
    await page.goto(stranger.origin);
    await page.waitForTimeout(1_000);
    expect(await heard(page)).toEqual([]);
    for (const frame of page.frames()) expect(await frame.getByRole('button').count()).toBe(0);
  });
});

describe('what the service says of the panel', () => {
  const policy = async (path: string): Promise<[string, Headers]> => {
    const { headers } = await fetch(service.url + path);
    return [headers.get('content-security-policy')!, headers];
  };

  test('is that its own scripts run, and desktops that are named may frame it', async () => {
    for (const path of ['/panel', '/panel/northbank', '/panel/southbank']) {
      const [csp, headers] = await policy(path);
      expect(csp).toContain(`frame-ancestors ${desktop.origin};`);
      for (const directive of ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"])
        expect(csp.split('; ')).toContain(directive);
      expect(csp).not.toMatch(/unsafe|\*|data:/);
      expect(headers.get('x-frame-options')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  test('is that nobody may frame where its sign-in comes back to', async () => {
    const [csp, headers] = await policy('/panel/northbank/signed-in');
    expect(csp).toContain("frame-ancestors 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  test.each(['/panel/otherbank', '/panel/northbank/x', '/pages/panel/assets/nothing.js', '/pages/panel/panel.html'])(
    'is nothing at %s',
    async (path) => {
      expect((await fetch(service.url + path)).status).toBe(404);
    },
  );

  test('is, where no desktop is named, that nobody may frame it', async () => {
    const other = await startTestService();
    try {
      const { headers } = await fetch(`${other.url}/panel`);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(await (await fetch(`${other.url}/panel`)).text()).toContain('name="countersign-embed-origins" content=""');
    } finally {
      await other.stop();
    }
  });
});
