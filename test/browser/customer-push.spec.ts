import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { signIn } from '../support/customer-page.js';
import { PushedBrowser, WebPushService } from '../support/push-services.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const PURPOSE = 'A payment of £250 we stopped';

let service: TestService;
let makers: WebPushService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  makers = await WebPushService.start();
  service = await startTestService({ VAPID_SUBJECT: 'mailto:push@northbank.example' });
}, 120_000);
afterAll(() => Promise.all([service?.stop(), makers?.stop()]));

/** Where the worker of the page is registered, as the browser's own tools know it. */
function registrationOf(tools: CDPSession): Promise<string> {
  const found = new Promise<string>((resolve) => {
    tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => new URL(scopeURL).pathname === '/my');
      if (own) resolve(own.registrationId);
    });
  });
  return tools.send('ServiceWorker.enable').then(() => found);
}

/**
 * Notes what the worker has shown, and which window it opens on a tap: a browser without a screen has neither
 * notifications nor taps on them. All before that is the browser's own: the delivery, the event, the worker.
 */
async function watch(
  page: Page,
  locale: string,
): Promise<{ read(): Promise<{ shown: unknown[]; opened: string[] }>; tap(): Promise<void> }> {
  // What is delivered to a worker that is not active yet, the browser drops.
  await page.evaluate(async () => void (await (globalThis as any).navigator.serviceWorker.ready));
  await expect.poll(() => page.context().serviceWorkers().length).toBeGreaterThan(0);
  const worker = page.context().serviceWorkers()[0]!;
  await worker.evaluate((language) => {
    const scope = globalThis as any;
    // The language that a test gives to a page does not reach its worker.
    Object.defineProperty(scope.navigator, 'language', { get: () => language });
    scope.noted = { shown: [], opened: [] };
    scope.registration.showNotification = async (...shown: unknown[]) => void scope.noted.shown.push(shown);
    scope.clients.openWindow = async (address: string) => void scope.noted.opened.push(address);
  }, locale);
  return {
    read: () => worker.evaluate(() => (globalThis as any).noted),
    tap: () =>
      worker.evaluate(async () => {
        const waited: Promise<unknown>[] = [];
        const event = Object.assign(new Event('notificationclick'), {
          notification: { close: () => undefined },
          waitUntil: (promise: Promise<unknown>) => void waited.push(promise),
        });
        (globalThis as any).dispatchEvent(event);
        await Promise.all(waited);
      }),
  };
}

test.each([
  ['en-GB', 'Your bank asks you something. Open this page.', 'Sign in', 'Set up without a passkey'],
  ['nl-NL', 'Uw bank vraagt u iets. Open deze pagina.', 'Inloggen', 'Instellen zonder passkey'],
])(
  'a push as it was sent says that there is something, and nothing else; a tap opens /my (%s)',
  { timeout: 120_000 },
  async (locale, title, words, enrol) => {
    const pushed = new PushedBrowser(makers);
    const page = await browser.open({ locale, expected: [/status of 404/] });
    await signIn(page, service, 'Maya Lindqvist', words);
    await page.getByRole('button', { name: enrol }).click();
    await page.getByRole('button', { name: enrol }).waitFor({ state: 'detached' });
    const path = '/v1/customers/maya/push-subscriptions';
    expect((await service.app.post(path, pushed.subscription)).status).toBe(201);
    const call = { customerId: 'maya', direction: 'outbound', line: LINE, purpose: PURPOSE, verify: true };
    const { body: declared } = await service.amara.post('/v1/calls', call);
    await expect.poll(() => pushed.pushes.length).toBe(1);

    const tools = await page.context().newCDPSession(page);
    const registrationId = await registrationOf(tools);
    const noted = await watch(page, locale);
    const data = JSON.stringify(pushed.read(pushed.pushes[0]!));
    await tools.send('ServiceWorker.deliverPushMessage', { origin: service.url, registrationId, data });
    const options = { icon: '/my/icon.svg', tag: 'countersign', renotify: true };
    await expect.poll(async () => (await noted.read()).shown).toEqual([[title, options]]);

    await page.goto('about:blank');
    await noted.tap();
    expect((await noted.read()).opened).toEqual(['/my']);
    await service.amara.post(`/v1/calls/${declared.id}/end`);
  },
);
