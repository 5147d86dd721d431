import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, openScreen, readUntil, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 900 }, expected: EXPECTED_ERRORS };

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

/** A report by a customer whom the bank has put on file, so that it counts. */
async function report(claimedNumber: string): Promise<void> {
  const customerId = newCustomerId();
  await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [] });
  await service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'call', claimedNumber, shared: ['pin'] });
}

describe('an analyst', () => {
  test('sees a wave while it runs, its reports, and saves them', { timeout: 150_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Femi Adeyemi', { path: '/campaigns' });
    await page.getByText('No wave runs now.').waitFor();
    for (let made = 0; made < 8; made += 1) await report('+447700900777');
    const row = page.getByRole('row', { name: /\+447700900777/ });
    await row.waitFor();
    await expectAccessible(page, 'campaigns');
    await picture(page, 'console-campaigns');
    await row.getByRole('link', { name: /^Open campaign/ }).click();
    await page.getByRole('img', { name: /^Reports and new customers by the minute/ }).waitFor();
    await page.getByText('The figures', { exact: true }).click();
    // The eight may be of two minutes.
    const figures = page.getByRole('region', { name: 'By the minute' }).locator('tbody tr td:nth-child(2)');
    await expect
      .poll(async () => (await figures.allInnerTexts()).reduce((sum, reports) => sum + Number(reports), 0))
      .toBe(8);
    await expectAccessible(page, 'campaign');
    await picture(page, 'console-campaign');
    await page.getByRole('link', { name: 'Its reports' }).click();
    await page.getByText('All shown: 8').waitFor();
    await expectAccessible(page, 'reports');
    await picture(page, 'console-reports');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Save as CSV/ }).click(),
    ]);
    const saved = await readFile(await download.path(), 'utf8');
    expect(saved.split('\n').filter((line) => line.includes('447700900777'))).toHaveLength(8);
    expect(page.url()).toMatch(/\/reports\?campaign=cmp_\w+$/);
  });

  test('goes through what happened, and checks the evidence in the browser', { timeout: 150_000 }, async () => {
    const phone = await service.customerWithDevice();
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: phone.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'Your payment',
      verify: true,
    });
    const question = await phone.waitingQuestion(service.app);
    const { code } = call.verification;
    await phone.answer(service.app, question!, { answer: 'yes', code, handset: { inCall: true, outgoing: false } });
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Femi Adeyemi', { path: '/timeline' });
    const form = page.getByRole('form', { name: 'A customer’s timeline' });
    await form.getByLabel('Customer id').fill(phone.customerId);
    const confirmed = page.getByRole('listitem').filter({ hasText: 'The customer confirmed' });
    await readUntil(page, confirmed, () => form.getByRole('button', { name: 'Show' }).click());
    await page.getByText('A device was set up').waitFor();
    await page.getByText('Nothing holds payments now').waitFor();
    expect(page.url()).not.toContain(phone.customerId);
    await expectAccessible(page, 'timeline');
    await picture(page, 'console-timeline');
    await expect.poll(async () => (await service.analyst.get(`/v1/evidence/${call.verification.id}`)).status).toBe(200);
    await confirmed.getByRole('link', { name: 'Evidence' }).click();
    await page.getByText('Everything holds').waitFor();
    await expectAccessible(page, 'evidence');
    await picture(page, 'console-evidence');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Save the file/ }).click(),
    ]);
    expect((await readFile(await download.path(), 'utf8')).split('.')).toHaveLength(3);
  });

  test('sees how many calls of a team were declared', { timeout: 120_000 }, async () => {
    const now = Date.now();
    const record = (recordId: string, minutes: number): string =>
      JSON.stringify({
        recordId,
        direction: 'outbound',
        line: LINE,
        team: 'Mortgages',
        startedAt: new Date(now - minutes * 60_000).toISOString(),
        endedAt: new Date(now - minutes * 60_000 + 30_000).toISOString(),
      });
    const { body } = await service.telephony.postLines(
      '/v1/call-records',
      `${record('r-1', 50)}\n${record('r-2', 40)}\n`,
    );
    expect(body).toMatchObject({ accepted: 2 });
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Femi Adeyemi', { path: '/coverage' });
    await page.getByRole('row', { name: 'Mortgages 0% 2 2' }).waitFor();
    await expectAccessible(page, 'coverage');
    await picture(page, 'console-coverage');
    await page.getByRole('link', { name: 'Line', exact: true }).click();
    await page.getByRole('row', { name: `${LINE} 0% 2 2` }).waitFor();
    expect(page.url()).toContain('/coverage?by=line&days=1');
  });

  test('is told where an evidence does not hold', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: (await service.customerWithDevice()).customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'Your payment',
      verify: true,
    });
    const { id } = call.verification;
    await expect.poll(async () => (await service.analyst.get(`/v1/evidence/${id}`)).status).toBe(200);
    // Somebody between the service and the browser changes what was said.
    await page.route(`**/v1/evidence/${id}`, async (route) => {
      const response = await route.fetch();
      const [header, payload, signature] = (await response.text()).split('.');
      const read = JSON.parse(Buffer.from(payload!, 'base64url').toString());
      const changed = Buffer.from(JSON.stringify({ ...read, tenant: 'southbank' })).toString('base64url');
      await route.fulfill({ response, body: [header, changed, signature].join('.') });
    });
    await signInToConsole(page, service, 'Femi Adeyemi', { path: '/evidence' });
    const form = page.getByRole('form', { name: 'Evidence' });
    await form.getByLabel('Id of a verification or a change').fill(id);
    await form.getByRole('button', { name: 'Show and check' }).click();
    await page.getByText('Do not rely on this evidence.').waitFor();
    await picture(page, 'console-evidence-failed');
    await openScreen(page, 'Evidence');
  });
});
