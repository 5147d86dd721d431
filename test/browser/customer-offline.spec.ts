import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, picture, signIn } from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const CUT = /status of 404|ERR_|Failed to fetch/;
const PHONE = { viewport: { width: 390, height: 844 } };

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

/** Until the service worker answers for the page, it does not open without a connection. */
async function keptByWorker(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    const { navigator, caches } = globalThis as any;
    if (!navigator.serviceWorker.controller) return false;
    for (const name of await caches.keys()) if (await (await caches.open(name)).match('/my/northbank')) return true;
    return false;
  });
}

describe('without a connection', () => {
  test(
    'the page shows the number on the card and the codes, and never the verdict that it had',
    { timeout: 150_000 },
    async () => {
      const page = await browser.open({ ...PHONE, expected: [CUT] });
      await signIn(page, service);
      await enrolByKey(page);
      const { body: call } = await service.amara.post('/v1/calls', {
        customerId: 'maya',
        direction: 'outbound',
        line: LINE,
        purpose: 'Your card',
      });
      await page.getByRole('button', { name: 'Yes. Check this call' }).click();
      await page.getByText('Genuine', { exact: true }).waitFor();
      await keptByWorker(page);

      await page.context().setOffline(true);
      await page.getByRole('heading', { name: 'You are offline' }).waitFor();
      expect(await page.getByText('Genuine', { exact: true }).isVisible()).toBe(false);
      await page.locator('countersign-offline').getByText('020 7946 0199').waitFor();
      await expectAccessible(page, 'went offline');

      await page.goto(`${service.url}/my/northbank`);
      await page.getByRole('heading', { name: 'You are offline' }).waitFor();
      expect(await page.getByText('Genuine', { exact: true }).count()).toBe(0);
      await page.getByRole('button', { name: 'They have read a code. Show mine' }).click();
      await page.getByText(/^\d{6}$/).waitFor();
      await expectAccessible(page, 'offline');
      await picture(page, 'offline');
      // The code is another every 30 s, so both are read until they are of the same.
      await expect
        .poll(
          async () => {
            const { body: read } = await service.amara.post(`/v1/calls/${call.id}/offline-proof`);
            return read.bankProof === (await page.getByText(/^\d{6}$/).innerText());
          },
          { interval: 1_000 },
        )
        .toBe(true);

      const kept = await page.evaluate(async () => {
        const { caches } = globalThis as any;
        const paths: string[] = [];
        for (const name of await caches.keys())
          for (const request of await (await caches.open(name)).keys())
            paths.push(new URL(request.url).pathname + new URL(request.url).search);
        return paths;
      });
      expect(
        kept.filter(
          (path) =>
            !/^\/(my(\/northbank|\/icon\.svg|\/northbank\/manifest\.webmanifest)?$|pages\/customer\/assets\/|v1\/public\/northbank\/settings$)/.test(
              path,
            ),
        ),
      ).toEqual([]);

      await page.context().setOffline(false);
      await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    },
  );

  test('the keys of the codes cannot be taken out of the browser', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [CUT] });
    await signIn(page, service, 'Noah Brandt');
    await enrolByKey(page);
    const held = await page.evaluate(async () => {
      const { indexedDB, crypto } = globalThis as any;
      const database: any = await new Promise((resolve) => {
        const opening = indexedDB.open('countersign', 1);
        opening.onsuccess = () => resolve(opening.result);
      });
      const all: any[] = await new Promise((resolve) => {
        const reading = database.transaction('devices').objectStore('devices').getAll();
        reading.onsuccess = () => resolve(reading.result);
      });
      const taken = await crypto.subtle.exportKey('raw', all[0].offline.bankProof).catch((error: Error) => error.name);
      return { members: Object.keys(all[0]).sort(), signing: all[0].signing.privateKey.extractable, taken };
    });
    expect(held).toEqual({
      members: ['customerId', 'id', 'offline', 'signing'],
      signing: false,
      taken: 'InvalidAccessError',
    });
  });
});
