import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadWords, type Words } from '../../web/console/src/messages/words.js';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { pressByTab, tabTo, typeByTab } from '../support/console-keyboard.js';
import { EXPECTED_ERRORS, openPath, readUntil, settled, signInToConsole } from '../support/console-page.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const GERMAN = {
  locale: 'de-DE',
  colorScheme: 'dark',
  viewport: { width: 1024, height: 768 },
  expected: [...EXPECTED_ERRORS, /status of 4(00|12)/],
} as const;

let service: TestService;
let words: Words;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  [service, words] = [await startTestService(), await loadWords('de-DE')];
}, 120_000);
afterAll(() => service?.stop());

/** Signs in and opens a screen; from there on there is no pointer. */
async function open(person: string, path: string): Promise<Page> {
  const page = await browser.open(GERMAN);
  await signInToConsole(page, service, person, { words: words.text('signIn') });
  await openPath(page, path);
  return page;
}

const button = (page: Page, name: string): Locator => page.getByRole('button', { name });
const label = (page: Page, name: string): Locator => page.getByLabel(name, { exact: true });

test('imports call records, and reads which were rejected', { timeout: 120_000 }, async () => {
  const page = await open('Gita Rao', 'call-records');
  const record = { recordId: 'key-1', direction: 'outbound', line: LINE, startedAt: new Date().toISOString() };
  await tabTo(page, label(page, words.text('callRecords.typed')));
  await page.keyboard.insertText(`${JSON.stringify(record)}\n{broken`);
  await pressByTab(page, button(page, words.text('callRecords.send')));
  await tabTo(page, page.getByRole('region', { name: words.text('recipients.rejected') }));
  await page.getByText(words.text('recipients.done', { accepted: 1, duplicates: 0, rejected: 1 })).waitFor();
});

test('registers a notice and says to whom it went', { timeout: 120_000 }, async () => {
  const page = await open('Gita Rao', 'notices');
  await typeByTab(page, label(page, words.text('notices.summary')), 'Ihre neue Karte');
  await typeByTab(page, label(page, words.text('notices.text')), 'Ihre neue Karte kommt.');
  await pressByTab(page, button(page, words.text('notices.send')));
  const heading = page.getByRole('heading', { name: 'Ihre neue Karte', level: 1 });
  await heading.waitFor();
  await expect
    .poll(() => heading.evaluate((element: any) => element === element.ownerDocument.activeElement))
    .toBe(true);
  await typeByTab(page, label(page, words.text('recipients.ids')), 'cust-1\ncust 2');
  await pressByTab(page, button(page, words.text('recipients.send')));
  await page.getByText(words.text('recipients.done', { accepted: 1, duplicates: 0, rejected: 1 })).waitFor();
});

test('saves a policy that somebody else changed meanwhile, and reads its history', { timeout: 150_000 }, async () => {
  const page = await open('Gita Rao', 'policy');
  const seconds = label(page, words.text('policy.verification.lifetimeSeconds'));
  await tabTo(page, seconds);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('95');
  const { version, changedAt, ...document } = (await service.admin.get('/v1/policy')).body;
  void changedAt;
  const others = { ...document, reports: { ...document.reports, perDay: 7 } };
  await service.admin.put('/v1/policy', others, { headers: { 'if-match': `"${version}"` } });
  await page.keyboard.press('Alt+s');
  await pressByTab(page, button(page, words.text('policy.goOn')));
  await pressByTab(page, button(page, words.text('policy.save')));
  await page.getByText(words.text('policy.saved')).waitFor();
  const { body } = await service.admin.get('/v1/policy');
  expect(body).toMatchObject({ verification: { lifetimeSeconds: 95 }, reports: { perDay: 7 } });
  await pressByTab(page, page.getByRole('link', { name: words.text('policyHistory.heading') }));
  await tabTo(page, page.getByRole('region').first());
});

test('unlocks a customer, and destroys what is personal', { timeout: 120_000 }, async () => {
  const { customerId } = await service.customerWithDevice(newCustomerId());
  await service.sql(`UPDATE customers SET locked_at = now() WHERE id = $1`, [customerId]);
  const page = await open('Gita Rao', 'customers');
  await typeByTab(page, label(page, words.text('customerId')), customerId);
  await page.keyboard.press('Enter');
  await pressByTab(page, button(page, words.text('customers.unlock')));
  await page.getByText(words.text('customers.unlocked')).waitFor();
  await pressByTab(page, button(page, words.text('shred.begin')));
  await typeByTab(page, page.getByRole('textbox').last(), customerId);
  await page.keyboard.press('Enter');
  await page.getByText(words.text('shred.done')).waitFor();
  expect((await service.admin.get(`/v1/customers/${customerId}`)).status).toBe(404);
});

test('adds a webhook, gives it a new secret, and sends events again', { timeout: 150_000 }, async () => {
  const url = 'https://hooks.example/keyboard';
  const page = await open('Gita Rao', 'webhooks');
  await typeByTab(page, label(page, words.text('webhooks.url')), url);
  await page.keyboard.press('Enter');
  await pressByTab(page, button(page, words.text('secret.seen')));
  await pressByTab(page, page.getByRole('link', { name: words.text('webhooks.openOf', { url }) }));
  await pressByTab(page, button(page, words.text('webhooks.test')));
  await page.getByText(words.text('webhooks.tested')).waitFor();
  const again = button(page, words.text('refresh'));
  await readUntil(page, page.getByRole('cell', { name: words.code('cause', 'test') }), () => pressByTab(page, again));
  await pressByTab(page, button(page, words.text('webhooks.rotate')));
  await pressByTab(page, button(page, words.text('secret.seen')));
  await tabTo(page, label(page, words.text('replay.since')));
  const [typed] = /^.{16}/.exec(new Date(Date.now() - 3_600_000).toISOString())!;
  await label(page, words.text('replay.since')).evaluate((field: any, value) => (field.value = value), typed);
  await pressByTab(page, button(page, words.text('replay.send')));
  await page.getByText(words.text('replay.done')).waitFor();
  await pressByTab(page, again);
  await settled(page);
});

test('checks a message for a customer', { timeout: 120_000 }, async () => {
  const customerId = newCustomerId();
  await service.amara.post('/v1/calls', { customerId, direction: 'inbound', purpose: 'Ihre Karte' });
  const page = await open('Amara Okafor', 'message');
  await typeByTab(page, label(page, words.text('customerId')), customerId);
  await typeByTab(page, label(page, words.text('message.text')), 'Ihre Karte: https://bank.example/karte');
  await pressByTab(page, button(page, words.text('message.send')));
  await page.getByText(words.text('message.say')).waitFor();
});

test('makes a claim file and saves it', { timeout: 120_000 }, async () => {
  const { customerId } = await service.customerWithDevice(newCustomerId());
  const page = await open('Femi Adeyemi', 'claims');
  await typeByTab(page, label(page, words.text('customerId')), customerId);
  await page.keyboard.press('Enter');
  const save = button(page, words.text('claims.download'));
  await tabTo(page, save);
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
});

test('walks to all that issuers, keys and health have', { timeout: 120_000 }, async () => {
  const page = await open('Gita Rao', 'keys');
  await pressByTab(page, button(page, words.text('refresh')));
  await settled(page);
  await tabTo(page, page.getByRole('navigation').getByRole('link', { name: words.text('nav.health') }));
  await page.keyboard.press('Enter');
  await page.getByText(words.text('health.ready'), { exact: true }).waitFor();
  await tabTo(page, page.getByRole('region', { name: words.text('health.lags') }));
});
