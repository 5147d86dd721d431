import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, findCustomer, openScreen, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 900 }, expected: EXPECTED_ERRORS };

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

/** Declares an outbound call at the desk that stands open, and asks. Returns the code that the agent sees. */
async function declareAndAsk(page: Page): Promise<string> {
  await page.getByLabel('What it is about').fill('A payment of £250 we stopped');
  await page.getByLabel('Our line').selectOption(LINE);
  await page.getByRole('button', { name: /^Declare and ask the customer/ }).click();
  const heading = page.getByRole('heading', { name: 'Read this code to the customer' });
  await heading.waitFor();
  return (await page.locator('.code-card .code').innerText()).replace(/\D/g, '');
}

describe('an agent at the console', () => {
  test('finds a customer, declares a call, reads the code, and sees them confirm', { timeout: 150_000 }, async () => {
    const phone = await service.customerWithDevice();
    const page = await browser.open(WIDE);
    await page.goto(`${service.url}/console`);
    await page.getByRole('heading', { name: 'Northbank: Console' }).waitFor();
    await expectAccessible(page, 'signed out');
    await picture(page, 'console-signed-out');
    await signInToConsole(page, service, 'Amara Okafor');
    await expectAccessible(page, 'empty desk');
    await findCustomer(page, phone.customerId);
    expect(page.url()).not.toContain(phone.customerId);
    await page.getByText('1, of which 1 old enough').waitFor();
    await expectAccessible(page, 'desk before the call');
    await picture(page, 'console-desk-before');

    const code = await declareAndAsk(page);
    await expectAccessible(page, 'desk while asking');
    await picture(page, 'console-desk-asking');
    const question = await phone.waitingQuestion(service.app);
    await phone.answer(service.app, question!, { answer: 'yes', code, handset: { inCall: true, outgoing: false } });
    await page.getByText('Confirmed', { exact: true }).waitFor();
    await expectAccessible(page, 'desk, confirmed');
    await picture(page, 'console-desk-confirmed');

    await openScreen(page, 'Live calls');
    const row = page.getByRole('row', { name: new RegExp(phone.customerId) });
    await row.getByText('Confirmed', { exact: true }).waitFor();
    await expectAccessible(page, 'live calls');
    await picture(page, 'console-calls');
    await row.getByRole('link', { name: /^Open call/ }).click();
    await page.getByText('Confirmed', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^End the call/ }).click();
    await page.getByText('The call is over').first().waitFor();
    const { body } = await service.amara.get(`/v1/calls?customerId=${phone.customerId}&state=live`);
    expect(body.data).toEqual([]);
  });

  test('is interrupted by a suspected relay, on whatever screen', { timeout: 120_000 }, async () => {
    const phone = await service.customerWithDevice();
    const page = await browser.open(WIDE);
    // Her calls are read once their stream stands; alarms are of what comes after that.
    const listening = page.waitForResponse((reply) => /\/v1\/calls\?/.test(reply.url()) && reply.ok());
    await signInToConsole(page, service, 'Amara Okafor', { path: '/reference' });
    await listening;
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: phone.customerId,
      direction: 'inbound',
      line: CARD_LINE,
      purpose: 'Wants a higher limit',
      verify: true,
    });
    await page.getByRole('textbox', { name: 'Reference' }).focus();
    const verdict = { trigger: 'customer', handset: { inCall: true, outgoing: false } };
    await service.app.post(`/v1/customers/${phone.customerId}/call-verdicts`, verdict);
    const alarm = page.getByRole('alert');
    await alarm.getByText('Somebody may be relaying your call.').waitFor();
    await page.keyboard.type('K7QM');
    expect(await page.getByRole('textbox', { name: 'Reference' }).inputValue(), 'the focus stays').toBe('K7QM');
    await expectAccessible(page, 'alarm');
    await picture(page, 'console-alarm');
    await alarm.getByRole('link', { name: 'Open the call' }).click();
    await page.getByRole('alert').getByText('Stop. This looks like fraud').waitFor();
    await page.getByText('Somebody may be relaying your call.').waitFor({ state: 'detached' });
    await expectAccessible(page, 'relay at the desk');
    await picture(page, 'console-desk-relay');
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });

  test('finds a customer by their whole number, and nobody by a part of it', { timeout: 120_000 }, async () => {
    const customerId = newCustomerId();
    await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: '+447700900555' }] });
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Amara Okafor');
    const form = page.getByRole('form', { name: 'Find' });
    await form.getByLabel('Look for').selectOption({ label: 'Phone number' });
    await form.getByLabel('Phone number').fill('07700 900556');
    await form.getByRole('button', { name: 'Find' }).click();
    await page.getByText('Nobody has exactly this number on file.').waitFor();
    await form.getByLabel('Phone number').fill('07700 900555');
    await form.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('heading', { name: `For ${customerId}` }).waitFor();
  });

  test('does a call with the keyboard alone', { timeout: 120_000 }, async () => {
    const phone = await service.customerWithDevice();
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Amara Okafor', { path: '/reference' });
    await page.getByRole('heading', { level: 1 }).focus();
    await page.keyboard.press('1');
    const wanted = page.getByRole('form', { name: 'Find' }).getByLabel('Customer id');
    await wanted.focus();
    await page.keyboard.type(phone.customerId);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `For ${phone.customerId}` }).waitFor();
    await page.getByLabel('What it is about').focus();
    await page.keyboard.type('Your card 2');
    expect(await page.getByLabel('What it is about').inputValue(), 'a digit is text here').toBe('Your card 2');
    await page.keyboard.press('Alt+a');
    await page.getByRole('heading', { name: 'Read this code to the customer' }).waitFor();
    await page.keyboard.press('Alt+x');
    await page.getByText('The call is over').first().waitFor();
  });

  test('whose token is refused in mid-work goes on with a new one', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...WIDE, expected: [...EXPECTED_ERRORS, /status of 401/] });
    await signInToConsole(page, service, 'Amara Okafor', { path: '/reference' });
    const tokens: string[] = [];
    await page.route('**/v1/changes?*', async (route) => {
      tokens.push(route.request().headers()['authorization']!);
      if (tokens.length === 1) await route.fulfill({ status: 401, body: '' });
      else await route.continue();
    });
    await openScreen(page, 'Changes');
    await page.getByText('No change here.').waitFor();
    expect(new Set(tokens).size, 'another token, and the same request').toBe(2);
  });

  test(
    'whose list of calls was refused for a while has it again, though the stream stood',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open({ ...WIDE, expected: [...EXPECTED_ERRORS, /status of 503/] });
      await signInToConsole(page, service, 'Amara Okafor', { path: '/reference' });
      let refuses = true;
      let streams = 0;
      await page.route('**/v1/calls?*', (route) =>
        refuses ? route.fulfill({ status: 503, body: '' }) : route.continue(),
      );
      await page.route('**/v1/calls/stream?*', (route) => {
        streams += 1;
        return route.continue();
      });
      await openScreen(page, 'Calls');
      await page.getByText('The calls cannot be followed right now.').waitFor();
      refuses = false;
      await page.getByRole('table').or(page.getByText('No call is live.')).first().waitFor();
      expect(streams).toBe(1);
    },
  );

  test('whose sign-in is renewed no more is told, and signs in again', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...WIDE, expected: [...EXPECTED_ERRORS, /status of 40[01]/] });
    await signInToConsole(page, service, 'Amara Okafor', { path: '/reference' });
    await page.route('**/oidc/northbank/token', (route) => route.fulfill({ status: 400, body: '{}' }));
    await page.route('**/v1/changes?*', (route) => route.fulfill({ status: 401, body: '' }));
    await page.getByRole('navigation').getByRole('link', { name: 'Changes' }).click();
    await page.getByText('You were signed out. Sign in again.').waitFor();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  });

  test('signed out, hears and keeps nothing more', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Amara Okafor', { path: '/calls' });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    const kept = await page.evaluate(() => {
      const { localStorage, sessionStorage, document } = globalThis as any;
      return [localStorage.length, sessionStorage.length, document.cookie];
    });
    expect(kept).toEqual([0, 0, '']);
  });

  test('sees by itself that the service cannot be reached', { timeout: 120_000 }, async () => {
    const page = await browser.open({
      ...WIDE,
      expected: [...EXPECTED_ERRORS, /ERR_INTERNET_DISCONNECTED|Failed to fetch/],
    });
    await signInToConsole(page, service, 'Amara Okafor', { path: '/calls' });
    await page.getByText('Reading the calls…').waitFor({ state: 'detached' });
    await page.context().setOffline(true);
    await page.getByText('No contact with the service.').waitFor();
    await picture(page, 'console-stale');
    await page.context().setOffline(false);
    await page.getByText('No contact with the service.').waitFor({ state: 'detached' });
  });
});

describe('a supervisor', () => {
  test('watches the team and takes a call over', { timeout: 120_000 }, async () => {
    const phone = await service.customerWithDevice();
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Dana Castellan', { path: '/wall' });
    await page.getByText('Reading the calls…').waitFor({ state: 'detached' });
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: phone.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: '<b>Wire</b> transfer ‮ ‬ \u{1f4b7}'.replace(/[‮‬]/g, ''),
      verify: true,
    });
    const row = page.getByRole('row', { name: new RegExp(phone.customerId) });
    await row.getByText('<b>Wire</b> transfer').waitFor();
    await row.getByText('Amara Okafor').waitFor();
    await expectAccessible(page, 'wall');
    await picture(page, 'console-wall');
    await row.getByRole('button', { name: `Take over call ${call.reference}` }).dblclick();
    await row.getByText('Dana Castellan').waitFor();
    await page.getByText(`Call ${call.reference} is yours now.`).waitFor();
    expect((await service.amara.post(`/v1/calls/${call.id}/end`)).status, 'the call is not hers any more').toBe(403);
  });
});

describe('callbacks', () => {
  test('are asked for, taken with the number, and their outcome is recorded', { timeout: 150_000 }, async () => {
    const phone = await service.customerWithDevice();
    await service.admin.put(`/v1/customers/${phone.customerId}`, {
      phoneNumbers: [{ number: '+447700900601', since: '2020-01-01T00:00:00Z' }],
    });
    const policy = await service.admin.get('/v1/policy');
    const { version, changedAt, ...document } = policy.body;
    void [version, changedAt];
    await service.admin.put(
      '/v1/policy',
      {
        ...document,
        callbacks: { ...document.callbacks, opens: '00:00', closes: '23:59', days: [1, 2, 3, 4, 5, 6, 7] },
      },
      { headers: { 'if-match': `"${policy.body.version}"` } },
    );
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Amara Okafor', { path: '/callbacks' });
    const form = page.getByRole('form', { name: 'Ask for a callback' });
    await form.getByLabel('Customer id').fill(phone.customerId);
    await form.getByLabel('Reason').fill('Your mortgage');
    await form.getByRole('button', { name: 'Ask for it' }).dblclick();
    const row = page.getByRole('row', { name: new RegExp(phone.customerId) });
    await row.waitFor();
    expect(await row.count(), 'a double click asks once').toBe(1);
    await expectAccessible(page, 'callbacks');
    await picture(page, 'console-callbacks');
    await row.getByRole('link', { name: /^Take callback/ }).click();
    await page.getByRole('button', { name: /^Take this callback/ }).click();
    await page.getByText('+447700900601').waitFor();
    await expectAccessible(page, 'claimed callback');
    await picture(page, 'console-callback-claimed');
    await page.getByRole('button', { name: /^No answer/ }).click();
    await page.getByText(/^Recorded:/).waitFor();
  });
});
