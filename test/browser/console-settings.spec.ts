import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, openScreen, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

const WIDE = {
  locale: 'en-GB',
  viewport: { width: 1280, height: 900 },
  expected: [...EXPECTED_ERRORS, /status of 4(00|12)/],
};

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

describe('the policy', () => {
  test(
    'is edited by fields: days, an amount, rules and words by language; then its history says what',
    { timeout: 150_000 },
    async () => {
      const page = await browser.open(WIDE);
      await signInToConsole(page, service, 'Gita Rao', { path: '/policy' });
      const change = page.getByRole('region', { name: 'What would change' });
      await page.getByRole('checkbox', { name: 'Sunday' }).uncheck();
      const amount = page.getByRole('group', { name: 'Second agent above' });
      await amount.getByLabel('Amount').fill('2500');
      await page.getByRole('button', { name: 'Add to “Rules for proofs”' }).click();
      const rule = page.getByRole('group', { name: 'Rules for proofs' }).getByRole('group', { name: 'Number 1' });
      await rule.getByLabel('What changes').selectOption({ label: 'The account the customer pays to' });
      await rule.getByRole('checkbox', { name: 'Callback' }).check();
      await page.getByRole('button', { name: 'Add to “Words of advice”' }).click();
      const advice = page.getByRole('group', { name: 'Words of advice' }).getByRole('group', { name: 'Number 1' });
      await advice.getByLabel('Which advice').selectOption('hang_up');
      await advice.getByLabel('Language', { exact: true }).fill('cy');
      await advice.getByLabel('First line').fill('Nid eich banc sydd yno.');
      await advice.getByLabel('What to do').fill('Rhowch y ffôn i lawr.\nFfoniwch y rhif ar eich cerdyn.');
      await page.getByRole('button', { name: 'Add to “What we never ask for, by language”' }).click();
      const never = page
        .getByRole('group', { name: 'What we never ask for, by language' })
        .getByRole('group', { name: 'Number 1' });
      await never.getByLabel('Language', { exact: true }).fill('de');
      await never.getByLabel('What we never ask for', { exact: true }).fill('Ihre PIN');
      await page.getByRole('button', { name: 'Add to “Own words”' }).click();
      const own = page.getByRole('group', { name: 'Own words' }).getByRole('group', { name: 'Number 1' });
      await own.getByLabel('Which words').selectOption('questions.did_you_phone_us');
      await own.getByLabel('Language', { exact: true }).fill('cy');
      await own.getByLabel('Words', { exact: true }).fill('Wnaethoch chi ein ffonio ni?');
      await change.getByRole('row', { name: /Rules for proofs.*The account the customer pays to.*Callback/ }).waitFor();
      await expectAccessible(page, 'policy by fields');
      await picture(page, 'console-policy-fields');
      await page.getByRole('button', { name: /^Save the policy/ }).click();
      await page.getByText('The policy is saved.').waitFor();
      const { body } = await service.admin.get('/v1/policy');
      expect(body).toMatchObject({
        callbacks: { days: [1, 2, 3, 4, 5, 6] },
        changes: {
          secondAgentAbove: { amount: 2_500, currency: 'GBP' },
          rules: [{ subject: 'payee_account', proofs: ['callback'] }],
        },
        advice: [
          {
            code: 'hang_up',
            locale: 'cy',
            headline: 'Nid eich banc sydd yno.',
            steps: ['Rhowch y ffôn i lawr.', 'Ffoniwch y rhif ar eich cerdyn.'],
          },
        ],
        texts: [{ key: 'questions.did_you_phone_us', locale: 'cy', text: 'Wnaethoch chi ein ffonio ni?' }],
        neverAskIn: [{ locale: 'de', lines: ['Ihre PIN'] }],
      });
      expect(await page.locator('textarea').evaluateAll((all) => all.some((one: any) => /[[{]/.test(one.value)))).toBe(
        false,
      );

      await page.getByRole('link', { name: 'Earlier versions' }).click();
      await page.getByRole('heading', { name: /^Version 1/ }).waitFor();
      await page.getByRole('row', { name: /Days of the week.*7.*6/s }).waitFor();
      await page.getByText('gita', { exact: true }).waitFor();
      await expectAccessible(page, 'policy history');
      await picture(page, 'console-policy-history');
    },
  );
});

describe('a webhook', () => {
  test('gets a new secret, shown once, and events of before it was', { timeout: 120_000 }, async () => {
    await service.amara.post('/v1/calls', { customerId: newCustomerId(), direction: 'inbound', purpose: 'A card' });
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/webhooks' });
    const form = page.getByRole('form', { name: 'Add a webhook' });
    await form.getByLabel('Address').fill('https://hooks.example/again');
    await form.getByRole('button', { name: 'Add it' }).click();
    const first = await page.getByText(/^whsec_/).innerText();
    await page.getByRole('link', { name: 'Open webhook https://hooks.example/again' }).click();
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByText('There is a new secret. The old one holds a while longer.').waitFor();
    const second = await page.getByText(/^whsec_/).innerText();
    expect(second).not.toBe(first);
    await expectAccessible(page, 'rotated');
    await picture(page, 'console-webhook-rotated');
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByText(/^whsec_/).waitFor({ state: 'detached' });

    const since = new Date(Date.now() - 3_600_000);
    const replay = page.getByRole('form', { name: 'Send again' });
    const local = new Date(since.getTime() - since.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    await replay.getByLabel('Since').fill(local);
    await replay.getByRole('button', { name: 'Send again' }).dblclick();
    await page.getByText('The events are on their way.').waitFor();
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: /^Read again/ }).click();
        return page.getByRole('cell', { name: 'a replay' }).count();
      })
      .toBeGreaterThan(0);
    await expectAccessible(page, 'replayed');
  });
});

test('issuers and keys in use are shown as they stand', { timeout: 120_000 }, async () => {
  const page = await browser.open(WIDE);
  await signInToConsole(page, service, 'Gita Rao', { path: '/keys' });
  await page.getByRole('heading', { name: `${service.url}/oidc/northbank` }).waitFor();
  await page.getByText('Its keys are at hand').first().waitFor();
  const { body } = await service.admin.get('/.well-known/jwks.json');
  const row = page.getByRole('row', { name: new RegExp(body.keys[0].kid) });
  await row.getByText('In use').waitFor();
  await expectAccessible(page, 'keys');
  await picture(page, 'console-keys');
});

test('a message is checked on behalf of a customer, and nothing of it is a link', { timeout: 120_000 }, async () => {
  const { customerId } = await service.customerWithDevice(newCustomerId());
  const text = 'Northbank: your new card is on its way. See https://northbank.example/cards.';
  const notice = await service.admin.post('/v1/notices', {
    channel: 'sms',
    sender: 'NORTHBANK',
    summary: 'Your new card',
    text,
    links: ['https://northbank.example/cards'],
    sentAt: new Date(Date.now() - 3_600_000).toISOString(),
    recipients: [customerId],
  });
  expect(notice.body.errors).toBe(undefined);
  const page = await browser.open(WIDE);
  await signInToConsole(page, service, 'Amara Okafor');
  await openScreen(page, 'Check a message');
  const form = page.getByRole('form', { name: 'Check a message' });
  await form.getByLabel('Customer id').fill(customerId);
  await form.getByLabel('Sender').fill('NORTHBANK');
  await form.getByLabel('The whole message').fill(text);
  await form.getByRole('button', { name: /^Check it/ }).click();
  await page.getByText('From us', { exact: true }).waitFor();
  await expectAccessible(page, 'genuine message');
  await picture(page, 'console-message');
  await form.getByLabel('The whole message').fill(text.replace('northbank.example', 'northbank.evil.example'));
  await form.getByRole('button', { name: /^Check it/ }).dblclick();
  await page.getByText('Changed by somebody', { exact: true }).waitFor();
  await page.getByText('northbank.evil.example').last().waitFor();
  expect(await page.locator('main a[href*="evil"]').count()).toBe(0);
  await expectAccessible(page, 'altered message');
  expect(page.url()).not.toContain(customerId);
});

test(
  'a claim file of one customer is made and downloaded by a link that opens it once',
  { timeout: 150_000 },
  async () => {
    const device = await service.customerWithDevice(newCustomerId());
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'inbound',
      purpose: 'A card',
      verify: true,
    });
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code });
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Femi Adeyemi', { path: '/claims' });
    const form = page.getByRole('form', { name: 'Claim files' });
    await expectAccessible(page, 'claims');
    await form.getByLabel('Customer id').fill(device.customerId);
    const later = new Date(Date.now() + 3_600_000);
    await form
      .getByLabel('Until')
      .fill(new Date(later.getTime() - later.getTimezoneOffset() * 60_000).toISOString().slice(0, 16));
    await form.getByRole('button', { name: 'Make the file' }).dblclick();
    await page.getByRole('heading', { name: 'The file is made' }).waitFor();
    await expectAccessible(page, 'claim made');
    await picture(page, 'console-claims');
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: /^Download the file/ }).click();
    const download = await downloading;
    const bytes = await readFile(await download.path());
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
    expect((await fetch(download.url())).status, 'the link opens it once').toBe(404);
    expect(page.url()).not.toContain(device.customerId);
  },
);
