import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { pauseClock, useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, picture, signIn } from '../support/customer-page.js';
import { enterPanel, openPanel, shownCode } from '../support/panel-page.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const DESK = { viewport: { width: 420, height: 900 } };
const CUT = /ERR_|Failed to fetch|status of (401|503)/;

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

/** Signs Amara in, with a call to a customer who has a device that can be asked. */
async function atACall(settings: Record<string, string> = {}, expected: RegExp[] = []): Promise<[Page, string]> {
  const { customerId } = await service.customerWithDevice(newCustomerId());
  const panel = await browser.open({ ...DESK, expected });
  await panel.clock.install();
  await openPanel(panel, service, { customerId, line: LINE, purpose: 'Your card', ...settings });
  await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
  await panel.getByText('Not verified yet', { exact: true }).waitFor();
  return [panel, customerId];
}

/** Replaces the panel's token source, as a desktop that holds the element does. */
async function setToken(panel: Page, token: string): Promise<void> {
  await panel.evaluate((given) => {
    (globalThis as any).document.querySelector('countersign-agent-panel').token = () => given;
  }, token);
}

describe('the connection', () => {
  test('that goes silent leaves nothing that looks like now, within five seconds', { timeout: 150_000 }, async () => {
    const [panel] = await atACall({}, [CUT]);
    await pauseClock(panel, 1_000);
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    // Nothing comes back and nothing fails: what a network does that has lost somebody.
    await panel.route('**/v1/**', () => new Promise(() => undefined));
    await panel.clock.runFor(5_000);
    // The page's clock stands still, so this is what it shows after five seconds and none more.
    await panel.getByText('Not known right now', { exact: true }).waitFor();
    await panel.clock.resume();
    expect(await panel.getByText('Not verified yet', { exact: true }).count()).toBe(0);
    await expectAccessible(panel, 'stale');
    await picture(panel, 'panel-stale');
    await panel.unroute('**/v1/**');
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
  });

  test('that is gone is said at once, and what was pressed meanwhile is done once', { timeout: 150_000 }, async () => {
    const [panel, customerId] = await atACall({}, [CUT]);
    await panel.context().setOffline(true);
    await panel.getByText('Not known right now', { exact: true }).waitFor();
    await panel.getByRole('button', { name: 'End the call' }).click();
    await panel.getByText('We do not know whether that worked.').waitFor();
    await expectAccessible(panel, 'not known whether it worked');
    await panel.context().setOffline(false);
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    await panel.getByRole('button', { name: 'End the call' }).click();
    await panel.getByText('The call is over', { exact: true }).waitFor();
    const { body } = await service.analyst.get(`/v1/calls?customerId=${customerId}`);
    expect(body.data).toHaveLength(1);
  });
});

describe('a token', () => {
  test('that is not taken any more is said; with another one the same call goes on', { timeout: 150_000 }, async () => {
    const [panel] = await atACall({}, [CUT]);
    const code = await shownCode(panel);
    await setToken(panel, 'not-a-token');
    await panel.getByText('You are signed out. The call goes on.').waitFor();
    await panel.getByRole('button', { name: 'Sign in' }).waitFor();
    await expectAccessible(panel, 'signed out');
    await picture(panel, 'panel-signed-out');
    await enterPanel(panel);
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    expect(await shownCode(panel)).toBe(code);
    await panel.getByRole('button', { name: 'End the call' }).click();
    await panel.getByText('The call is over', { exact: true }).waitFor();
  });

  test('that is refused once is renewed, and nobody notices', { timeout: 150_000 }, async () => {
    const [panel] = await atACall({}, [CUT]);
    const good = await service.token('agent:amara');
    await panel.evaluate((token) => {
      const here = globalThis as any;
      here.renewals = 0;
      here.document.querySelector('countersign-agent-panel').token = ({ renew }: { renew: boolean }) => {
        if (renew) here.renewals += 1;
        return here.renewals > 0 ? token : 'expired';
      };
    }, good);
    await panel.waitForFunction(() => (globalThis as any).renewals > 0);
    await panel.getByRole('button', { name: 'Take the question back' }).click();
    await panel.getByText('Not verified: taken back', { exact: true }).waitFor();
    expect(await panel.getByText('You are signed out.').count()).toBe(0);
  });
});

describe('what is typed', () => {
  test.each([
    ['HTML', '<img src=x onerror="alert(1)"><b>bold</b>'],
    ['140 emoji', '🏦'.repeat(140)],
    ['right to left', 'דיבור על הכרטיס שלך'],
  ])('%s is shown as it is, in the preview and in the call', { timeout: 120_000 }, async (_, purpose) => {
    const panel = await browser.open(DESK);
    await openPanel(panel, service, { customerId: newCustomerId(), line: LINE });
    await panel.getByLabel('What it is about').fill(purpose);
    await panel.getByText(purpose, { exact: true }).waitFor();
    await panel.getByRole('button', { name: 'Declare without asking' }).click();
    await panel.getByText('The call is declared. The customer has not been asked.').waitFor();
    expect(await panel.getByText(purpose, { exact: true }).count()).toBeGreaterThan(0);
    expect(await panel.locator('countersign-agent-panel img').count()).toBe(0);
    await expectAccessible(panel, 'what was typed');
  });

  test('that cannot be declared is said, in words', { timeout: 120_000 }, async () => {
    const panel = await browser.open({ ...DESK, expected: [/status of 400/] });
    await openPanel(panel, service, { line: LINE });
    await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
    await panel.getByText('Fill in the customer’s id and what it is about.').waitFor();
    await panel.getByLabel('Customer id').fill('a/../b');
    await panel.getByLabel('What it is about').fill('Your card');
    await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
    await panel.getByText('Something in it is wrong').waitFor();
    await expectAccessible(panel, 'refused');
  });
});

describe('the keyboard alone', () => {
  test('walks a genuine call; letters in a field do nothing but stand there', { timeout: 120_000 }, async () => {
    const customer = await browser.open({ viewport: { width: 390, height: 844 }, expected: [/status of 404/] });
    await signIn(customer, service, 'Inês Duarte');
    await enrolByKey(customer);
    const panel = await browser.open(DESK);
    await panel.goto(`${service.url}/panel`);
    await panel.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    const opening = panel.waitForEvent('popup');
    await panel.keyboard.press('Tab');
    await panel.keyboard.press('Enter');
    const opened = await opening;
    await opened
      .getByRole('button', { name: 'Amara Okafor' })
      .or(opened.getByRole('link', { name: 'Amara Okafor' }))
      .first()
      .focus();
    const closing = opened.waitForEvent('close');
    await opened.keyboard.press('Enter');
    await closing;
    await panel.getByLabel('Customer id').focus();
    await panel.keyboard.type('ines');
    await panel.keyboard.press('Tab');
    await panel.keyboard.press('Tab');
    await panel.keyboard.type('waxcbot');
    expect(await panel.getByLabel('What it is about').inputValue()).toBe('waxcbot');
    await panel.keyboard.press('Alt+a');
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    const code = await shownCode(panel);
    await customer.getByLabel(/The code (that the bank|the caller) reads to you/).fill(code);
    await customer.getByRole('button', { name: 'Yes', exact: true }).click();
    await panel.getByText('Confirmed', { exact: true }).waitFor();
    const keys = await panel
      .locator('countersign-agent-panel')
      .evaluate((element: any) =>
        [...element.shadowRoot.querySelectorAll('button')].map((button: any) => button.dataset.key),
      );
    expect(keys.every(Boolean), 'every button has a key').toBe(true);
    expect(new Set(keys).size, 'and none twice').toBe(keys.length);
    await panel.keyboard.press('Alt+x');
    await panel.getByText('The call is over', { exact: true }).waitFor();
    await panel.keyboard.press('Alt+q');
    await panel.getByRole('heading', { name: 'Before the call' }).waitFor();
  });
});
