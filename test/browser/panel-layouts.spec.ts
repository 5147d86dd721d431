import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { type OpenOptions, useBrowser } from '../support/browser.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { openPanel } from '../support/panel-page.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

interface Layout extends OpenOptions {
  readonly prepare?: (page: Page) => Promise<unknown>;
}

const LAYOUTS: Record<string, Layout> = {
  light: { viewport: { width: 420, height: 900 } },
  dark: { viewport: { width: 420, height: 900 }, colorScheme: 'dark' },
  'forced colours': { viewport: { width: 420, height: 900 }, forcedColors: 'active' },
  narrow: { viewport: { width: 320, height: 640 } },
  wide: { viewport: { width: 1024, height: 768 } },
  'large text': {
    viewport: { width: 320, height: 640 },
    prepare: (page) =>
      page.addInitScript(() => {
        const { document } = globalThis as any;
        const grow = (): void => document.documentElement?.style.setProperty('font-size', '200%');
        document.addEventListener('DOMContentLoaded', grow);
      }),
  },
};

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

describe('each state of the panel is whole and accessible', () => {
  test.each(Object.keys(LAYOUTS))('%s', { timeout: 120_000 }, async (name) => {
    const { prepare, ...options } = LAYOUTS[name]!;
    const device = await service.customerWithDevice(newCustomerId());
    const { customerId } = device;
    const panel = await browser.open(options);
    await prepare?.(panel);
    const look = async (state: string): Promise<void> => {
      await expectAccessible(panel, `${state}, ${name}`);
      await picture(panel, `panel-${name.replaceAll(' ', '-')}-${state}`);
    };
    const settings = { customerId, line: LINE, purpose: 'A payment of £250 we stopped', externalId: customerId };
    await openPanel(panel, service, settings);
    await panel.getByText('1, of which 1 old enough').waitFor();
    await look('before');
    await panel.getByRole('button', { name: 'Declare and ask the customer' }).click();
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    await panel.getByRole('heading', { name: 'What the customer sees' }).waitFor();
    await look('waiting');
    const confirm = async (): Promise<void> => {
      const code = (await panel.locator('.code-card .code').innerText()).replace(/\D/g, '');
      const question = await device.waitingQuestion(service.app);
      await device.answer(service.app, question!, { answer: 'yes', code });
    };
    await confirm();
    await panel.getByText('Confirmed', { exact: true }).waitFor();
    await look('confirmed');
    await panel.getByRole('button', { name: 'Ask again, with a new code' }).click();
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'no', reason: 'not_me' });
    await panel.getByText('The customer said no', { exact: true }).waitFor();
    await look('denied');
    await panel.getByRole('button', { name: 'Ask again, with a new code' }).click();
    await panel.getByText('Not verified yet', { exact: true }).waitFor();
    const last = await device.waitingQuestion(service.app);
    await device.answer(service.app, last!, { answer: 'no', reason: 'pressured' });
    await panel.getByRole('alert').getByText('Stop. This looks like fraud').waitFor();
    await look('alarm');
  });

  test('in German, with an alarm', { timeout: 120_000 }, async () => {
    const device = await service.customerWithDevice(newCustomerId());
    const panel = await browser.open({ viewport: { width: 420, height: 900 }, locale: 'de-DE', colorScheme: 'dark' });
    const settings = { customerId: device.customerId, direction: 'inbound', purpose: 'Eine neue Karte' };
    await openPanel(panel, service, settings, { words: 'Anmelden' });
    await panel.getByText('Nicht geprüft', { exact: true }).waitFor();
    await expectAccessible(panel, 'German, before');
    await picture(panel, 'panel-german-before');
    await panel.getByRole('button', { name: 'Anmelden und Kunden fragen' }).click();
    await panel.getByText('Noch nicht geprüft', { exact: true }).waitFor();
    await panel.getByText('Haben Sie uns angerufen?').waitFor();
    await expectAccessible(panel, 'German, waiting');
    await picture(panel, 'panel-german-waiting');
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'no', reason: 'they_called_me' });
    await panel.getByRole('alert').getByText('Halt. Das sieht nach Betrug aus').waitFor();
    await expectAccessible(panel, 'German, alarm');
    await picture(panel, 'panel-german-alarm');
    expect(await panel.evaluate(() => (globalThis as any).document.documentElement.lang)).toBe('de');
  });
});
