import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, openPath, signInToConsole } from '../support/console-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const MANY = 500;
const AT_ONCE = 20;
const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 900 }, expected: EXPECTED_ERRORS };

interface Live {
  readonly id: string;
  readonly customerId: string;
  readonly reference: string;
}

let service: TestService;
let calls: Live[] = [];
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
  calls = await inBatches(MANY, async (index) => {
    const customerId = `many-${String(index).padStart(3, '0')}`;
    const call = { customerId, direction: 'outbound', line: LINE, purpose: `Call ${index}` };
    // Both are of one team.
    return (await service[index % 5 === 0 ? 'dana' : 'amara'].post('/v1/calls', call)).body;
  });
}, 170_000);
afterAll(() => service?.stop());

async function inBatches<Result>(many: number, make: (index: number) => Promise<Result>): Promise<Result[]> {
  const all: Result[] = [];
  while (all.length < many) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, many - all.length) }, (_, at) => all.length + at);
    all.push(...(await Promise.all(indexes.map(make))));
  }
  return all;
}

describe('500 live calls', () => {
  test('are listed a page at a time, each once, also while some of them end', async () => {
    const ended = new Set<string>();
    const listed: string[] = [];
    let after = '';
    do {
      const { status, body } = await service.dana.get(
        `/v1/calls?state=live&team=Fraud%20Operations&limit=50${after === '' ? '' : `&after=${after}`}`,
      );
      expect(status).toBe(200);
      expect(body.data.length).toBeLessThanOrEqual(50);
      listed.push(...body.data.map(({ id }: Live) => id));
      after = body.next === null ? '' : encodeURIComponent(body.next);
      // One that was read already ends: no other is lost from the pages to come by that.
      const gone = body.data[0].id as string;
      const owner = body.data[0].agent.id === 'dana' ? service.dana : service.amara;
      expect((await owner.post(`/v1/calls/${gone}/end`)).status).toBe(200);
      ended.add(gone);
    } while (after !== '');
    expect(listed).toHaveLength(MANY);
    expect(new Set(listed)).toEqual(new Set(calls.map(({ id }) => id)));
    calls = calls.filter(({ id }) => !ended.has(id));
  });

  test(
    'are walked on the wall to the last, which stays true when many change at once',
    { timeout: 170_000 },
    async () => {
      const page = await browser.open(WIDE);
      await signInToConsole(page, service, 'Dana Castellan', { path: '/wall' });
      const live = page.locator('.tiles li', { hasText: 'live' });
      await live.getByText(String(calls.length), { exact: true }).waitFor();
      for (let shown = 100; shown < calls.length; shown += 100) {
        await page.getByText(`Shown: ${shown}`).waitFor();
        await page.getByRole('button', { name: 'Show more' }).click();
      }
      await page.getByText(`All shown: ${calls.length}`).waitFor();
      const references = (): Promise<string[]> =>
        page
          .getByRole('row')
          .evaluateAll((rows) =>
            rows.slice(1).map((row: any) => row.querySelector('td:nth-last-child(2)').textContent.trim()),
          );
      expect((await references()).sort()).toEqual(calls.map(({ reference }) => reference).sort());

      // More than are read one by one: the list is read anew.
      const hungUp = calls.slice(0, 60);
      await inBatches(hungUp.length, async (index) => {
        const { id, customerId } = hungUp[index]!;
        const owner = Number(customerId.slice(-3)) % 5 === 0 ? service.dana : service.amara;
        expect((await owner.post(`/v1/calls/${id}/end`)).status).toBe(200);
      });
      calls = calls.slice(60);
      await live.getByText(String(calls.length), { exact: true }).waitFor();
      const left = calls.map(({ reference }) => reference).sort();
      await expect.poll(async () => (await references()).sort()).toEqual(left);

      const taken = calls.find(({ customerId }) => Number(customerId.slice(-3)) % 5 !== 0)!;
      const row = page.getByRole('row', { name: new RegExp(`${taken.customerId}\\b`) });
      await row.getByRole('button', { name: `Take over call ${taken.reference}` }).click();
      await row.getByText('Dana Castellan').waitFor();
      expect((await service.dana.get(`/v1/calls/${taken.id}`)).body.agent.id).toBe('dana');
    },
  );

  test('are an agent’s own and their team’s, each list with those alone', { timeout: 120_000 }, async () => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Amara Okafor', { path: '/calls' });
    const { body } = await service.amara.get('/v1/calls?state=live&agent=me&limit=200');
    expect(body.next, 'more than a page of the service').not.toBeNull();
    await page.getByText('Shown: 100').waitFor();
    const agents = await page
      .getByRole('row')
      .evaluateAll((rows) => rows.slice(1).map((row: any) => row.querySelector('td:nth-child(4)').textContent.trim()));
    expect(new Set(agents)).toEqual(new Set(['Amara Okafor']));
    await openPath(page, 'calls?show=team');
    await page.getByText('Shown: 100').waitFor();
    await page.getByRole('cell', { name: 'Dana Castellan' }).first().waitFor();
    expect(await page.getByRole('row').count()).toBe(101);
  });
});
