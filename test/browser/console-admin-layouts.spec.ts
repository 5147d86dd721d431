import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { de } from '../../web/console/src/messages/de.js';
import { en } from '../../web/console/src/messages/en.js';
import { loadWords, type Words } from '../../web/console/src/messages/words.js';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, openPath, readUntil, settled, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { deepText, englishIn, untranslated } from '../support/shown-text.js';

const WIDE = { width: 1280, height: 800 };
const LESS_WIDE = { width: 1024, height: 768 };
// What a browser does at 200 %: half as many pixels of CSS.
const TWICE_AS_LARGE = { width: 640, height: 400 };
/** Every width in each language, each scheme at each width. */
const LOOKS = {
  en: [
    ['light', LESS_WIDE],
    ['dark', WIDE],
    ['light', TWICE_AS_LARGE],
    ['dark', TWICE_AS_LARGE],
  ],
  de: [
    ['light', WIDE],
    ['dark', LESS_WIDE],
    ['light', TWICE_AS_LARGE],
    ['dark', TWICE_AS_LARGE],
  ],
} as const;
const EXPECTED = [...EXPECTED_ERRORS, /status of 4(00|12)/];

/** One screen in one language, and how it is looked at. */
interface Visit {
  readonly page: Page;
  readonly words: Words;
  look(state: string): Promise<void>;
}

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

/** Holds what is shown against axe, the width and the language. */
async function lookAt(page: Page, state: string, { language }: Words): Promise<void> {
  for (const [colorScheme, viewport] of LOOKS[language as keyof typeof LOOKS]) {
    const name = `${state}-${language}-${colorScheme}-${viewport.width}`;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await expectAccessible(page, name);
    if (colorScheme === 'dark') await picture(page, `console-admin-${name}`);
  }
  await page.setViewportSize(WIDE);
  if (language === 'en') return;
  const shown = await deepText(page);
  expect(untranslated(shown, en, de), `English on ${state}`).toEqual([]);
  expect(englishIn(shown), `English on ${state}`).toEqual([]);
}

async function callRecords({ page, words, look }: Visit): Promise<void> {
  await openPath(page, 'call-records');
  const record = { recordId: `pbx-${words.language}`, direction: 'outbound', line: LINE, team: 'Inkasso' };
  const lines = [
    JSON.stringify({ ...record, startedAt: new Date().toISOString() }),
    '{broken',
    '{"recordId":""}',
    JSON.stringify({ ...record, startedAt: 'gestern' }),
    JSON.stringify({ ...record, line: '12' }),
  ];
  await page.getByLabel(words.text('callRecords.typed')).fill(lines.join('\n'));
  await page.getByRole('button', { name: words.text('callRecords.send'), exact: true }).click();
  await page.getByRole('region', { name: words.text('recipients.rejected') }).waitFor();
  await settled(page);
  await look('call-records');
}

async function notices({ page, words, look }: Visit): Promise<void> {
  await openPath(page, 'notices');
  const summary = `Karte 4711-${words.language}`;
  await page.getByLabel(words.text('notices.sender')).fill('NORTHBANK');
  await page.getByLabel(words.text('notices.summary')).fill(summary);
  await look('notices');
  await page.getByRole('button', { name: words.text('notices.send'), exact: true }).click();
  await page.getByRole('heading', { name: summary, level: 1 }).waitFor();
  await page
    .getByLabel(words.text('recipients.ids'))
    .fill(['cust-1', 'cust 2', '{broken', '{"customerId":7}'].join('\n'));
  await page.getByRole('button', { name: words.text('recipients.send') }).click();
  await page.getByRole('region', { name: words.text('recipients.rejected') }).waitFor();
  await settled(page);
  await look('recipients');
}

/** Edits the policy by fields, while somebody else saves another. */
async function policy({ page, words, look }: Visit): Promise<void> {
  await openPath(page, 'policy');
  for (const path of ['changes.rules', 'advice', 'neverAskIn', 'texts']) {
    const of = words.maybe(`policy.${path}`)!;
    await page.getByRole('button', { name: words.text('policy.addRecord', { of }) }).click();
  }
  const rule = page.getByRole('group', { name: words.text('policy.changes.rules') });
  await rule.getByRole('checkbox', { name: words.code('proof', 'callback') }).check();
  const seconds = page.getByLabel(words.text('policy.verification.lifetimeSeconds'), { exact: true });
  await seconds.fill('95');
  await look('policy');
  // What is not written yet would be refused before anybody looks at the version.
  for (const path of ['advice', 'neverAskIn', 'texts']) {
    const of = words.maybe(`policy.${path}`)!;
    await page.getByRole('button', { name: words.text('policy.removeRecord', { number: 1, of }) }).click();
  }
  const { body } = await service.admin.get('/v1/policy');
  const { version, changedAt, ...document } = body;
  void changedAt;
  const others = { ...document, reports: { ...document.reports, perDay: document.reports.perDay + 1 } };
  const headers = { 'if-match': `"${version}"` };
  expect((await service.admin.put('/v1/policy', others, { headers })).status).toBe(200);
  await page.getByRole('button', { name: words.text('policy.save') }).click();
  await page.getByRole('heading', { name: words.text('policy.conflict') }).waitFor();
  await look('policy-conflict');
  await openPath(page, 'policy/history');
  await page.getByText(words.text('policyHistory.by')).first().waitFor();
  await look('policy-history');
}

async function customers({ page, words, look }: Visit): Promise<void> {
  const phone = await service.customerWithDevice(newCustomerId());
  await service.sql(`UPDATE customers SET locked_at = now() WHERE id = $1`, [phone.customerId]);
  await openPath(page, 'customers');
  await page.getByLabel(words.text('customerId')).fill(phone.customerId);
  await page.getByRole('button', { name: words.text('desk.find'), exact: true }).click();
  await page.getByRole('heading', { name: phone.customerId }).waitFor();
  await page.getByRole('button', { name: words.text('shred.begin') }).click();
  await page.getByText(words.text('shred.devices')).waitFor();
  await settled(page);
  await look('customers');
}

async function webhooks({ page, words, look }: Visit): Promise<void> {
  const url = `https://hooks.example/ein-recht-langer-pfad-den-niemand-umbricht/${words.language}`;
  await openPath(page, 'webhooks');
  await page.getByLabel(words.text('webhooks.url')).fill(url);
  await page.getByRole('button', { name: words.text('webhooks.send'), exact: true }).click();
  await page.getByText(/^whsec_/).waitFor();
  await settled(page);
  await look('webhooks');
  await page.getByRole('link', { name: words.text('webhooks.openOf', { url }) }).click();
  await page.getByRole('button', { name: words.text('webhooks.test') }).click();
  await page.getByText(words.text('webhooks.tested')).waitFor();
  const again = page.getByRole('button', { name: words.text('refresh') });
  await readUntil(page, page.getByRole('cell', { name: words.code('cause', 'test') }), () => again.click());
  await page.getByRole('button', { name: words.text('webhooks.rotate') }).click();
  await page.getByText(/^whsec_/).waitFor();
  await page.getByRole('button', { name: words.text('remove'), exact: true }).click();
  await page.getByLabel(words.text('replay.since')).fill(localMinute(new Date(Date.now() - 3_600_000)));
  await page.getByRole('button', { name: words.text('replay.send'), exact: true }).click();
  await page.getByText(words.text('replay.done')).waitFor();
  await settled(page);
  await look('webhook');
}

async function message({ page, words, look }: Visit): Promise<void> {
  const customerId = newCustomerId();
  const text = 'Ihre Rate von 250 GBP: https://northbank.example/zahlen';
  const notice = { channel: 'sms', sender: 'NORTHBANK', summary: 'Ihre Rate', sentAt: new Date().toISOString(), text };
  const { body } = await service.admin.post('/v1/notices', notice);
  await service.admin.postLines(`/v1/notices/${body.id}/recipients`, JSON.stringify({ customerId }));
  await service.amara.post('/v1/calls', { customerId, direction: 'inbound', purpose: 'Ihre Rate' });
  await openPath(page, 'message');
  await page.getByLabel(words.text('customerId')).fill(customerId);
  await page.getByLabel(words.text('message.text')).fill(text.replace('northbank.example', 'northbank-zahlen.example'));
  await page.getByRole('button', { name: words.text('message.send') }).click();
  await page.getByText(words.text('message.say')).waitFor();
  await settled(page);
  await look('message');
}

async function claims({ page, words, look }: Visit): Promise<void> {
  const { customerId } = await service.customerWithDevice(newCustomerId());
  await openPath(page, 'claims');
  await page.getByLabel(words.text('customerId')).fill(customerId);
  await page.getByRole('button', { name: words.text('claims.make') }).click();
  await page.getByText(words.text('claims.holds')).waitFor();
  await settled(page);
  await look('claims');
}

async function keysAndHealth({ page, words, look }: Visit): Promise<void> {
  await openPath(page, 'keys');
  await page.getByText(words.text('keys.fine')).first().waitFor();
  await look('keys');
  await openPath(page, 'health');
  await page.getByText(words.text('health.ready'), { exact: true }).waitFor();
  await page.getByText(words.text('health.unsealed')).waitFor();
  await look('health');
}

function localMinute(moment: Date): string {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const OF_A_PERSON: Readonly<Record<string, readonly ((visit: Visit) => Promise<void>)[]>> = {
  'Gita Rao, imports': [callRecords, notices],
  'Gita Rao, policy': [policy],
  'Gita Rao, systems': [customers, webhooks, keysAndHealth],
  'Amara Okafor': [message],
  'Femi Adeyemi': [claims],
};

test.each(['en-GB', 'de-DE'].flatMap((locale) => Object.keys(OF_A_PERSON).map((who) => [who, locale] as const)))(
  'the screens of %s are whole, accessible and in one language: %s',
  { timeout: 120_000 },
  async (who, locale) => {
    const words = await loadWords(locale);
    const page = await browser.open({ locale, viewport: WIDE, expected: EXPECTED });
    await signInToConsole(page, service, who.split(',')[0]!, { words: words.text('signIn') });
    for (const visit of OF_A_PERSON[who]!) await visit({ page, words, look: (state) => lookAt(page, state, words) });
  },
);
