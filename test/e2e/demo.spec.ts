import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDemo } from '../../scripts/demo/play.js';
import { startLyingProxy } from '../support/lying-proxy.js';
import { freePort } from '../../bench/load/free-port.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** Plays the demo and returns its lines. */
async function play(options: Partial<Parameters<typeof playDemo>[0]> = {}): Promise<string[]> {
  const lines: string[] = [];
  await playDemo({
    serviceUrl: service.url,
    dataDirectory: service.dataDirectory,
    tenant: 'northbank',
    say: (line) => void lines.push(line),
    ...options,
  });
  return lines;
}

describe('the demo', () => {
  it('passes twice in a row on the same data, a line a step', async () => {
    const first = await play();
    const second = await play();
    expect(first.length).toBeGreaterThan(30);
    expect(second).toHaveLength(first.length);
    for (const line of first) expect(line).toMatch(/^(\n\S.*| {2}✓ .+)$/);
    expect(first.join('\n')).toMatch(
      /legitimate[\s\S]+confirmed[\s\S]+not_legitimate[\s\S]+reported, relay_suspected[\s\S]+handset_mismatch/,
    );
  });

  it('passes on a service that has been in use for days', async () => {
    await service.sql(`UPDATE customers SET created_at = now() - interval '3 days'`);
    expect((await play()).join('\n')).toContain('seen as a campaign');
  });

  it('waits after each step, and tells of customers as whom one can sign in', { timeout: 90_000 }, async () => {
    const waits: string[] = [];
    let under = 0;
    const slowly = async (line: string): Promise<void> => {
      if (!line.startsWith('\n')) expect(++under).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      if (!line.startsWith('\n')) under--;
      waits.push(line);
    };
    await play({ watch: true, say: slowly });
    // Whoever looks on does so at walking pace; here the same customer is asked again within the minute.
    const { headers } = await service.admin.get('/v1/policy');
    const often = { pushBudget: { perMinute: 20, sinceConfirmed: 100 } };
    await service.admin.put('/v1/policy', often, { headers: { 'if-match': headers.get('etag')! } });
    await play({ watch: true, say: slowly });
    const told = await service.sql<{ customer_id: string; calls: number }>(
      `SELECT customer_id, count(*)::int calls FROM calls WHERE customer_id IN ('maya', 'noah') GROUP BY 1 ORDER BY 1`,
    );
    expect(told.map(({ customer_id }) => customer_id)).toEqual(['maya', 'noah']);
    const left = await service.sql(
      `SELECT 1 FROM calls WHERE customer_id IN ('maya', 'noah') AND ended_at IS NULL
       UNION ALL SELECT 1 FROM devices WHERE customer_id IN ('maya', 'noah') AND revoked_at IS NULL`,
    );
    expect(left).toEqual([]);
  });

  it('fails, naming the step and what was expected, where the service calls every call legitimate', async () => {
    const green = await startLyingProxy(service.url, /\/call-verdicts$/, (body) => ({
      ...body,
      verdict: 'legitimate',
      reason: 'live_call',
      call: body.call ?? { id: 'call_x', agentName: 'Amara Okafor', purpose: 'A payment', startedAt: body.checkedAt },
    }));
    await expect(play({ serviceUrl: green.url })).rejects.toThrow(
      /From now on no call is Amara's[\s\S]+\bverdict: expected 'not_legitimate', got 'legitimate'/,
    );
    await green.stop();
  });

  it('fails where an answer by a coached customer counts as confirmed', async () => {
    const credulous = await startLyingProxy(service.url, /\/answer$/, (body) =>
      body.findings?.includes('handset_mismatch') ? { ...body, status: 'confirmed' } : body,
    );
    await expect(play({ serviceUrl: credulous.url })).rejects.toThrow(
      /Maya taps yes[\s\S]+\bstatus: expected 'reported', got 'confirmed'/,
    );
    await credulous.stop();
  });

  it('fails where the bank has no lines', async () => {
    await service.sql(`DELETE FROM lines WHERE tenant_id = 'southbank'`);
    await expect(play({ tenant: 'southbank' })).rejects.toThrow(
      /The bank has told the service[\s\S]+fraudLine: expected \/\^\\\+\/, got 'no line for outbound'/,
    );
  });

  it('says what to do where no service runs, or one without demo identities', async () => {
    await expect(play({ serviceUrl: `http://127.0.0.1:${await freePort()}` })).rejects.toThrow(
      /Start it with `npm start`/,
    );
    await expect(play({ tenant: 'westbank' })).rejects.toThrow(/no development issuer/);
  });
});
