import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 900 }, expected: EXPECTED_ERRORS };
const MANY = 10_000;

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

function fileOf(name: string, lines: readonly string[]): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(lines.join('\n')) };
}

describe('an import of 10,000 lines', () => {
  test(
    'of recipients shows how far it is, and the lines of the file that were rejected',
    { timeout: 120_000 },
    async () => {
      const page = await browser.open(WIDE);
      await signInToConsole(page, service, 'Gita Rao', { path: '/notices' });
      const form = page.getByRole('form', { name: 'Register a notice' });
      await form.getByLabel('Sender').fill('NORTHBANK');
      await form.getByLabel('What it is about').fill('Your new card');
      await form.getByLabel('Text').fill('Your new card is on its way.');
      await form.getByRole('button', { name: 'Register' }).click();
      await page.getByRole('heading', { name: 'Your new card', level: 1 }).waitFor();
      const ids = Array.from({ length: MANY }, (_, index) => (index % 2_500 === 7 ? `cust ${index}` : `cust-${index}`));
      await page.getByLabel('A file').setInputFiles(fileOf('ids.txt', ids));
      let held: (() => void) | undefined;
      await page.route('**/recipients', async (route) => {
        if (held === undefined) await new Promise<void>((resolve) => (held = resolve));
        await route.continue();
      });
      await page.getByRole('button', { name: 'Send the list' }).click();
      await page.getByText('Taken so far: 0 of 10,000 lines').waitFor();
      await expectAccessible(page, 'import under way');
      await picture(page, 'console-import-progress');
      await expect.poll(() => held).toBeDefined();
      held!();
      await page.getByText('Taken: 9,996. There already: 0. Rejected: 4.').waitFor({ timeout: 120_000 });
      const rejected = page.getByRole('region', { name: 'Lines that were rejected' });
      for (const line of ['8', '2,508', '5,008', '7,508'])
        await rejected.getByRole('cell', { name: line, exact: true }).waitFor();
      await expectAccessible(page, 'imported');
      expect((await service.admin.get('/v1/notices')).body.data[0].recipients).toBe(MANY - 4);
    },
  );

  test('of call records can be stopped, and sent again without harm', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/call-records' });
    await page.getByText('No record here.').waitFor();
    await expectAccessible(page, 'call records');
    await picture(page, 'console-call-records');
    const records = Array.from({ length: 3_000 }, (_, index) =>
      JSON.stringify({
        recordId: `pbx-${index}`,
        direction: 'outbound',
        line: LINE,
        startedAt: new Date(Date.now() - 3_600_000 + index).toISOString(),
        team: 'Collections',
      }),
    );
    const lines = [...records.slice(0, 1_500), '{broken', '{"recordId":""}', ...records.slice(1_500)];
    await page.getByLabel('A file').setInputFiles(fileOf('records.ndjson', lines));
    let release: (() => void) | undefined;
    await page.route('**/v1/call-records', async (route) => {
      if (route.request().method() === 'POST' && release === undefined)
        await new Promise<void>((resolve) => (release = resolve));
      await route.continue();
    });
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('progressbar').waitFor();
    await expect.poll(() => release).toBeDefined();
    await page.getByRole('button', { name: 'Stop' }).click();
    release!();
    await page.getByText('Taken: 1,000. There already: 0. Rejected: 0.').waitFor();
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('Taken: 2,000. There already: 1,000. Rejected: 2.').waitFor({ timeout: 120_000 });
    const rejected = page.getByRole('region', { name: 'Lines that were rejected' });
    for (const line of ['1,501', '1,502']) await rejected.getByRole('cell', { name: line, exact: true }).waitFor();
    await page.getByText('Shown: 50').waitFor();
    await page.getByRole('link', { name: 'Never declared' }).click();
    await page
      .getByRole('row', { name: /Never declared pbx-/ })
      .first()
      .waitFor();
    await expectAccessible(page, 'records imported');
    await picture(page, 'console-call-records-imported');
  });
});

describe('many', () => {
  test('10,000 lines are shown a page at a time', { timeout: 150_000 }, async () => {
    await service.sql(
      `INSERT INTO lines (tenant_id, number, use, label)
       SELECT tenant_id, '+4479' || lpad(n::text, 8, '0'), 'outbound', 'Many ' || n
       FROM lines, generate_series(1, $2::int) n WHERE number = $1`,
      [LINE, MANY],
    );
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Gita Rao', { path: '/lines' });
    await page.getByText('Shown: 100').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('Shown: 200').waitFor();
    expect(await page.getByRole('row').count()).toBe(201);
    await service.sql(`DELETE FROM lines WHERE label LIKE 'Many %'`);
  });

  test('500 live calls stand on the wall, alarms first, a hundred drawn at a time', { timeout: 120_000 }, async () => {
    const declare = (index: number): Promise<any> =>
      service.amara.post('/v1/calls', {
        customerId: `wall-${index}`,
        direction: 'outbound',
        line: LINE,
        purpose: `Call ${index}`,
      });
    for (let begin = 0; begin < 500; begin += 20)
      await Promise.all(Array.from({ length: 20 }, (_, index) => declare(begin + index)));
    const device = await service.customerWithDevice(newCustomerId());
    await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'inbound',
      purpose: 'A new card',
      verify: true,
    });
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Dana Castellan', { path: '/wall' });
    await page.getByText('Shown: 100').waitFor();
    await page.locator('.tiles li', { hasText: '501' }).waitFor();
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'no', reason: 'they_called_me' });
    const first = page.getByRole('row').nth(1);
    await first.getByText(device.customerId).waitFor();
    await first.getByText('Relay suspected').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('Shown: 200').waitFor();
    await expectAccessible(page, 'wall of 500');
    await picture(page, 'console-wall-500');
  });
});
