import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, picture, signIn } from '../support/customer-page.js';
import { openPanel, shownCode } from '../support/panel-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const PHONE = { viewport: { width: 390, height: 844 } };
const DESK = { viewport: { width: 420, height: 900 } };
const PURPOSE = 'A payment of £250 we stopped';
/** What is refused on purpose, such as a wrong code. */
const REFUSED = /status of (404|422)/;

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

describe('a genuine call, from both sides', () => {
  test('is not verified until the customer has typed the code, and then it is', { timeout: 120_000 }, async () => {
    const customer = await browser.open({ ...PHONE, expected: [REFUSED] });
    await signIn(customer, service);
    await enrolByKey(customer);

    const panel = await browser.open({ ...DESK, expected: [REFUSED] });
    await openPanel(panel, service, { customerId: 'maya', line: LINE, purpose: PURPOSE, externalId: 'contact-1' });
    expect(new URL(panel.url()).hash).toBe('');
    await panel.getByText('Not verified', { exact: true }).waitFor();
    await panel.getByText('What we know of the customer').waitFor();
    await panel.getByText('1, of which 0 old enough').waitFor();
    await expectAccessible(panel, 'before the call');
    await picture(panel, 'panel-before');

    await panel.getByRole('button', { name: 'Declare and ask the customer' }).dblclick();
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    const code = await shownCode(panel);
    expect(code).toMatch(/^\d{6}$/);
    await customer.getByRole('heading', { name: 'Are you on the phone with us now?' }).waitFor();
    await panel.getByRole('heading', { name: 'What the customer sees' }).waitFor();
    await expectAccessible(panel, 'waiting');
    await picture(panel, 'panel-waiting');

    const field = customer.getByLabel(/The code (that the bank|the caller) reads to you/);
    await field.fill(code === '000000' ? '000001' : '000000');
    await customer.getByRole('button', { name: 'Yes', exact: true }).click();
    await panel.getByText('The customer typed a wrong code. Read it again, slowly.').waitFor();
    await panel.getByText('Wrong codes left until the customer is locked: 4').waitFor();
    await field.fill(code);
    await customer.getByRole('button', { name: 'Yes', exact: true }).click();
    await panel.getByText('Confirmed', { exact: true }).waitFor();
    await panel.getByText('The device was set up only lately.').waitFor();
    expect(await panel.getByText(code.slice(0, 3), { exact: true }).count()).toBe(0);
    await expectAccessible(panel, 'confirmed');
    await picture(panel, 'panel-confirmed');

    await panel.getByRole('button', { name: 'End the call' }).dblclick();
    await panel.getByText('The call is over', { exact: true }).waitFor();
    await expectAccessible(panel, 'over');
    await picture(panel, 'panel-over');
    const { body } = await service.analyst.get('/v1/calls?customerId=maya');
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({ state: 'ended', direction: 'outbound', purpose: PURPOSE, line: LINE });
  });
});

describe('somebody rings in the name of a customer', () => {
  test('and the customer, asked, raises an alarm that takes the whole panel', { timeout: 120_000 }, async () => {
    const customer = await browser.open({ ...PHONE, expected: [REFUSED] });
    await signIn(customer, service, 'Noah Brandt');
    await enrolByKey(customer);
    const panel = await browser.open({ ...DESK, expected: [REFUSED] });
    await openPanel(panel, service, { customerId: 'noah', direction: 'inbound', purpose: 'A new card', sound: 'true' });
    await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    await panel.getByText('Did you phone us?').waitFor();
    await picture(panel, 'panel-inbound-waiting');
    await panel.getByRole('button', { name: 'Code without internet' }).click();
    const proof = panel.getByLabel('The code from the customer’s app');
    await proof.focus();
    await panel.keyboard.type('12');

    await customer.getByRole('heading', { name: 'Did you phone us?' }).waitFor();
    await customer.getByRole('button', { name: 'No', exact: true }).click();
    const saidAt = Date.now();
    await customer.getByRole('button', { name: 'They called me' }).click();
    const alarm = panel.getByRole('alert');
    await alarm.getByText('Stop. This looks like fraud').waitFor();
    const milliseconds = Date.now() - saidAt;
    await panel.getByText('I cannot go on with this call.').waitFor();
    await panel.keyboard.type('34');
    expect(await proof.inputValue(), 'the focus stayed where it was').toBe('1234');
    await expectAccessible(panel, 'alarm');
    await picture(panel, 'panel-alarm');
    expect(milliseconds).toBeLessThan(5_000);

    const beneath = panel.locator('.rest > *');
    const reachable = (): Promise<boolean[]> =>
      beneath.evaluateAll((blocks: any[]) => blocks.map((block) => !block.inert).filter(Boolean));
    expect(await reachable(), 'what has the focus, and nothing else, is reached under the alarm').toEqual([true]);
    await panel.keyboard.press('Alt+B');
    await panel.keyboard.press('Alt+X');
    await panel.getByText('The call is ended here.').waitFor();
    const next = panel.locator('.alarm').getByRole('button', { name: 'Next call' });
    expect(await reachable()).toEqual([]);
    await next.focus();
    await next.press('Enter');
    await panel.getByText('Not verified', { exact: true }).waitFor();
    const { body: queue } = await service.amara.get('/v1/callbacks?customerId=noah');
    expect(queue.data).toHaveLength(0);
    const { body } = await service.analyst.get('/v1/calls?customerId=noah');
    expect(body.data[0]).toMatchObject({ state: 'ended', direction: 'inbound' });
  });
});
