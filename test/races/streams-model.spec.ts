import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventStream, ServiceClient } from '../support/service-client.js';
import { fromTypeId } from '../../src/ids/ids.js';
import { createBareDatabase, type TestDatabase } from '../support/database.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

/** A transaction that is still open delays nobody but itself; a busy machine may take a while. */
const TOLD_MS = 10_000;
const NOTE = `INSERT INTO events (type, about, about_id, call_id, data) VALUES ('countersign.test.note', 'call', $1, $1, jsonb_build_object('note', $2::int))`;

let service: TestService;
let clients: ServiceClient[];
let elsewhere: TestDatabase;
beforeAll(async () => {
  service = await startTestService();
  const other = await service.startAnother();
  clients = [service.amara, new ServiceClient(other.url, await service.token('agent:amara'))];
  elsewhere = await createBareDatabase();
});
afterAll(async () => {
  await service.stop();
  await elsewhere.drop();
});

const until = async (what: () => boolean, why: () => string): Promise<void> => {
  for (const end = performance.now() + TOLD_MS; !what();) {
    if (performance.now() > end) throw new Error(why());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

/** A client that reads all the time, and knows what it may resume by: the `id` of every line, or of events alone. */
class Reader {
  readonly notes: number[] = [];
  private stream: EventStream | null = null;
  private reading: Promise<void> = Promise.resolve();
  private event = '';
  private place = '';

  constructor(
    private readonly path: string,
    private readonly by: 'place' | 'event',
  ) {}

  async open(client: ServiceClient): Promise<void> {
    const last = this.by === 'place' ? this.place : this.event;
    const stream = await client.stream(this.path, last === '' ? {} : { headers: { 'last-event-id': last } });
    this.stream = stream;
    this.reading = this.readAll(stream).catch(() => undefined);
  }

  async cut(): Promise<void> {
    this.stream?.close();
    await this.reading;
  }

  private async readAll(stream: EventStream): Promise<void> {
    const keep = (): void => {
      if (stream.lastEventId !== '') this.place = stream.lastEventId;
    };
    for (let next = stream.next(); ; next = stream.next()) {
      const event = await next.finally(keep);
      if (!event) return;
      keep();
      this.event = event.id;
      if (event.event === 'test.note') this.notes.push(event.data.data.note as number);
    }
  }
}

type Act = {
  readonly do: 'begin' | 'write' | 'commit' | 'rollback' | 'hold' | 'release' | 'cut' | 'pause';
  readonly n: number;
};
const act = fc.record<Act>({
  do: fc.constantFrom(
    'begin',
    'begin',
    'write',
    'write',
    'write',
    'commit',
    'commit',
    'rollback',
    'hold',
    'release',
    'cut',
    'cut',
    'pause',
    'pause',
  ),
  n: fc.nat(40),
});

/** One history of writers, of somebody else's transactions in another database of the cluster, and of readers that come and go. */
class History {
  private readonly open: { readonly transaction: OpenTransaction; readonly notes: number[] }[] = [];
  private readonly held: pg.Client[] = [];
  readonly committed: number[] = [];
  private count = 0;

  constructor(
    private readonly callId: string,
    private readonly readers: readonly Reader[],
  ) {}

  async do({ do: what, n }: Act): Promise<void> {
    const at = n % Math.max(this.open.length, 1);
    if (what === 'begin' && this.open.length < 5)
      this.open.push({ transaction: await OpenTransaction.begin(service), notes: [] });
    if (what === 'write' && this.open[at]) {
      this.count += 1;
      this.open[at].notes.push(this.count);
      await this.open[at].transaction.query(NOTE, [this.callId, this.count]);
    }
    if (what === 'commit' || what === 'rollback') await this.end(at, what === 'commit');
    if (what === 'hold' && this.held.length < 2) await this.hold();
    if (what === 'release') await this.held.shift()?.end();
    if (what === 'pause') await new Promise((resolve) => setTimeout(resolve, n * 4));
    if (what === 'cut') await this.resume(this.readers[n % this.readers.length]!, n);
  }

  async finish(): Promise<void> {
    // Before anything of what is open ends: what is committed by now is told.
    await this.allTold('while others were still open');
    while (this.open.length > 0) await this.end(0, true);
    await Promise.all(this.held.map((client) => client.end()));
    await this.allTold('after all had ended');
    for (const reader of this.readers) await reader.cut();
  }

  private async allTold(when: string): Promise<void> {
    for (const reader of this.readers) {
      const missing = (): number[] => this.committed.filter((note) => !reader.notes.includes(note));
      await until(
        () => missing().length === 0,
        () => `${missing()} were not told ${when}`,
      );
    }
  }

  private async end(at: number, commits: boolean): Promise<void> {
    const [ended] = this.open.splice(at, 1);
    if (!ended) return;
    await (commits ? ended.transaction.commit() : ended.transaction.rollback());
    if (commits) this.committed.push(...ended.notes);
  }

  private async hold(): Promise<void> {
    const client = new pg.Client({ connectionString: elsewhere.url });
    client.on('error', () => undefined);
    await client.connect();
    // Where the test ends early, what it holds must not hold up the log of others for ever.
    await client.query(`SET idle_in_transaction_session_timeout = '60s'`);
    await client.query('BEGIN; SELECT pg_current_xact_id()');
    this.held.push(client);
  }

  private async resume(reader: Reader, n: number): Promise<void> {
    await reader.cut();
    // Meanwhile nothing happens, or somebody commits, or all do, so that what was told early has settled when it is named.
    for (let ends = n % 3 === 2 ? this.open.length : n % 3; ends > 0; ends -= 1)
      await this.end(n % this.open.length, true);
    if (n % 3 === 2) while (this.held.length > 0) await this.held.shift()!.end();
    await reader.open(clients[n % 2]!);
  }
}

async function play(acts: readonly Act[], by: 'place' | 'event'): Promise<{ readers: Reader[]; committed: number[] }> {
  const { body: call } = await service.amara.post('/v1/calls', {
    customerId: newCustomerId(),
    direction: 'outbound',
    purpose: 'x',
  });
  const readers = Array.from({ length: 2 }, () => new Reader(`/v1/calls/${call.id}/stream`, by));
  for (const [index, reader] of readers.entries()) await reader.open(clients[index]!);
  const history = new History(fromTypeId('call', call.id)!, readers);
  for (const one of acts) await history.do(one);
  await history.finish();
  return { readers, committed: history.committed };
}

const histories = fc.array(act, { minLength: 15, maxLength: 45, size: 'max' });
const OPTIONS = { numRuns: 12, endOnFailure: true };

describe('streams at two processes, whatever is open in the cluster and whatever commits late,', () => {
  it('tell a reader that keeps the id of every line each event that is committed', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (acts) => {
        const { readers, committed } = await play(acts, 'place');
        for (const { notes } of readers) expect([...new Set(notes)].sort()).toEqual([...committed].sort());
      }),
      OPTIONS,
    );
  }, 300_000);

  it('tell a reader that keeps ids of events alone each event that is committed', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (acts) => {
        const { readers, committed } = await play(acts, 'event');
        for (const { notes } of readers) expect([...new Set(notes)].sort()).toEqual([...committed].sort());
      }),
      OPTIONS,
    );
  }, 300_000);

  it.each(['place', 'event'] as const)(
    'tell each event once, and in order, where one commits after the other (by %s)',
    async (by) => {
      const turns = histories.map((acts) =>
        acts.flatMap((one): Act[] => {
          if (['begin', 'commit', 'rollback'].includes(one.do)) return [];
          return one.do === 'write'
            ? [
                { do: 'begin', n: 0 },
                { do: 'write', n: 0 },
                { do: 'commit', n: 0 },
              ]
            : [one];
        }),
      );
      await fc.assert(
        fc.asyncProperty(turns, async (acts) => {
          const { readers, committed } = await play(acts, by);
          for (const { notes } of readers) expect(notes).toEqual(committed);
        }),
        OPTIONS,
      );
    },
    300_000,
  );
});
