import { get, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { INSERT_REPORTS } from '../../bench/report-rows.js';
import { Databases } from '../../src/database/databases.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { expectProblem, send } from '../support/raw-http.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

const ROWS = 200_000;
const NUMBER = '+447700900042';
const MB = 1024 * 1024;

let service: TestService;
let token: string;
beforeAll(async () => {
  service = await startTestService();
  token = await service.token('analyst');
});
afterAll(() => service.stop());

/** Begins an export and reads nothing of it yet; one that is refused for load is asked for again. */
async function open(query: string): Promise<IncomingMessage> {
  for (let refusals = 0; ; refusals += 1) {
    const response = await begin(query);
    if (response.statusCode !== 503 || refusals === 10) return response;
    response.resume();
    await wait(1_000);
  }
}

function begin(query: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${service.url}/v1/reports/export?${query}`, { headers: { authorization: `Bearer ${token}` } }, resolve).on(
      'error',
      reject,
    );
  });
}

async function readAll(
  response: IncomingMessage,
  onMegabyte: () => void = () => undefined,
): Promise<{ bytes: number; lines: number }> {
  let [bytes, lines, told] = [0, 0, 0];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
    if (bytes - told > 5 * MB) {
      told = bytes;
      onMegabyte();
    }
  }
  return { bytes, lines };
}

describe('an export', () => {
  it('that fails before its first byte is refused as any other request, and not cut off', async () => {
    for (const format of ['csv', 'ndjson']) {
      await service.sql('ALTER TABLE reports RENAME TO reports_elsewhere');
      const reply = await send(service.url, {
        path: `/v1/reports/export?format=${format}`,
        headers: { authorization: `Bearer ${token}` },
      });
      await service.sql('ALTER TABLE reports_elsewhere RENAME TO reports');
      expectProblem(reply, 500, 'internal-error');
      expect(reply.headers['content-disposition']).toBeUndefined();
      expect((await service.analyst.get(`/v1/reports/export?format=${format}`)).status).toBe(200);
    }
  });

  it('is CSV or NDJSON, by campaign, number and time, without anything about a customer', async () => {
    const customers = Array.from({ length: 8 }, newCustomerId);
    for (const customerId of customers)
      await service.app.post(`/v1/customers/${customerId}/reports`, {
        channel: 'sms',
        claimedNumber: '+447700900041',
        claimedSender: '=cmd|A1',
        text: 'I am Maya',
        links: ['https://evil.example/maya'],
      });
    await service.app.post(`/v1/customers/${customers[0]}/reports`, {
      channel: 'call',
      claimedNumber: '+447700900040',
    });
    const csv = await service.analyst.get('/v1/reports/export?format=csv');
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="reports.csv"');
    const rows = csv.body.split('\r\n');
    expect(rows).toHaveLength(11);
    expect(rows[1]).toMatch(
      /^rpt_\w{26},[0-9A-Z-]{9},[0-9TZ:.-]+,,sms,'\+447700900041,'=cmd\|A1,evil\.example,,cmp_\w{26}$/,
    );
    expect(csv.body).not.toMatch(/maya|cust-/i);
    const lines = async (query: string) =>
      (await service.analyst.get(`/v1/reports/export?format=ndjson&${query}`)).body
        .split('\n')
        .filter(Boolean)
        .map((line: string) => JSON.parse(line));
    const [first] = await lines('');
    expect(first).toMatchObject({
      claimedNumber: '+447700900041',
      claimedSender: '=cmd|A1',
      campaign: expect.stringMatching(/^cmp_/),
    });
    expect(await lines(`campaign=${first.campaign}`)).toHaveLength(8);
    expect(await lines('number=%2B447700900040')).toHaveLength(1);
    expect(await lines(`campaign=${first.campaign}&number=%2B447700900040`)).toEqual([]);
    expect(await lines('to=2020-01-01T00:00:00Z')).toEqual([]);
    expect(await lines('from=2020-01-01T00:00:00Z')).toHaveLength(9);
    for (const wrong of ['format=xml', 'campaign=x', 'from=yesterday', 'limit=5'])
      expect((await service.analyst.get(`/v1/reports/export?${wrong}`)).status).toBe(400);
    const head = await fetchAdmitted(`${service.url}/v1/reports/export`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${token}` },
    });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/csv')]);
  });

  it('has no cell that a spreadsheet would take for a formula, whatever customers type', async () => {
    const [south, typed] = [
      await service.clients('southbank'),
      [
        '=1+1',
        '+1-1',
        '-2+3',
        '@SUM(A1)',
        '\t=1',
        '\r=1',
        '\u200b=1',
        '＝1+1',
        '＋1',
        '－1',
        '＠A1',
        '"=1"',
        ',=1',
        '\n=1',
        '=HYPERLINK("https://evil.example","Pay")',
      ],
    ];
    for (const text of typed)
      expect(
        (
          await south.app.post(`/v1/customers/${newCustomerId()}/reports`, {
            channel: 'sms',
            claimedSender: text,
            claimedNumber: text,
            links: [text],
          })
        ).status,
      ).toBe(201);
    const csv = (await south.analyst.get('/v1/reports/export?format=csv')).body as string;
    const rows = csv.trimEnd().split('\r\n');
    expect(rows).toHaveLength(typed.length + 1);
    const cells = rows.flatMap((row) =>
      [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      ),
    );
    expect(cells).toHaveLength(10 * rows.length);
    for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
    expect(csv).toContain("'=1+1");
  });

  it('of CSV is read safely where cells are parted at semicolons, and begins with a byte order mark on request', async () => {
    const customerId = newCustomerId();
    for (const claimedSender of [
      'Bank;=HYPERLINK("https://evil.example")',
      'Bank;\t"＝1',
      '\u200b=1',
      'Bank\n@SUM(A1)',
    ]) {
      expect(
        (
          await service.app.post(`/v1/customers/${customerId}/reports`, {
            channel: 'sms',
            claimedNumber: '+447700900043',
            claimedSender,
          })
        ).status,
      ).toBe(201);
    }
    const read = async (query: string) =>
      await send(service.url, {
        path: `/v1/reports/export?number=%2B447700900043&${query}`,
        headers: { authorization: `Bearer ${token}` },
      });
    const plain = await read('format=csv');
    expect(plain.text).toMatch(/^id,/);
    expect(plain.text.split(/[;\t\r\n]/).filter((cell) => /^[\s"\u200b]*[=+@＝-]/.test(cell))).toEqual([]);
    expect(plain.text).toContain(";'=HYPERLINK");
    expect((await read('format=csv&bom=true')).text).toBe(`\ufeff${plain.text}`);
    expect((await read('bom=true')).text).toBe(`\ufeff${plain.text}`);
    expect((await read('format=csv&bom=false')).text).toBe(plain.text);
    expectProblem(await read('format=ndjson&bom=true'), 400, 'invalid-request');
    for (const bom of ['1', 'yes', 'TRUE', ''])
      expectProblem(await read(`format=csv&bom=${bom}`), 400, 'invalid-request');
    const lines = (await service.analyst.get('/v1/reports/export?number=%2B447700900043&format=ndjson')).body as string;
    expect(JSON.parse(lines.split('\n')[0]!)).toMatchObject({ claimedSender: expect.stringContaining(';=HYPERLINK') });
  });

  describe(`of ${ROWS} rows`, () => {
    beforeAll(() => service.sql(INSERT_REPORTS, [ROWS, NUMBER, 'a']), 120_000);

    it('keeps memory flat', async () => {
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const live = (): number => {
        collect();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      await readAll(await open('format=ndjson&number=' + encodeURIComponent(NUMBER)));
      const before = live();
      let most = 0;
      const { bytes, lines } = await readAll(await open('format=ndjson'), () => {
        most = Math.max(most, live() - before);
      });
      expect(lines).toBeGreaterThanOrEqual(ROWS);
      expect(bytes).toBeGreaterThan(40 * MB);
      process.stdout.write(
        `  ${lines} rows, ${Math.round(bytes / MB)} MB, at most ${(most / MB).toFixed(1)} MB more alive meanwhile\n`,
      );
      expect(most).toBeLessThan(12 * MB);
    });

    it('of one number goes by its index', async () => {
      const { lines } = await readAll(await open(`format=csv&number=${encodeURIComponent(NUMBER)}`));
      expect(lines).toBe(ROWS / 4 + 1);
    });

    it('waits for a reader who takes nothing, and stops for one who leaves', async () => {
      // Each page is a transaction of its own.
      const pages = vi.spyOn(service.running.app.get(Databases).of('northbank'), 'transaction');
      const settled = async (): Promise<number> => {
        let before = -1;
        // Four looks in a row: a machine may stand still during one.
        for (let looks = 0; looks < 4; looks += 1) {
          if (before !== pages.mock.calls.length) looks = 0;
          before = pages.mock.calls.length;
          await wait(700);
        }
        return before;
      };
      const response = await open('format=ndjson');
      const whilePaused = await settled();
      expect(whilePaused).toBeGreaterThan(0);
      expect(whilePaused).toBeLessThan(ROWS / 2_000 / 2);
      response.destroy();
      expect(await settled()).toBeLessThanOrEqual(whilePaused + 1);
      pages.mockRestore();
      expect((await service.analyst.get('/v1/reports?limit=1')).status).toBe(200);
    });
  });
});
