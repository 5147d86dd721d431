import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, picture, signIn } from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

/** What the service does not have, the page does without. */
const NOT_THERE = [/status of 404/];
/** A wrong code is refused. */
const REFUSED = /status of 422/;

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

async function declare(direction: 'outbound' | 'inbound', customerId = 'maya'): Promise<any> {
  const call = { customerId, direction, line: LINE, purpose: 'A payment of £250 we stopped', verify: true };
  const { body } = await service.amara.post('/v1/calls', call);
  return body;
}

describe('a customer at /my', () => {
  test(
    'is called by the bank: sees that it is genuine, is asked, types the code, and the agent knows',
    { timeout: 150_000 },
    async () => {
      const page = await browser.open({ viewport: { width: 390, height: 844 }, expected: [...NOT_THERE, REFUSED] });
      await page.goto(`${service.url}/my`);
      await page.getByRole('heading', { name: 'Is it really your bank?' }).waitFor();
      await expectAccessible(page, 'welcome');
      await picture(page, 'welcome');
      await signIn(page, service);
      await page.getByRole('heading', { name: 'Set up this device' }).waitFor();
      await expectAccessible(page, 'home, not enrolled');
      await picture(page, 'home-not-enrolled');
      await enrolByKey(page);

      const call = await declare('outbound');
      await page.getByRole('heading', { name: 'Are you on the phone with us now?' }).waitFor();
      await page.getByRole('button', { name: 'Yes. Check this call' }).click();
      await page.getByText('Genuine', { exact: true }).waitFor();
      await page.getByText('Amara Okafor').first().waitFor();
      await expectAccessible(page, 'genuine call and question');
      await picture(page, 'genuine');

      const code = page.getByLabel('The code that the bank reads to you');
      const wrong = call.verification.code === '000000' ? '000001' : '000000';
      await code.fill(wrong);
      await page.getByRole('button', { name: 'Yes', exact: true }).click();
      await page.getByText('That is not the code. 4 tries left.').waitFor();
      await expectAccessible(page, 'wrong code');
      await picture(page, 'wrong-code');
      await code.fill(` ${call.verification.code.slice(0, 3)} ${call.verification.code.slice(3)}`);
      await code.press('Enter');
      await page.getByText('Confirmed', { exact: true }).waitFor();
      await expectAccessible(page, 'confirmed');
      await picture(page, 'confirmed');
      const { body } = await service.analyst.get(`/v1/verifications/${call.verification.id}`);
      expect(body).toMatchObject({ status: 'confirmed', answer: 'yes' });

      await service.amara.post(`/v1/calls/${call.id}/end`);
      await page.getByText('Not your bank', { exact: true }).waitFor();
      await expectAccessible(page, 'call that is over');
      await picture(page, 'not-your-bank');
    },
  );

  test('whose bank is being rung by somebody else is alarmed, and says no', { timeout: 120_000 }, async () => {
    const page = await browser.open({ viewport: { width: 390, height: 844 }, expected: NOT_THERE });
    await signIn(page, service, 'Noah Brandt');
    await enrolByKey(page);
    const call = await declare('inbound', 'noah');
    await page.getByRole('heading', { name: 'Did you phone us?' }).waitFor();
    expect(await page.getByText('Amara').count()).toBe(0);
    await page.getByRole('button', { name: 'Yes. Check this call' }).click();
    await page.getByRole('alert').getByText('Somebody is talking to your bank in your name. Hang up now.').waitFor();
    await expectAccessible(page, 'relay');
    await picture(page, 'relay');
    await page.getByRole('button', { name: 'No', exact: true }).click();
    await expectAccessible(page, 'reasons');
    await picture(page, 'reasons');
    await page.getByRole('button', { name: 'They called me' }).click();
    await page.getByRole('alert').getByText('Danger').waitFor();
    await expectAccessible(page, 'reported');
    await picture(page, 'reported');
    const { body } = await service.analyst.get(`/v1/verifications/${call.verification.id}`);
    expect(body).toMatchObject({ status: 'reported', reason: 'they_called_me' });
  });
});
