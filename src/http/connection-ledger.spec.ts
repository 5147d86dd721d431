import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionLedger, type LedgerEntry } from './connection-ledger.js';

const BOUNDS = { connections: 10, connectionsPerClient: 6, waitingBytes: 1_000 };

const ledgerOf = (bounds: Partial<typeof BOUNDS> = {}): ConnectionLedger<string> =>
  new ConnectionLedger<string>({ ...BOUNDS, ...bounds });

/** Opens connections that wait, each with so many bytes. */
function waiting(ledger: ConnectionLedger<string>, client: string, ...bytes: number[]): LedgerEntry<string>[] {
  return bytes.map((each, index) => {
    const entry = ledger.open(client, `${client}${index}`);
    ledger.wait(entry, each);
    return entry;
  });
}

describe('who makes room for a connection', () => {
  it('is nobody while there is room', () => {
    const ledger = ledgerOf();
    waiting(ledger, 'a', 1, 1, 1, 1, 1);
    expect(ledger.roomFor(ledger.open('a', 'new'))).toBeNull();
  });

  it('is the one of a client with too many that has waited longest, and never one of another client', () => {
    const ledger = ledgerOf();
    waiting(ledger, 'b', 1, 1);
    const [first, second] = waiting(ledger, 'a', 1, 1, 1, 1, 1, 1);
    ledger.work(first!);
    expect(ledger.roomFor(ledger.open('a', 'new'))).toBe(second);
  });

  it('is one of the client that has most, where there are too many of all', () => {
    const ledger = ledgerOf();
    waiting(ledger, 'b', 1, 1, 1, 1);
    const [first] = waiting(ledger, 'a', 1, 1, 1, 1, 1, 1);
    expect(ledger.roomFor(ledger.open('c', 'new'))).toBe(first);
  });

  it('is nobody for many clients behind one address, until there are too many of all', () => {
    const ledger = ledgerOf();
    const entries = Array.from({ length: 9 }, (_none, index) => ledger.open('proxy', `proxy${index}`, true));
    for (const entry of entries) ledger.wait(entry, 1);
    expect(ledger.roomFor(ledger.open('proxy', 'tenth', true))).toBeNull();
    expect(ledger.roomFor(ledger.open('proxy', 'eleventh', true))).toBe(entries[0]);
  });

  it('is itself where nobody waits', () => {
    const ledger = ledgerOf({ connections: 3 });
    for (const client of ['a', 'b', 'c']) ledger.open(client, client);
    const newcomer = ledger.open('d', 'new');
    expect(ledger.roomFor(newcomer)).toBe(newcomer);
  });

  it('is not one that has made room already', () => {
    const ledger = ledgerOf({ connections: 2 });
    const [first, second] = waiting(ledger, 'a', 1, 1);
    expect(ledger.roomFor(ledger.open('a', 'new'))).toBe(first);
    ledger.close(first!);
    ledger.close(first!);
    ledger.wait(first!, 500);
    expect(ledger.size).toBe(2);
    expect(ledger.roomFor(ledger.open('a', 'newer'))).toBe(second);
  });
});

describe('who makes room for what is kept', () => {
  it('is the one of the client for whom most is kept that has waited longest, however little itself', () => {
    const ledger = ledgerOf();
    waiting(ledger, 'b', 400, 50);
    const [first] = waiting(ledger, 'a', 1, 600);
    expect(ledger.roomForBytes()).toBe(first);
  });
});

interface Step {
  readonly what: 'open' | 'wait' | 'work' | 'close';
  readonly client: string;
  readonly at: number;
  readonly bytes: number;
}
const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom('open', 'open', 'wait', 'wait', 'work', 'close'),
    client: fc.constantFrom('a', 'b', 'c'),
    at: fc.nat(30),
    bytes: fc.integer({ min: 1, max: 400 }),
  }),
  { maxLength: 200 },
);

describe('the books', () => {
  it('are right after anything that may happen: never over a bound for longer than one makes room, and never at the cost of one that works', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const ledger = ledgerOf();
        const open: { entry: LedgerEntry<string>; bytes: number }[] = [];
        const kept = (client?: string): number =>
          open
            .filter(({ entry }) => client === undefined || entry.client.key === client)
            .reduce((sum, { bytes }) => sum + bytes, 0);
        const strike = (entry: LedgerEntry<string>): void => {
          ledger.close(entry);
          open.splice(
            open.findIndex((candidate) => candidate.entry === entry),
            1,
          );
        };
        const leave = (leaving: LedgerEntry<string>, newcomer?: LedgerEntry<string>): void => {
          const { entry, bytes } = open.find((candidate) => candidate.entry === leaving)!;
          expect(entry === newcomer || bytes > 0).toBe(true);
          strike(leaving);
        };
        for (const { what, client, at, bytes } of all) {
          const chosen = open[at % Math.max(1, open.length)];
          if (what === 'open') {
            const entry = ledger.open(client, client);
            open.push({ entry, bytes: 0 });
            const leaving = ledger.roomFor(entry);
            if (leaving) leave(leaving, entry);
          } else if (chosen) {
            if (what === 'wait') [chosen.bytes] = [bytes, ledger.wait(chosen.entry, bytes)];
            else if (what === 'work') [chosen.bytes] = [0, ledger.work(chosen.entry)];
            else strike(chosen.entry);
            for (let leaving = ledger.roomForBytes(); leaving; leaving = ledger.roomForBytes()) {
              const most = Math.max(...['a', 'b', 'c'].map(kept));
              expect(kept(leaving.client.key)).toBe(most);
              leave(leaving);
            }
          }
          expect(ledger.size).toBe(open.length);
          expect(open.length).toBeLessThanOrEqual(BOUNDS.connections);
          for (const key of ['a', 'b', 'c'])
            expect(open.filter(({ entry }) => entry.client.key === key).length).toBeLessThanOrEqual(
              BOUNDS.connectionsPerClient,
            );
          expect(kept()).toBeLessThanOrEqual(BOUNDS.waitingBytes);
        }
      }),
    );
  });
});
