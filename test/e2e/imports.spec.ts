import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunksOf, stream } from '../support/ndjson.js';
import { expectProblem, send } from '../support/raw-http.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let admin: string;
beforeAll(async () => {
  service = await startTestService();
  admin = await service.token('admin');
});
afterAll(() => service.stop());

const MANY = 70_000;

async function newNotice(client = service.admin): Promise<{ id: string; path: string }> {
  const { body } = await client.post('/v1/notices', {
    channel: 'sms',
    summary: 'What happened to your account.',
    text: `Northbank: you were one of many. See https://northbank.example/${newCustomerId()}.`,
    sentAt: new Date().toISOString(),
  });
  return { id: body.id, path: `/v1/notices/${body.id}/recipients` };
}

const recipients = async (id: string): Promise<number> =>
  (await service.admin.get(`/v1/notices/${id}`)).body.recipients;
const SAME_LOOKS = 4;
/** The service may still be at work on what came before the cut, and a busy machine stand still in the midst of it. */
async function settled(read: () => Promise<number>): Promise<number> {
  for (let [last, same] = [-1, 0]; ;) {
    const now = await read();
    [last, same] = now === last ? [now, same + 1] : [now, 0];
    if (same === SAME_LOOKS) return now;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

const customer = (index: number): string => `{"customerId":"c-${index}"}`;

describe('seventy thousand recipients in one request', () => {
  it('are taken many at a time, in flat memory, with the malformed line named and the rest taken, and do no harm when they come again', async () => {
    const notice = await newNotice();
    const line = (index: number): string =>
      index === 31_415 ? '{"customerId":"c-31415"' : index % 2 === 0 ? customer(index) : `"c-${index}"`;
    const before = process.memoryUsage().heapUsed;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().heapUsed);
    }, 20);
    const reply = await stream(service.url, notice.path, admin, chunksOf(MANY, line));
    clearInterval(watch);
    expect(reply).toMatchObject({
      status: 200,
      body: {
        accepted: MANY - 1,
        duplicates: 0,
        rejected: [{ line: 31_416, detail: 'is not JSON' }],
        rejectedCount: 1,
      },
    });
    // Two thousand at a time, each time in one transaction.
    const [{ transactions }] = (await service.sql(
      `SELECT count(DISTINCT xmin::text)::int AS transactions FROM notice_recipients WHERE notice_id = (SELECT id FROM notices ORDER BY id DESC LIMIT 1)`,
    )) as [{ transactions: number }];
    expect(transactions).toBe(MANY / 2_000);
    expect(peak - before).toBeLessThan(150 * 1024 * 1024);
    expect(await recipients(notice.id)).toBe(MANY - 1);
    expect((await stream(service.url, notice.path, admin, chunksOf(MANY, customer)))!.body).toMatchObject({
      accepted: 1,
      duplicates: MANY - 1,
      rejectedCount: 0,
    });
    expect(await recipients(notice.id)).toBe(MANY);
    const [{ sum }] = (await service.sql(
      `SELECT sum((data ->> 'added')::int)::int AS sum FROM events WHERE type = 'countersign.notice.recipients_added'`,
    )) as [{ sum: number }];
    expect(sum).toBe(MANY);
  });

  it('cut off in the middle keep what came, take no half line, and are complete when they are sent again', async () => {
    const notice = await newNotice();
    const cutAfter = customer(10_000).length * 30_000 - 7;
    await stream(service.url, notice.path, admin, chunksOf(MANY, customer), { cutAfter });
    const kept = await settled(() => recipients(notice.id));
    expect(kept).toBeGreaterThan(10_000);
    expect(kept).toBeLessThan(MANY);
    expect(
      await service.sql(
        `SELECT customer_id FROM notice_recipients WHERE notice_id = (SELECT id FROM notices ORDER BY id DESC LIMIT 1) AND customer_id !~ '^c-\\d+$'`,
      ),
    ).toEqual([]);
    expect((await stream(service.url, notice.path, admin, chunksOf(MANY, customer)))!.body).toMatchObject({
      accepted: MANY - kept,
      duplicates: kept,
    });
    expect(await recipients(notice.id)).toBe(MANY);
  });

  it('twice at once are counted once', async () => {
    const notice = await newNotice();
    const [one, other] = await Promise.all(
      [1, -1].map((way) =>
        stream(
          service.url,
          notice.path,
          admin,
          chunksOf(10_000, (index) => customer(way === 1 ? index : 9_999 - index)),
        ),
      ),
    );
    expect(one!.status + other!.status).toBe(400);
    expect(one!.body.accepted + other!.body.accepted).toBe(10_000);
    expect(await recipients(notice.id)).toBe(10_000);
  });
});

describe("the telephone system's records", () => {
  const record = (index: number): string =>
    JSON.stringify({
      recordId: `pbx-${index}`,
      direction: index % 5 ? 'outbound' : 'inbound',
      line: '+442079460100',
      startedAt: new Date(1_795_000_000_000 + index).toISOString(),
      team: '客服 👩🏽‍💻',
    });
  const kept = async (): Promise<number> => (await service.sql('SELECT count(*)::int FROM call_records'))[0].count;

  it('cut off in the middle are kept as far as they came, and complete when they are sent again, with the malformed line named', async () => {
    const telephony = await service.token('telephony');
    const lines = 8_000;
    await stream(service.url, '/v1/call-records', telephony, chunksOf(lines, record), {
      cutAfter: record(5_000).length * 4_000 - 9,
    });
    const came = await settled(kept);
    expect(came).toBeGreaterThan(1_000);
    expect(came).toBeLessThan(lines);
    const again = await stream(
      service.url,
      '/v1/call-records',
      telephony,
      chunksOf(lines, (index) => (index === 6_999 ? record(index).slice(0, -3) : record(index))),
    );
    expect(again).toMatchObject({
      status: 200,
      body: {
        accepted: lines - 1 - came,
        duplicates: came,
        rejected: [{ line: 7_000, detail: 'is not JSON' }],
        rejectedCount: 1,
      },
    });
    expect(await kept()).toBe(lines - 1);
  });
});

describe('a line that cannot be taken', () => {
  it.each<[string, string | Buffer, string]>([
    ['is no JSON', 'c-1', 'is not JSON'],
    ['is cut short', '{"customerId":"c', 'is not JSON'],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'is not UTF-8'],
    ['is too long', `"${'x'.repeat(5_000)}"`, 'is longer than 4096 bytes'],
    ['is a number', '12', 'must be {"customerId":"…"}'],
    ['is null', 'null', 'must be {"customerId":"…"}'],
    ['is a list', '["c-1"]', 'must be {"customerId":"…"}'],
    ['has another field', '{"customerId":"c-1","name":"x"}', 'must be {"customerId":"…"}'],
    ['is an id that cannot be', '"c 1"', 'must be {"customerId":"…"}'],
    ['has a NUL', '"c\\u0000"', 'holds a NUL'],
    ['has a NUL in a name', '{"customerId":"c-1","\\u0000":1}', 'holds a NUL'],
    ['has a number that is none', '{"customerId":1e400}', 'out of range'],
    ['has a list in a list', '{"customerId":[["c-1"]]}', 'must be {"customerId":"…"}'],
    ['is nested', '{"customerId":'.repeat(200), 'is not JSON'],
    ['has __proto__', '{"__proto__":{"customerId":"c-1"}}', 'must be {"customerId":"…"}'],
  ])('because it %s is named, and its neighbours are taken', async (_what, bad, detail) => {
    const notice = await newNotice();
    const reply = await stream(service.url, notice.path, admin, ['\ufeff"a"\r\n\n', bad, '\n"b"']);
    expect(reply).toMatchObject({
      status: 200,
      body: {
        accepted: 2,
        duplicates: 0,
        rejected: [{ line: 3, detail: expect.stringContaining(detail) }],
        rejectedCount: 1,
      },
    });
  });

  it('is named up to a hundred times and counted always', async () => {
    const notice = await newNotice();
    const { body } = (await stream(
      service.url,
      notice.path,
      admin,
      chunksOf(5_000, (index) => (index % 2 === 0 ? '{' : customer(index))),
    ))!;
    expect(body).toMatchObject({ accepted: 2_500, rejectedCount: 2_500 });
    expect(body.rejected).toHaveLength(100);
    expect(body.rejected.at(-1)).toMatchObject({ line: 199 });
  });

  it('is put together from however small pieces it comes in', async () => {
    const notice = await newNotice();
    const text = Buffer.from('{"customerId":"c-1"}\n"c-2"\n"é"\n');
    const { body } = (await stream(
      service.url,
      notice.path,
      admin,
      [...text].map((byte) => Buffer.of(byte)),
    ))!;
    expect(body).toMatchObject({ accepted: 2, rejected: [{ line: 3 }] });
  });
});

describe('a body that is no import', () => {
  it('of another type is refused here, and lines are refused anywhere else', async () => {
    const notice = await newNotice();
    const post = (path: string, type: string | null, body: string) =>
      send(service.url, {
        method: 'POST',
        path,
        headers: { authorization: `Bearer ${admin}`, ...(type === null ? {} : { 'content-type': type }) },
        body,
      });
    for (const type of [
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/x-ndjson-seq',
      null,
    ])
      expectProblem(await post(notice.path, type, '{"customerId":"c-1"}'), 415, 'unsupported-media-type');
    expect((await post(notice.path, 'Application/X-NDJSON; charset=utf-8', '"c-1"')).status).toBe(200);
    for (const path of ['/v1/notices', '/v1/calls', '/v1/customers/c-1/notice-checks'])
      expectProblem(await post(path, 'application/x-ndjson', '{}'), 415, 'unsupported-media-type');
    expectProblem(await post('/v1/nowhere', 'application/x-ndjson', '{}'), 404);
    expect(await recipients(notice.id)).toBe(1);
  });

  it('that goes on for too long is refused, and what came before is taken', async () => {
    const notice = await newNotice();
    const padding = ' '.repeat(4_000);
    const reply = await stream(
      service.url,
      notice.path,
      admin,
      chunksOf(17_000, (index) => `"c-${index % 7}"${padding}`),
    );
    expectProblem(reply!, 413, 'import-too-large');
    expect(await recipients(notice.id)).toBe(7);
  });

  it('that drips is told 408 when its time is over, and what came is taken', async () => {
    const notice = await newNotice();
    const hasty = await service.startAnother({ REQUEST_TIMEOUT_SECONDS: '3' });
    const socket = connect(Number(new URL(hasty.url).port), '127.0.0.1').on('error', () => undefined);
    socket.write(
      `POST ${notice.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin}\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n`,
    );
    let sent = 0;
    const drip = setInterval(() => {
      if (socket.writable) socket.write(`"c-${(sent += 1)}"\n`);
    }, 50);
    try {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      await new Promise((resolve) => socket.on('close', resolve));
      expect(text).toMatch(/^HTTP\/1\.1 408 /);
      expect(text).toContain('What came before is taken');
    } finally {
      clearInterval(drip);
      await hasty.stop();
    }
    await expect.poll(() => recipients(notice.id)).toBeGreaterThan(5);
    expect(await recipients(notice.id)).toBeLessThanOrEqual(sent);
  });

  it('that takes longer than any other request may, and goes on coming, is taken to its end', async () => {
    const notice = await newNotice();
    const hasty = await service.startAnother({ REQUEST_TIMEOUT_SECONDS: '3' });
    const pause = () =>
      new Promise<void>((resolve) => {
        setTimeout(resolve, 400);
      });
    const slowly = async function* (): AsyncGenerator<string> {
      for (let round = 0; round < 10; round += 1) {
        yield [...chunksOf(100, (index) => customer(100 * round + index))].join('');
        await pause();
      }
    };
    expect((await stream(hasty.url, notice.path, admin, slowly()))!).toMatchObject({
      status: 200,
      body: { accepted: 1_000 },
    });
    await hasty.stop();
  });

  it('that is over the time of all imports is told 408, however fast it comes, and what came is taken', async () => {
    const notice = await newNotice();
    const hasty = await service.startAnother({ IMPORT_TIMEOUT_SECONDS: '5' });
    const endless = function* (): Generator<string> {
      for (let round = 0; round < 100_000; round += 1)
        yield [...chunksOf(2_000, (index) => customer(2_000 * (round % 50) + index))].join('');
    };
    const reply = await stream(hasty.url, notice.path, admin, endless());
    expectProblem(reply!, 408, 'request-timeout');
    expect(await recipients(notice.id)).toBeGreaterThanOrEqual(2_000);
    await hasty.stop();
  });

  it("without a token, with another scope or for another tenant's notice is refused before it is read", async () => {
    const notice = await newNotice();
    expectProblem((await stream(service.url, notice.path, 'x', chunksOf(20_000, customer)))!, 401);
    expectProblem(
      (await stream(service.url, notice.path, await service.token('app'), chunksOf(20_000, customer)))!,
      403,
    );
    for (const path of [
      notice.path,
      '/v1/notices/ntc_01jd3f6q8zfk1rz1m3v9w1c2aa/recipients',
      '/v1/notices/x/recipients',
    ]) {
      expectProblem(
        (await stream(service.url, path, await service.token('admin', 'southbank'), chunksOf(20_000, customer)))!,
        404,
      );
    }
    expect(await recipients(notice.id)).toBe(0);
    const south = await service.clients('southbank');
    expect((await south.admin.get(`/v1/notices/${notice.id}`)).status).toBe(404);
    expect((await south.admin.get('/v1/notices')).body.data).toEqual([]);
  });
});
