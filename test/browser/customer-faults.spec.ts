import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { devices } from '@countersign/device';
import type { Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, loseFirstReply, picture, signIn } from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

/** A customer whom the service does not know yet has no devices. */
const NOT_THERE = /status of 404/;
const PHONE = { viewport: { width: 390, height: 844 }, expected: [NOT_THERE] };
const DAY_MILLISECONDS = 86_400_000;
const REFUSED = /status of 401/;
const CODE = 'The code that the bank reads to you';

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService({ VAPID_SUBJECT: 'mailto:push@northbank.example' });
}, 120_000);
afterAll(() => service?.stop());

/** Whatever this file has asked the same customer before: how often one may be asked is not tested here. */
async function declare(customerId: string, purpose = 'Your card'): Promise<any> {
  await service.sql(`UPDATE customers SET recent_prompts = '{}', prompts_since_confirmed = 0 WHERE id = $1`, [
    customerId,
  ]);
  const call = { customerId, direction: 'outbound', line: LINE, purpose, verify: true };
  const { status, body } = await service.amara.post('/v1/calls', call);
  expect(status).toBe(201);
  return body;
}

async function answerYes(page: Page, code: string): Promise<void> {
  await page.getByLabel(CODE).fill(code);
  await page.getByRole('button', { name: 'Yes', exact: true }).click();
  await page.getByText('Confirmed', { exact: true }).waitFor();
}

const isTokenRequest = (request: Request): boolean =>
  request.method() === 'POST' && new URL(request.url()).pathname.endsWith('/token');
const formOf = (request: Request): URLSearchParams => new URLSearchParams(request.postData() ?? '');

describe('a phone whose clock is wrong', () => {
  test.each([
    ['a day ahead', DAY_MILLISECONDS],
    ['a day behind', -DAY_MILLISECONDS],
  ])('by %s enrols, counts the seconds that are left, and answers', { timeout: 120_000 }, async (_, off) => {
    const page = await browser.open(PHONE);
    await page.clock.install({ time: Date.now() + off });
    await signIn(page, service);
    await enrolByKey(page);
    const call = await declare('maya');
    const left = parseInt(await page.getByText(/^\d+ seconds left$/).innerText(), 10);
    expect(left).toBeGreaterThan(60);
    expect(left).toBeLessThanOrEqual(120);
    await answerYes(page, call.verification.code);
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });
});

describe('two tabs of one customer', () => {
  test('are one device, and what one answers is closed in the other', { timeout: 120_000 }, async () => {
    const page = await browser.open(PHONE);
    await signIn(page, service, 'Inês Duarte');
    await enrolByKey(page);
    const second = await page.context().newPage();
    await signIn(second, service, 'Inês Duarte');
    const call = await declare('ines');
    await Promise.all([page, second].map((tab) => tab.getByLabel(CODE).waitFor()));
    await answerYes(second, call.verification.code);
    await page.getByText('This question is closed.').waitFor();
    expect(await page.getByRole('button', { name: 'Yes', exact: true }).count()).toBe(0);
    const connection = { url: service.url, customerId: 'ines', token: () => service.token('app') };
    expect(await devices(connection)).toHaveLength(1);
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });
});

describe('a token', () => {
  test('that the issuer renews no more ends the sign-in, and is no lost connection', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, REFUSED, /status of 400/] });
    await signIn(page, service);
    await page.getByRole('button', { name: 'Yes. Check this call' }).waitFor();
    await page.route('**/oidc/northbank/token', (route) =>
      route.fulfill({ status: 400, json: { error: 'invalid_grant' } }),
    );
    await page.route('**/v1/customers/**', (route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer run.out.now' } }),
    );
    await page.getByText('You are signed out. Sign in again.').waitFor();
    expect(await page.getByText('We cannot reach the bank.').count()).toBe(0);
    expect(await page.locator('countersign-customer').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  });

  test('that has run out in mid-answer is renewed, and the answer counts once', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [NOT_THERE, REFUSED] });
    await signIn(page, service, 'Noah Brandt');
    await enrolByKey(page);
    const call = await declare('noah');
    let sent = 0;
    await page.route('**/answer', (route) => {
      sent += 1;
      const headers = { ...route.request().headers(), ...(sent === 1 ? { authorization: 'Bearer run.out.now' } : {}) };
      return route.continue({ headers });
    });
    const renewal = page.waitForRequest(isTokenRequest);
    await answerYes(page, call.verification.code);
    expect(formOf(await renewal).get('grant_type')).toBe('refresh_token');
    expect(sent).toBe(2);
    const { body } = await service.analyst.get(`/v1/verifications/${call.verification.id}`);
    expect(body).toMatchObject({ status: 'confirmed', attemptsLeft: 5 });
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });

  test(
    'is renewed before it runs out, and given back at sign-out, which ends the stream',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open(PHONE);
      await page.clock.install();
      const streams = new Set<Request>();
      page.on('request', (request) => /\/verifications\/stream$/.test(request.url()) && streams.add(request));
      page.on('requestfailed', (request) => streams.delete(request));
      page.on('requestfinished', (request) => streams.delete(request));
      await signIn(page, service);
      await page.getByRole('button', { name: 'Yes. Check this call' }).waitFor();
      const renewal = page.waitForRequest((request) => isTokenRequest(request) && formOf(request).has('refresh_token'));
      await page.clock.fastForward(3_600_000);
      const renewed = (await (await (await renewal).response())!.json()) as { refresh_token: string };
      await page.getByRole('button', { name: 'Yes. Check this call' }).waitFor();
      await vi.waitUntil(() => streams.size > 0, 60_000);
      const revocation = page.waitForRequest((request) => new URL(request.url()).pathname.endsWith('/revocation'));
      await page.getByRole('button', { name: 'Sign out' }).click();
      expect(formOf(await revocation).get('token')).toBe(renewed.refresh_token);
      expect((await (await revocation).response())!.status()).toBe(200);
      await vi.waitUntil(() => streams.size === 0, 60_000);
      const form = { ...Object.fromEntries(formOf(await revocation)), refresh_token: renewed.refresh_token };
      const again = await fetch((await renewal).url(), {
        method: 'POST',
        body: new URLSearchParams({ ...form, grant_type: 'refresh_token' }),
      });
      expect(again.status).toBe(400);
    },
  );
});

describe('a connection that is cut', () => {
  const CUT = { ...PHONE, expected: [NOT_THERE, /ERR_|Failed to fetch/] };

  test(
    'after the challenge, before the registration: nothing is set up, and then once',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open(CUT);
      await signIn(page, service, 'Noah Brandt');
      const connection = { url: service.url, customerId: 'noah', token: () => service.token('app') };
      const before = (await devices(connection)).length;
      let cut = true;
      await page.route('**/v1/customers/*/devices', (route) =>
        cut && route.request().method() === 'POST' ? route.abort('internetdisconnected') : route.continue(),
      );
      await page.getByRole('button', { name: 'Set up without a passkey' }).click();
      await page.getByText('We could not reach the bank.').waitFor();
      await page.getByRole('heading', { name: 'Set up this device' }).waitFor();
      expect(await devices(connection)).toHaveLength(before);
      cut = false;
      await enrolByKey(page);
      expect(await devices(connection)).toHaveLength(before + 1);
    },
  );

  test('before the reply to the registration: pressed again, it is one device', { timeout: 120_000 }, async () => {
    const page = await browser.open(CUT);
    await signIn(page, service, 'Noah Brandt');
    const connection = { url: service.url, customerId: 'noah', token: () => service.token('app') };
    const before = (await devices(connection)).length;
    await loseFirstReply(page, '**/v1/customers/*/devices');
    await page.getByRole('button', { name: 'Set up without a passkey' }).click();
    await page.getByText('We could not reach the bank.').waitFor();
    await enrolByKey(page);
    expect(await devices(connection)).toHaveLength(before + 1);
    const call = await declare('noah');
    await answerYes(page, call.verification.code);
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });

  test(
    'between the press and the bank: nothing is shown as done; pressed again, it is',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open(CUT);
      await signIn(page, service);
      await enrolByKey(page);
      const call = await declare('maya');
      await page.getByLabel(CODE).fill(call.verification.code);
      let cut = true;
      await page.route('**/answer', (route) => (cut ? route.abort('internetdisconnected') : route.continue()));
      await page.getByRole('button', { name: 'Yes', exact: true }).click();
      await page.getByText('We could not reach the bank.').waitFor();
      expect(await page.getByText('Confirmed', { exact: true }).count()).toBe(0);
      const path = `/v1/verifications/${call.verification.id}`;
      expect((await service.analyst.get(path)).body.status).toBe('waiting');
      cut = false;
      await page.getByRole('button', { name: 'Yes', exact: true }).click();
      await page.getByText('Confirmed', { exact: true }).waitFor();
      await service.amara.post(`/v1/calls/${call.id}/end`);
    },
  );

  test('for good while a question waits: it waits still when the line is back', { timeout: 120_000 }, async () => {
    const page = await browser.open(CUT);
    await signIn(page, service, 'Inês Duarte');
    await enrolByKey(page);
    const call = await declare('ines');
    await page.getByLabel(CODE).fill(call.verification.code);
    await page.context().setOffline(true);
    await page.getByRole('heading', { name: 'You are offline' }).waitFor();
    expect(await page.getByLabel(CODE).isVisible()).toBe(false);
    await page.context().setOffline(false);
    await page.getByLabel(CODE).waitFor();
    expect(await page.getByLabel(CODE).inputValue()).toBe(call.verification.code);
    await page.getByRole('button', { name: 'Yes', exact: true }).click();
    await page.getByText('Confirmed', { exact: true }).waitFor();
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });
});

describe('a page', () => {
  test('in a frame of another origin is refused', { timeout: 120_000 }, async () => {
    const others = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><title>Other</title><iframe src="${service.url}/my/northbank"></iframe>`);
    });
    await new Promise<void>((resolve) => others.listen(0, '127.0.0.1', resolve));
    try {
      const page = await browser.open({ ...PHONE, expected: [/frame-ancestors/, NOT_THERE] });
      const refused = page.waitForEvent('requestfailed', (request) => request.url() === `${service.url}/my/northbank`);
      await page.goto(`http://127.0.0.1:${(others.address() as AddressInfo).port}/`);
      expect((await refused).failure()!.errorText).toBe('net::ERR_BLOCKED_BY_RESPONSE');
      await expect.poll(() => page.frames()[1]!.url()).toBe('chrome-error://chromewebdata/');
    } finally {
      others.close();
    }
  });

  test('that nobody sees asks for nothing, and asks at once when it is seen again', { timeout: 120_000 }, async () => {
    const page = await browser.open(PHONE);
    await page.clock.install();
    await page.addInitScript(() => {
      const shown = globalThis as any;
      Object.defineProperty(shown.document, 'visibilityState', { get: () => (shown.isHidden ? 'hidden' : 'visible') });
    });
    const show = (isHidden: boolean): Promise<void> =>
      page.evaluate((hidden) => {
        const shown = globalThis as any;
        shown.isHidden = hidden;
        shown.document.dispatchEvent(new shown.Event('visibilitychange'));
      }, isHidden);
    const polls = (): number => browser.requested.filter((url) => /status=waiting|call-verdicts$/.test(url)).length;
    const isVerdict = (request: Request): boolean => request.url().endsWith('/call-verdicts');
    await signIn(page, service);
    const again = page.waitForRequest(isVerdict);
    await page.getByRole('button', { name: 'Yes. Check this call' }).click();
    await (await again).response();
    const repeated = page.waitForRequest(isVerdict);
    await page.clock.runFor(3_500);
    await (await repeated).response();
    await page.getByRole('button', { name: 'The call is over' }).waitFor();

    await show(true);
    const before = polls();
    await page.clock.runFor(12_000);
    expect(polls()).toBe(before);
    const seen = page.waitForRequest(isVerdict);
    await show(false);
    await seen;
  });

  test('says that its browser does not allow messages, and offers it no more', { timeout: 120_000 }, async () => {
    const page = await browser.open(PHONE);
    await page.addInitScript(() => {
      const { Notification } = globalThis as any;
      Object.defineProperty(Notification, 'permission', { get: () => 'default' });
      Notification.requestPermission = async () => 'denied';
    });
    await signIn(page, service);
    await enrolByKey(page);
    await page.getByRole('button', { name: 'Tell me when my bank asks' }).click();
    await page.getByText('Your browser does not allow messages.').waitFor();
    expect(await page.getByRole('button', { name: 'Tell me when my bank asks' }).count()).toBe(0);
    await expectAccessible(page, 'push denied');
    const { body } = await service.app.get('/v1/customers/maya/push-subscriptions');
    expect(body.data).toEqual([]);
    const call = await declare('maya');
    await answerYes(page, call.verification.code);
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });
});

describe('a purpose', () => {
  test.each([
    ['140 emoji', '🏦'.repeat(140)],
    ['right-to-left words', 'שלום £250 مرحبا (x)'],
  ])('of %s stays within its place, and is what is signed', { timeout: 120_000 }, async (name, purpose) => {
    const page = await browser.open({ ...PHONE, viewport: { width: 320, height: 640 } });
    await signIn(page, service);
    await enrolByKey(page);
    const call = await declare('maya', purpose);
    const shown = page.locator('countersign-question bdi', { hasText: purpose });
    await shown.waitFor();
    expect(await shown.innerText()).toBe(purpose);
    await page.getByRole('button', { name: 'Yes', exact: true }).waitFor();
    await expectAccessible(page, name);
    await picture(page, `purpose-${name.split(' ')[0]}`);
    await answerYes(page, call.verification.code);
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });

  test('with marks that turn its direction is not declared at all', async () => {
    for (const mark of ['\u200f', '\u202e', '\u2067']) {
      const call = { customerId: 'maya', direction: 'outbound', line: LINE, purpose: `${mark}Your card` };
      expect((await service.amara.post('/v1/calls', call)).status).toBe(400);
    }
  });
});
