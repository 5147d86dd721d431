import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, findCustomer, signInToConsole } from '../support/console-page.js';
import { expectAccessible } from '../support/customer-page.js';
import { openPanel } from '../support/panel-page.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 900 }, expected: EXPECTED_ERRORS };
const CUT = [...EXPECTED_ERRORS, /ERR_|Failed to fetch|status of (401|409|412|422|503)/];

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

test('a letter’s code is printed twice, and is the same; it is gone with the page', { timeout: 150_000 }, async () => {
  const customerId = newCustomerId();
  await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [] });
  const { body: change } = await service.amara.post('/v1/changes', {
    customerId,
    subject: 'email',
    askedThrough: 'phone',
    after: { email: 'maya@mail.example' },
  });
  const page = await browser.open(WIDE);
  const printed: string[] = [];
  await page.exposeFunction('printed', (code: string) => void printed.push(code));
  await page.addInitScript(() => {
    const { document, ...world } = globalThis as any;
    void world;
    (globalThis as any).print = () => (globalThis as any).printed(document.querySelector('.letter .code').textContent);
  });
  await signInToConsole(page, service, 'Amara Okafor', { path: `/changes/${change.id}/letter` });
  await page.getByRole('button', { name: /^Make the code/ }).click();
  const print = page.getByRole('button', { name: /^Print/ });
  await print.click();
  await page
    .getByRole('link', { name: /Back|change/ })
    .first()
    .click();
  await page.getByRole('link', { name: /^Send a letter/ }).click();
  await print.click();
  await expect.poll(() => printed.length).toBe(2);
  expect(printed[0]).toMatch(/\S{4}/);
  expect(printed[1]).toBe(printed[0]);
  const letters = await service
    .sql(`SELECT 1 FROM events WHERE type = 'countersign.change.letter_sent'`)
    .catch(() => null);
  if (letters) expect(letters.length).toBeLessThan(2);
  await page.reload();
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(await page.getByText(printed[0]!).count()).toBe(0);
});

test('a screen that comes late is not put over the one to which somebody has gone', { timeout: 150_000 }, async () => {
  const page = await browser.open(WIDE);
  await signInToConsole(page, service, 'Amara Okafor', { path: '/message' });
  let come = (): void => undefined;
  const late = new Promise<void>((resolve) => (come = resolve));
  await page.route(/\/assets\/calls-/, async (route) => {
    await late;
    await route.continue();
  });
  await page.getByRole('navigation').getByRole('link', { name: 'Calls' }).click();
  await page.waitForURL('**/console/northbank/calls');
  await page.getByRole('navigation').getByRole('link', { name: 'Call desk' }).click();
  await page.getByLabel('Look for').waitFor();
  const came = page.waitForResponse(/\/assets\/calls-/);
  come();
  await (await came).finished();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
  expect(await page.getByLabel('Look for').count()).toBe(1);
  expect(new URL(page.url()).pathname).toBe('/console/northbank/desk');
});

test(
  'a browser that keeps silent shows the alarm all the same, and says that it is not heard',
  { timeout: 150_000 },
  async () => {
    const device = await service.customerWithDevice(newCustomerId());
    const panel = await browser.open({ viewport: { width: 420, height: 900 } });
    await panel.addInitScript(() => {
      // As a browser that allows no sound: what should resume waits for ever.
      Object.defineProperty((globalThis as any).AudioContext.prototype, 'resume', {
        value: () => new Promise(() => 0),
      });
      Object.defineProperty((globalThis as any).AudioContext.prototype, 'state', { get: () => 'suspended' });
    });
    await openPanel(panel, service, {
      customerId: device.customerId,
      direction: 'inbound',
      purpose: 'A card',
      sound: 'true',
    });
    await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'no', reason: 'they_called_me' });
    await panel.getByRole('alert').getByText('Stop. This looks like fraud').waitFor();
    await panel.getByText('The browser keeps the sound off until you press something here.').waitFor();
    await expectAccessible(panel, 'silent alarm');
  },
);

test.each(['a.b_c-d', 'Q', `x${'-'.repeat(62)}y`, 'CUST.0001_ä'])(
  'a customer id such as %s is found and shown as it is, or refused in words',
  { timeout: 120_000 },
  async (customerId) => {
    const page = await browser.open({ ...WIDE, expected: [...EXPECTED_ERRORS, /status of 400/] });
    await signInToConsole(page, service, 'Amara Okafor');
    if (customerId.includes('ä')) {
      const form = page.getByRole('form', { name: 'Find' });
      await form.getByLabel('Customer id').fill(customerId);
      await form.getByRole('button', { name: 'Find' }).click();
      await page
        .getByRole('heading', { name: `For ${customerId}` })
        .or(page.getByText(/not right|refused|not there/))
        .first()
        .waitFor();
    } else {
      await findCustomer(page, customerId);
      await page.getByLabel('What it is about').fill('Your card');
      await page.getByRole('button', { name: /^Declare without asking/ }).click();
      await page.getByText('The call is declared. The customer has not been asked.').waitFor();
    }
    expect(new URL(page.url()).href).not.toContain(encodeURIComponent(customerId));
    await expectAccessible(page, customerId);
  },
);

test('a service that was restarted is said to be gone, and the same call goes on', { timeout: 120_000 }, async () => {
  const { customerId } = await service.customerWithDevice(newCustomerId());
  const panel = await browser.open({ viewport: { width: 420, height: 900 }, expected: CUT });
  await openPanel(panel, service, { customerId, line: LINE, purpose: 'Your card' });
  await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
  await panel.getByText('Not verified yet', { exact: true }).waitFor();
  await service.running.stop();
  await panel.getByText('Not known right now').waitFor();
  const again = await service.startAnother({ PORT: new URL(service.url).port });
  await panel.getByText('Not verified yet', { exact: true }).waitFor();
  const { body } = await service.amara.get(`/v1/calls?customerId=${customerId}`);
  expect(body.data).toHaveLength(1);
  void again;
});
