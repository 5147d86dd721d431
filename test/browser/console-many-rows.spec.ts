import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INSERT_REPORTS } from '../../bench/report-rows.js';
import { fromTypeId } from '../../src/ids/ids.js';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, settled, signInToConsole } from '../support/console-page.js';
import { startTestService, type TestService } from '../support/service.js';

const MANY = 10_000;
const NUMBER = '+447700900777';
const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 900 }, expected: EXPECTED_ERRORS };

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

describe('10,000 rows', () => {
  test(
    'of reports are shown by fifty; a time stands in the address, a number does not',
    { timeout: 150_000 },
    async () => {
      await service.sql(INSERT_REPORTS, [MANY, NUMBER, 'rows-']);
      const page = await browser.open(WIDE);
      await signInToConsole(page, service, 'Femi Adeyemi', { path: '/reports' });
      await page.getByText('Shown: 50').waitFor();
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('Shown: 100').waitFor();
      const references = await page
        .getByRole('row')
        .evaluateAll((rows) => rows.slice(1).map((row: any) => row.lastElementChild.textContent.trim()));
      expect(new Set(references).size, 'no row twice').toBe(100);
      const form = page.getByRole('form', { name: 'Filter' });
      await form.getByLabel('From').fill(new Date(Date.now() - 3_600_000).toISOString().slice(0, 16));
      await form.getByRole('button', { name: 'Filter' }).click();
      await page.waitForURL((url) => url.searchParams.has('from'));
      await settled(page);
      await form.getByLabel('Number they used').fill(NUMBER);
      await form.getByRole('button', { name: 'Filter' }).click();
      const found = page.getByRole('row', { name: new RegExp(NUMBER.replace('+', '\\+')) });
      // What was found before stands there until it is read anew.
      await expect.poll(async () => [await found.count(), await page.getByRole('row').count()]).toEqual([50, 51]);
      expect(page.url()).not.toContain('447700900777');
      await page.getByText('Shown: 50').waitFor();
    },
  );

  test(
    'of deliveries are shown by pages, and by what became of them as the address says',
    { timeout: 150_000 },
    async () => {
      const { body } = await service.admin.post('/v1/webhooks', {
        url: 'https://hooks.example/rows',
        types: ['countersign.line.removed'],
      });
      await service.sql(
        `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_id, event_type, subject, status, attempts, closed_at)
       SELECT 'northbank', $1, gen_random_uuid(), 'countersign.call.declared', 'call', CASE WHEN n % 10 = 0 THEN 'exhausted' ELSE 'delivered' END, 1, now()
       FROM generate_series(1, $2::int) n`,
        [fromTypeId('whk', body.id), MANY],
      );
      const page = await browser.open(WIDE);
      await signInToConsole(page, service, 'Gita Rao', { path: `/webhooks/${body.id}` });
      const rows = page.getByRole('region', { name: 'Delivery log' }).getByRole('row');
      await page.getByText(/^Shown: \d+$/).waitFor();
      const shown = (await rows.count()) - 1;
      expect(shown).toBeLessThanOrEqual(100);
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText(`Shown: ${2 * shown}`).waitFor();
      await page.getByRole('link', { name: 'Given up' }).click();
      await page.waitForURL('**?status=exhausted');
      await settled(page);
      const shownAs = (status: string): Promise<number> => rows.getByText(status, { exact: true }).count();
      await expect.poll(async () => [await shownAs('Delivered'), (await shownAs('Given up')) > 0]).toEqual([0, true]);
    },
  );

  test(
    'of campaigns are shown by fifty, those that are over by an address of their own',
    { timeout: 150_000 },
    async () => {
      await service.sql(
        `INSERT INTO campaigns (tenant_id, id, closed_at, reach, reports, policy_version)
       SELECT 'northbank', uuid7(), CASE WHEN n % 2 = 0 THEN now() END, n, n, 0 FROM generate_series(1, $1::int) n`,
        [MANY],
      );
      const page = await browser.open(WIDE);
      await signInToConsole(page, service, 'Femi Adeyemi', { path: '/campaigns?state=closed' });
      await page.getByText('Shown: 50').waitFor();
      expect(await page.getByRole('row').getByText('Over', { exact: true }).count()).toBe(50);
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('Shown: 100').waitFor();
      expect(await page.getByRole('row').count()).toBe(101);
    },
  );
});
