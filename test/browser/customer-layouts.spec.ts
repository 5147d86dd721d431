import { loadWording } from '../../packages/elements/src/messages/messages.js';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { type OpenOptions, useBrowser } from '../support/browser.js';
import { enrolByKey, expectAccessible, picture, signIn } from '../support/customer-page.js';
import { de } from '../../packages/elements/src/messages/de.js';
import { en } from '../../packages/elements/src/messages/en.js';
import { nl } from '../../packages/elements/src/messages/nl.js';
import { pl } from '../../packages/elements/src/messages/pl.js';
import { LINE, startTestService, type TestService } from '../support/service.js';
import { deepText } from '../support/shown-text.js';

const EXPECTED = [/status of 404/];
const PEOPLE = [
  { id: 'maya', name: 'Maya Lindqvist' },
  { id: 'noah', name: 'Noah Brandt' },
  { id: 'ines', name: 'Inês Duarte' },
];
const TILES = {
  report: 'Report a fraud',
  message: 'Check a message',
  callback: 'Ask us to ring you',
  changes: 'Changes of your details',
  reference: 'Check a reference',
  never: 'Who may call you',
  offline: 'Codes without internet',
  letter: 'Code from a letter',
  devices: 'Your devices',
};
const LAYOUTS: Record<string, OpenOptions & { readonly prepare?: (page: Page) => Promise<unknown> }> = {
  narrow: { viewport: { width: 320, height: 640 } },
  'large text': {
    viewport: { width: 320, height: 640 },
    prepare: (page) =>
      page.addInitScript(() => {
        const { document } = globalThis as any;
        const grow = (): void => document.documentElement?.style.setProperty('font-size', '200%');
        document.addEventListener('DOMContentLoaded', grow);
      }),
  },
  dark: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  'forced colours': { viewport: { width: 390, height: 844 }, forcedColors: 'active' },
  'right to left': {
    viewport: { width: 390, height: 844 },
    prepare: (page) =>
      page.addInitScript(() => {
        const { document } = globalThis as any;
        document.addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl'));
      }),
  },
  wide: { viewport: { width: 1280, height: 800 } },
};

/** Words that would be noticed where they are not translated. */
const ENGLISH = Object.entries<unknown>(en).filter(
  (entry): entry is [string, string] => typeof entry[1] === 'string' && /^[^{]{13,}$/.test(entry[1]),
);

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

describe('each screen is whole and accessible', () => {
  test.each(Object.keys(LAYOUTS))('%s', { timeout: 150_000 }, async (name) => {
    const { prepare, ...options } = LAYOUTS[name]!;
    const page = await browser.open({ ...options, expected: EXPECTED });
    await prepare?.(page);
    const file = name.replaceAll(' ', '-');
    // Each customer is asked a few times a minute at most.
    const customer = PEOPLE[Object.keys(LAYOUTS).indexOf(name) % PEOPLE.length]!;
    await signIn(page, service, customer.name);
    const enrolling = page.getByRole('button', { name: 'Set up without a passkey' });
    await enrolling.waitFor();
    await expectAccessible(page, `home, ${name}`);
    await enrolByKey(page);
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: customer.id,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment of £250 we stopped',
      verify: true,
    });
    await page.getByRole('heading', { name: 'Are you on the phone with us now?' }).waitFor();
    await page.getByRole('button', { name: 'Yes. Check this call' }).click();
    await page.getByText('Genuine', { exact: true }).waitFor();
    await expectAccessible(page, `question, ${name}`);
    await picture(page, `${file}-question`);
    for (const [view, tile] of Object.entries(TILES)) {
      await page.getByRole('button', { name: tile, exact: true }).click();
      await page.getByRole('heading', { name: tile }).waitFor();
      await expectAccessible(page, `${tile}, ${name}`);
      if (name === 'narrow' || view === 'report') await picture(page, `${file}-${view}`);
      await page.getByRole('button', { name: 'Back', exact: true }).click();
    }
    await service.amara.post(`/v1/calls/${call.id}/end`);
  });

  test.each([
    ['German', 'de-DE', de, 'Noah Brandt', 'noah'],
    ['Dutch', 'nl-NL', nl, 'Maya Lindqvist', 'maya'],
    ['Polish', 'pl-PL', pl, 'Inês Duarte', 'ines'],
  ])('in %s', { timeout: 150_000 }, async (language, locale, messages, name, customerId) => {
    const wording = await loadWording(locale);
    const own = messages as Readonly<Record<string, unknown>>;
    const page = await browser.open({ viewport: { width: 320, height: 640 }, locale, expected: EXPECTED });
    const press = (words: string): Promise<void> => page.getByRole('button', { name: words, exact: true }).click();
    /** Holds what is shown against axe and against the words of English. */
    const look = async (screen: string): Promise<void> => {
      await expectAccessible(page, `${screen}, ${language}`);
      await picture(page, `${language.toLowerCase()}-${screen}`);
      const shown = await deepText(page);
      const left = ENGLISH.filter(([key, words]) => shown.includes(words) && words !== own[key]);
      expect(left, `English on ${screen} in ${language}`).toEqual([]);
    };
    await page.goto(`${service.url}/my`);
    await page.getByRole('heading', { name: wording.text('page.welcome') }).waitFor();
    expect(await page.evaluate(() => (globalThis as any).document.documentElement.lang)).toBe(wording.language);
    await look('welcome');
    await signIn(page, service, name, wording.text('page.signIn'));
    await page.getByRole('heading', { name: wording.text('enrol.heading') }).waitFor();
    await look('home');
    await press(wording.text('enrol.key'));
    await page.getByRole('heading', { name: wording.text('enrol.heading') }).waitFor({ state: 'detached' });
    // What is signed is in the customer's own language, which the bank has on file.
    expect((await service.admin.patch(`/v1/customers/${customerId}`, { locale })).status).toBe(200);
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      line: LINE,
      purpose: '0123456789',
      verify: true,
    });
    await page.getByRole('heading', { name: wording.text('question.are_you_talking_to_us') }).waitFor();
    await press(wording.text('calling.ask'));
    await page.getByText(wording.text('calling.genuine'), { exact: true }).waitFor();
    await look('question');
    expect(await deepText(page)).not.toContain('your PIN or your full password');
    await press(wording.text('question.no'));
    await page.getByText(wording.text('question.why')).waitFor();
    await look('reasons');
    await press(wording.text('question.backToQuestion'));
    for (const [view, tile] of Object.entries(TILES)) {
      const words = wording.text(view === 'offline' ? 'offlineCodes.heading' : (`${view}.heading` as 'report.heading'));
      expect(words).not.toBe(tile);
      await press(words);
      await page.getByRole('heading', { name: words }).waitFor();
      await look(view);
      await press(wording.text('back'));
    }
    await service.amara.post(`/v1/calls/${call.id}/end`);
    await page.getByText(wording.text('calling.wrong'), { exact: true }).waitFor();
    await look('not-your-bank');
  });
});

describe('the keyboard alone', () => {
  test(
    'asks for a verdict, answers a question and opens a part; focus is never taken',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open({ viewport: { width: 1000, height: 800 }, expected: EXPECTED });
      await signIn(page, service, 'Inês Duarte');
      await enrolByKey(page);
      const number = page.getByLabel('The number your phone shows');
      await number.focus();
      await page.keyboard.type('020');
      const { body: call } = await service.amara.post('/v1/calls', {
        customerId: 'ines',
        direction: 'outbound',
        line: LINE,
        purpose: 'Your card',
        verify: true,
      });
      await page.getByRole('heading', { name: 'Are you on the phone with us now?' }).waitFor();
      await page.keyboard.type('7946');
      expect(await number.inputValue()).toBe('0207946');
      await page.getByLabel('The code that the bank reads to you').focus();
      await page.keyboard.type(call.verification.code);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      expect(
        await page.evaluate(() => {
          let focused: any = (globalThis as any).document.activeElement;
          while (focused?.shadowRoot) focused = focused.shadowRoot.activeElement;
          return focused?.textContent?.trim();
        }),
      ).toBe('No');
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByText('Confirmed', { exact: true }).waitFor();
      await service.amara.post(`/v1/calls/${call.id}/end`);
    },
  );
});
