import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, openScreen, readUntil, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const WIDE = {
  locale: 'en-GB',
  viewport: { width: 1280, height: 900 },
  expected: [...EXPECTED_ERRORS, /status of 4(12|22|00)/],
};

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

describe('an administrator', () => {
  test(
    'edits the policy, sees what would change, and is told of somebody else’s change',
    { timeout: 150_000 },
    async () => {
      const page = await browser.open(WIDE);
      await signInToConsole(page, service, 'Gita Rao', { path: '/policy' });
      const change = page.getByRole('region', { name: 'What would change' });
      await change.getByText('Nothing would change.').waitFor();
      await expectAccessible(page, 'policy');
      await picture(page, 'console-policy');
      await page.getByLabel('Seconds to answer', { exact: true }).fill('90');
      await change.getByRole('row', { name: /Seconds to answer 120 90/ }).waitFor();

      const { body } = await service.admin.get('/v1/policy');
      const { version, changedAt, ...document } = body;
      void changedAt;
      const others = { ...document, reports: { ...document.reports, perDay: 7 } };
      expect((await service.admin.put('/v1/policy', others, { headers: { 'if-match': `"${version}"` } })).status).toBe(
        200,
      );
      await page.getByRole('button', { name: /^Save the policy/ }).click();
      await page.getByText('Somebody else changed the policy meanwhile.').waitFor();
      await page.getByRole('heading', { name: 'Somebody else saved a policy meanwhile' }).waitFor();
      expect(await page.getByLabel('Seconds to answer', { exact: true }).inputValue(), 'nothing typed is lost').toBe(
        '90',
      );
      await expectAccessible(page, 'policy conflict');
      await picture(page, 'console-policy-conflict');
      await page.getByRole('button', { name: 'Go on with my changes on top' }).click();
      await page.getByRole('button', { name: /^Save the policy/ }).click();
      await page.getByText('The policy is saved.').waitFor();
      const { body: saved } = await service.admin.get('/v1/policy');
      expect(saved).toMatchObject({ verification: { lifetimeSeconds: 90 }, reports: { perDay: 7 } });

      await page.getByLabel('Seconds to answer', { exact: true }).fill('1');
      await page.getByRole('button', { name: /^Save the policy/ }).click();
      await page.getByText('Something in the form is not right.').waitFor();
    },
  );

  test('adds and removes lines', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/lines' });
    const form = page.getByRole('form', { name: 'Add or change a line' });
    await form.getByLabel('Number').fill('+44 20 7946 0123');
    await form.getByLabel('Name').fill('Mortgages');
    await form.getByRole('button', { name: 'Save' }).click();
    const row = page.getByRole('row', { name: /\+442079460123/ });
    await row.getByText('Mortgages').waitFor();
    await expectAccessible(page, 'lines');
    await picture(page, 'console-lines');
    await row.getByRole('button', { name: 'Remove +442079460123' }).click();
    await row.getByRole('button', { name: 'Remove it' }).click();
    await row.waitFor({ state: 'detached' });
  });

  test('unlocks and shreds one customer, whose id they know', { timeout: 120_000 }, async () => {
    const phone = await service.customerWithDevice();
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: phone.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'Your card',
      verify: true,
    });
    const question = await phone.waitingQuestion(service.app);
    const code = call.verification.code === '000000' ? '000001' : '000000';
    for (let tried = 0; tried < 5; tried += 1) await phone.answer(service.app, question!, { answer: 'yes', code });
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/customers' });
    const form = page.getByRole('form', { name: 'Customers' });
    await form.getByLabel('Customer id').fill(phone.customerId);
    await form.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('heading', { name: phone.customerId }).waitFor();
    expect(page.url()).not.toContain(phone.customerId);
    await expectAccessible(page, 'locked customer');
    await page.getByRole('button', { name: /^Unlock/ }).dblclick();
    await page.getByText('The customer can be asked again.').waitFor();
    await page.getByRole('button', { name: 'Destroy…' }).click();
    await page.getByText('all devices and their keys').waitFor();
    await expectAccessible(page, 'shred');
    await picture(page, 'console-shred');
    const shred = page.getByRole('form', { name: 'Destroy personal data' });
    await shred.getByRole('textbox').fill('somebody-else');
    await shred.getByRole('button', { name: 'Destroy for good' }).click();
    await page.getByText('That did not work, and nothing has changed.').waitFor();
    expect((await service.admin.get(`/v1/customers/${phone.customerId}`)).status).toBe(200);
    await shred.getByRole('textbox').fill(phone.customerId);
    await shred.getByRole('button', { name: 'Destroy for good' }).click();
    await page.getByText('The personal data are destroyed.').waitFor();
    expect((await service.admin.get(`/v1/customers/${phone.customerId}`)).status).toBe(404);
  });

  test('registers a notice and imports its recipients, of whom some are rejected', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/notices' });
    await page.getByText('No notice yet.').waitFor();
    const form = page.getByRole('form', { name: 'Register a notice' });
    await form.getByLabel('Sender').fill('NORTHBANK');
    await form.getByLabel('What it is about').fill('Your new card');
    await form.getByLabel('Text').fill('Your new card is on its way.');
    await expectAccessible(page, 'notices');
    await picture(page, 'console-notices');
    await form.getByRole('button', { name: 'Register' }).dblclick();
    await page.getByRole('heading', { name: 'Your new card', level: 1 }).waitFor();
    const ids = ['cust-1', 'cust 2', 'cust-3', '{"customerId":"cust-4"}', '{broken'].join('\n');
    await page
      .getByLabel('A file')
      .setInputFiles({ name: 'ids.txt', mimeType: 'text/plain', buffer: Buffer.from(ids) });
    await page.getByRole('button', { name: 'Send the list' }).click();
    await page.getByText('Taken: 3. There already: 0. Rejected: 2.').waitFor();
    expect(await page.getByRole('region', { name: 'Lines that were rejected' }).getByRole('row').count()).toBe(3);
    await expectAccessible(page, 'recipients');
    await picture(page, 'console-recipients');
    expect((await service.admin.get('/v1/notices')).body.data).toHaveLength(1);
  });

  test('adds a webhook, keeps its secret, and reads what was delivered', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/webhooks' });
    const form = page.getByRole('form', { name: 'Add a webhook' });
    await form.getByLabel('Address').fill('https://hooks.example/countersign');
    await form.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('heading', { name: 'The secret' }).waitFor();
    await page.getByText(/^whsec_/).waitFor();
    await expectAccessible(page, 'secret');
    await picture(page, 'console-webhooks');
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByText(/^whsec_/).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Open webhook https://hooks.example/countersign' }).click();
    await page.getByRole('button', { name: /^Send a test/ }).click();
    await page.getByText('A test is on its way.').waitFor();
    const again = page.getByRole('button', { name: /^Read again/ });
    await readUntil(page, page.getByRole('cell', { name: 'a test' }), () => again.click());
    await expectAccessible(page, 'webhook');
    await picture(page, 'console-webhook');
  });

  test('sees whether the service is well', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/health' });
    await page.getByText('Ready', { exact: true }).waitFor();
    await page.getByText('Events that are not sealed yet').waitFor();
    await expectAccessible(page, 'health');
    await picture(page, 'console-health');
    await openScreen(page, 'Evidence');
    await page.getByRole('heading', { name: 'Evidence', level: 1 }).waitFor();
  });
});
