import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, picture, signIn } from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const NOT_THERE = [/status of 404/];
const REFUSED = /status of 422/;
const PHONE = { viewport: { width: 390, height: 844 } };

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
  await service.admin.put('/v1/customers/maya', {
    phoneNumbers: [{ number: '+447700900123', since: '2020-01-01T00:00:00Z' }],
  });
}, 120_000);
afterAll(() => service?.stop());

async function open(page: Page, tile: string): Promise<void> {
  await page.getByRole('button', { name: tile, exact: true }).click();
  await page.getByRole('heading', { name: tile }).waitFor();
}

describe('a customer', () => {
  test('checks a message: what was changed is marked in it, and nothing is a link', { timeout: 120_000 }, async () => {
    const text =
      'Northbank: your card is renewed this month. Nothing to do. See https://northbank.example/card for more.';
    await service.admin.post('/v1/notices', {
      channel: 'sms',
      sender: 'NORTHBANK',
      summary: 'We write to customers whose card is renewed.',
      text,
      links: ['https://northbank.example/card'],
      sentAt: new Date().toISOString(),
      recipients: ['maya'],
    });
    const page = await browser.open({ ...PHONE, expected: NOT_THERE });
    await signIn(page, service);
    await open(page, 'Check a message');
    await expectAccessible(page, 'message');
    await picture(page, 'message');
    await page.getByRole('button', { name: 'Check it' }).click();
    await page.getByText('Paste the message first.').waitFor();
    await page.getByLabel('The whole message').fill(text.replace('northbank.example', 'northbank-card.example'));
    await page.getByRole('button', { name: 'Check it' }).click();
    await page.getByText('Somebody has changed this message').waitFor();
    expect(await page.locator('mark').allInnerTexts()).toContain('https://northbank-card.example/card');
    expect(await page.getByRole('link').count()).toBe(0);
    await expectAccessible(page, 'altered message');
    await picture(page, 'message-altered');
    await page.getByRole('button', { name: 'Check another message' }).click();
    await page.getByLabel('Who it says').fill('NORTHBANK');
    await page.getByLabel('The whole message').fill(text);
    await page.getByRole('button', { name: 'Check it' }).click();
    await page.getByText('This is from us').waitFor();
    await expectAccessible(page, 'genuine message');
    await picture(page, 'message-genuine');
  });

  test('reports a fraud in three taps, and is told what to do first', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: NOT_THERE });
    await signIn(page, service);
    await open(page, 'Report a fraud');
    await expectAccessible(page, 'report: how');
    await picture(page, 'report-1');
    await page.getByRole('button', { name: 'A call' }).click();
    await page.getByLabel('Money', { exact: true }).check();
    await expectAccessible(page, 'report: what');
    await picture(page, 'report-2');
    await page.getByRole('button', { name: 'Send the report' }).click();
    await page.getByText('Ring us now about the money that you sent.').waitFor();
    await expectAccessible(page, 'report: done');
    await picture(page, 'report-3');
    const { body } = await service.analyst.get('/v1/reports');
    expect(body.data[0]).toMatchObject({ channel: 'call', shared: ['money_sent'] });
  });

  test('asks to be rung back, and reads when', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [...NOT_THERE, REFUSED] });
    await signIn(page, service);
    await open(page, 'Ask us to ring you');
    await page.getByText('No call is planned.').waitFor();
    await expectAccessible(page, 'callback');
    await picture(page, 'callback');
    await page.getByRole('button', { name: 'Please ring me' }).click();
    await page.getByText('Planned').waitFor();
    await page.getByText('Between ').waitFor();
    await expectAccessible(page, 'callback planned');
    await picture(page, 'callback-planned');
  });

  test('with no number on file that is old enough is told what to do instead', { timeout: 120_000 }, async () => {
    const page = await browser.open({ ...PHONE, expected: [...NOT_THERE, REFUSED] });
    await signIn(page, service, 'Inês Duarte');
    await open(page, 'Ask us to ring you');
    await page.getByRole('button', { name: 'Please ring me' }).click();
    await page.getByText('We have no number of yours that is old enough').waitFor();
  });

  test(
    'reads what the bank never asks, checks a reference, and is sent no code by a wrong letter',
    { timeout: 120_000 },
    async () => {
      const { body: call } = await service.amara.post('/v1/calls', {
        customerId: 'maya',
        direction: 'outbound',
        line: LINE,
        purpose: 'Your card',
      });
      const page = await browser.open({ ...PHONE, expected: [...NOT_THERE, REFUSED] });
      await signIn(page, service);
      await open(page, 'Who may call you');
      await expectAccessible(page, 'who may call');
      await picture(page, 'never');
      await page.getByRole('button', { name: 'Back' }).click();
      await open(page, 'Check a reference');
      await page.getByLabel('The reference').fill('K7QM-2D4G');
      await page.getByRole('button', { name: 'Check it' }).click();
      await page.getByText('That is not a reference.').waitFor();
      await page.getByLabel('The reference').fill(call.reference.toLowerCase());
      await page.getByRole('button', { name: 'Check it' }).click();
      await page.getByText('The bank placed this call, and it is going on now.').waitFor();
      await page.getByText('Anybody can copy a reference.').waitFor();
      await expectAccessible(page, 'reference');
      await picture(page, 'reference');
      await page.getByRole('button', { name: 'Back' }).click();
      await open(page, 'Code from a letter');
      await page.getByLabel('The code in the letter').fill('hello');
      await page.getByRole('button', { name: 'Send the code' }).click();
      await page.getByText('That cannot be the code.').waitFor();
      await page.getByLabel('The code in the letter').fill('7K3M-9QPW-2XVD-5HRT');
      await page.getByRole('button', { name: 'Send the code' }).click();
      await page.getByText('That is not the code.').waitFor();
      await expectAccessible(page, 'letter');
      await picture(page, 'letter');
      await service.amara.post(`/v1/calls/${call.id}/end`);
    },
  );

  test(
    'is asked about a change, disputes it from the list, and removes this device',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open({ ...PHONE, expected: NOT_THERE });
      await signIn(page, service, 'Inês Duarte');
      await enrolByKey(page);
      await service.sql(`UPDATE devices SET enrolled_at = now() - interval '30 days' WHERE customer_id = 'ines'`);
      const { body: change } = await service.amara.post('/v1/changes', {
        customerId: 'ines',
        subject: 'payout_account',
        before: { holder: 'Inês Duarte', iban: 'GB33BUKB20201555555555' },
        after: { holder: 'Inês Duarte', iban: 'DE89370400440532013000' },
        askedThrough: 'email',
      });
      await page.getByRole('heading', { name: 'Did you ask us for this change?' }).waitFor();
      await expectAccessible(page, 'change asked about');
      await picture(page, 'change-question');
      await open(page, 'Changes of your details');
      await page.getByRole('button', { name: 'I did not ask for this' }).waitFor();
      await expectAccessible(page, 'changes');
      await picture(page, 'changes');
      await page.getByRole('button', { name: 'I did not ask for this' }).click();
      await page.getByRole('button', { name: 'Yes, I did not ask for it' }).click();
      await page.getByText('Refused. Nothing was changed.').waitFor();
      await expectAccessible(page, 'change disputed');
      await picture(page, 'changes-disputed');
      const { body } = await service.amara.get(`/v1/changes/${change.id}`);
      expect(body.status).toBe('refused');
      await page.getByRole('button', { name: 'Back' }).click();
      await open(page, 'Codes without internet');
      await page.getByRole('button', { name: 'They have read a code. Show mine' }).click();
      await page.getByText(/^\d{6}$/).waitFor();
      await expectAccessible(page, 'offline codes');
      await picture(page, 'offline-codes');
      await page.getByRole('button', { name: 'Back' }).click();
      await open(page, 'Your devices');
      await expectAccessible(page, 'devices');
      await picture(page, 'devices');
      await page.getByRole('button', { name: 'Remove My browser' }).click();
      await page.getByRole('button', { name: 'Yes, remove it' }).click();
      await page.getByText(/Removed:/).waitFor();
      await page.getByRole('button', { name: 'Back' }).click();
      await page.getByRole('heading', { name: 'Set up this device' }).waitFor();
    },
  );
});
