import { answer, devices, enrol, generateSigningKey, waitingQuestions, webCryptoKey } from '@countersign/device';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, picture, signIn } from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const NOT_THERE = /status of 404/;
const CUT = /ERR_|status of 401|status of 503|Failed to fetch/;
const PHONE = { viewport: { width: 390, height: 844 } };

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

async function declare(
  customerId: string,
  direction: 'outbound' | 'inbound' = 'outbound',
  purpose = 'Your card',
): Promise<any> {
  const { body } = await service.amara.post('/v1/calls', { customerId, direction, line: LINE, purpose, verify: true });
  return body;
}

/** Whether the page shows the green verdict of a call. */
async function isGreen(page: Page): Promise<boolean> {
  return page.getByText('Genuine', { exact: true }).isVisible();
}

describe('green', () => {
  test(
    'is gone soon after the last answer when the service goes silent, and says so',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
      await signIn(page, service);
      const call = await declare('maya');
      await page.getByRole('button', { name: 'Yes. Check this call' }).click();
      await page.getByText('Genuine', { exact: true }).waitFor();
      await page.route('**/call-verdicts', () => undefined);
      await page.route('**/verifications*', () => undefined);
      await page.getByText('Genuine', { exact: true }).waitFor({ state: 'hidden' });
      await page.getByText('Not known', { exact: true }).waitFor();
      await page.getByText('What you see here may be old.').first().waitFor();
      await expectAccessible(page, 'stale');
      await picture(page, 'stale');
      await page.unroute('**/call-verdicts');
      await page.unroute('**/verifications*');
      await page.getByText('Genuine', { exact: true }).waitFor();
      await service.amara.post(`/v1/calls/${call.id}/end`);
      await page.getByText('Not your bank', { exact: true }).waitFor();
      expect(await isGreen(page)).toBe(false);
    },
  );

  test('never is for a reply that does not say all that a green one says', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
    await signIn(page, service);
    const advice = { code: 'x', headline: 'This call is from your bank.', steps: [] };
    await page.route('**/call-verdicts', (route) =>
      route.fulfill({ json: { id: 'v', verdict: 'legitimate', reason: 'live_call', advice, checkedAt: 'now' } }),
    );
    await page.getByRole('button', { name: 'Yes. Check this call' }).click();
    await page.getByText('Not known', { exact: true }).waitFor();
    expect(await isGreen(page)).toBe(false);
  });

  test('of a confirmed answer ends when a verdict says that the call is over', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
    await signIn(page, service);
    await enrolByKey(page);
    const call = await declare('maya');
    await page.getByLabel('The code that the bank reads to you').fill(call.verification.code);
    await page.getByRole('button', { name: 'Yes', exact: true }).click();
    await page.getByText('Confirmed', { exact: true }).waitFor();
    await service.amara.post(`/v1/calls/${call.id}/end`);
    await page.getByRole('button', { name: 'Yes. Check this call' }).click();
    await page.getByText('You confirmed this a while ago.').waitFor();
    expect(await page.getByText('Confirmed', { exact: true }).isVisible()).toBe(false);
  });

  test(
    'of somebody who rang the bank themselves is not shown: nobody vouches for who answered',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
      await signIn(page, service);
      await page.getByRole('button', { name: 'I rang the bank myself' }).click();
      await page.getByText('Not known', { exact: true }).waitFor();
      await expectAccessible(page, 'rang the bank');
      await picture(page, 'i-rang');
    },
  );
});

describe('a question', () => {
  test(
    'that this page does not know is shown as it is, HTML and right-to-left marks as text, and takes a no alone',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
      await signIn(page, service, 'Noah Brandt');
      await enrolByKey(page);
      await declare('noah', 'outbound', '<img src=x onerror=alert(1)> 🏦🏦🏦🏦🏦 "quoted"');
      await page.getByText('<img src=x onerror=alert(1)>').waitFor();
      expect(await page.locator('img').count()).toBe(0);
      const [real] = await waitingQuestions({
        url: service.url,
        customerId: 'noah',
        token: () => service.token('app'),
      });
      await page.route('**/verifications?status=waiting', (route) => {
        const display = {
          ...real!.display,
          question: 'may_we_sell_your_house',
          newMember: { deep: ['<b>bold</b>', 1] },
        };
        return route.fulfill({ json: { data: [{ ...real!, id: `${real!.id.slice(0, -1)}0`, display }], next: null } });
      });
      await page.getByRole('heading', { name: 'may_we_sell_your_house' }).waitFor();
      await page.getByText('["<b>bold</b>",1]').waitFor();
      const card = page.locator('countersign-question').first();
      expect(await card.getByRole('button', { name: 'Yes', exact: true }).count()).toBe(0);
      await card.getByRole('button', { name: 'No', exact: true }).waitFor();
      await expectAccessible(page, 'unknown question');
      await picture(page, 'unknown-question');
    },
  );

  test('that another device answered first says so, and is not simply gone', { timeout: 120_000 }, async () => {
    const connection = { url: service.url, customerId: 'ines', token: () => service.token('app') };
    const key = webCryptoKey(await generateSigningKey());
    const { id } = await enrol(connection, { name: 'Phone', platform: 'ios', key });
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
    await signIn(page, service, 'Inês Duarte');
    await enrolByKey(page);
    await declare('ines');
    await page.getByRole('heading', { name: 'Are you on the phone with us now?' }).waitFor();
    const [question] = await waitingQuestions(connection);
    await answer(connection, { id, key }, question!, { answer: 'no', reason: 'not_me' });
    await page.getByText('This question is closed.').waitFor();
    await expectAccessible(page, 'closed question');
    await picture(page, 'question-gone');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Nothing waits for your answer.').waitFor();
  });

  test(
    'cannot be answered once the key of the browser is gone: it says so, and is set up again',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
      await signIn(page, service, 'Inês Duarte');
      await enrolByKey(page);
      await page.evaluate(() => (globalThis as any).indexedDB.deleteDatabase('countersign'));
      await signIn(page, service, 'Inês Duarte');
      await page.getByText('its key is gone').waitFor();
      await expectAccessible(page, 'evicted');
      await picture(page, 'evicted');
      await enrolByKey(page);
      const connection = { url: service.url, customerId: 'ines', token: () => service.token('app') };
      expect(
        (await devices(connection)).filter(({ platform, revokedAt }) => platform === 'web' && !revokedAt).length,
      ).toBeGreaterThan(1);
    },
  );
});

describe('a sign-in', () => {
  test('keeps no token anywhere, and leaves nothing in the address', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
    await signIn(page, service);
    await page.getByRole('button', { name: 'Yes. Check this call' }).waitFor();
    expect(new URL(page.url()).search).toBe('');
    const kept = await page.evaluate(() => {
      const { localStorage, sessionStorage, document } = globalThis as any;
      return [{ ...localStorage }, { ...sessionStorage }, document.cookie];
    });
    expect(kept).toEqual([{}, {}, '']);
    expect(browser.requested.every((address) => address.startsWith(service.url))).toBe(true);
  });

  test('that the service does not take any more ends, and what was shown is gone', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
    await signIn(page, service);
    await page.getByRole('button', { name: 'Yes. Check this call' }).waitFor();
    await page.route('**/v1/customers/**', (route) =>
      route.fulfill({ status: 401, json: { type: 'x/unauthorized', status: 401 } }),
    );
    await page.getByText('You are signed out. Sign in again.').waitFor();
    expect(await page.locator('countersign-customer').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await expectAccessible(page, 'signed out');
    await picture(page, 'signed-out');
  });

  test('with another state than was asked for is none', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, CUT] });
    await page.goto(`${service.url}/my/northbank?code=stolen&state=other`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe('');
  });
});
