import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAfter, positionOf } from './event.js';
import {
  advance,
  BEGINNING,
  contains,
  cursorAfter,
  formatCursor,
  covers,
  isAhead,
  isUnsettled,
  type LogCursor,
  type LogPage,
  parseCursor,
  readSnapshot,
  type Snapshot,
  stepOf,
  takeSettledLate,
  union,
  withoutUnfinished,
} from './log-cursor.js';

const inOrder = (a: Row, b: Row): number => (isAfter(positionOf(a), positionOf(b)) ? 1 : -1);

interface Row {
  readonly xid: string;
  readonly sequence: string;
  readonly writtenAt: number;
}

/** A database as far as its log goes: transactions that take ids, write, and end in any order. */
class Log {
  private nextXid = 100n;
  private nextSequence = 1n;
  private readonly open = new Map<bigint, Row[]>();
  private readonly visible: Row[] = [];
  now = 0;

  begin(): void {
    this.open.set(this.nextXid, []);
    this.nextXid += 1n;
  }

  write(which: number): void {
    const [xid, rows] = [...this.open][which % Math.max(this.open.size, 1)] ?? [];
    if (xid === undefined || !rows) return;
    rows.push({ xid: String(xid), sequence: String(this.nextSequence), writtenAt: this.now });
    this.nextSequence += 1n;
  }

  end(which: number, commits: boolean): void {
    const [xid, rows] = [...this.open][which % Math.max(this.open.size, 1)] ?? [];
    if (xid === undefined || !rows) return;
    this.open.delete(xid);
    if (commits) this.visible.push(...rows);
  }

  endAll(): void {
    while (this.open.size > 0) this.end(0, true);
  }

  get committed(): readonly Row[] {
    return [...this.visible].sort(inOrder);
  }

  snapshot(): Snapshot {
    const running = [...this.open.keys()].sort((a, b) => (a < b ? -1 : 1));
    return { xmin: running[0] ?? this.nextXid, xmax: this.nextXid, running };
  }

  /** As the statement reads it. */
  page(cursor: LogCursor, most: number): LogPage<Row> {
    const rows = this.committed.filter((row) => !contains(cursor, row));
    return { snapshot: this.snapshot(), rows: rows.slice(0, most), complete: rows.length < most };
  }
}

interface Sight {
  readonly snapshot: Snapshot;
  kept: boolean;
}

/** Marks are found by the first of them that saw an event, before it had settled. */
class Marks {
  private readonly all: Snapshot[] = [];

  keep(snapshot: Snapshot): void {
    this.all.push(snapshot);
  }

  of(row: Row): Snapshot | null {
    const xid = BigInt(row.xid);
    const sees = (mark: Snapshot): boolean => mark.xmin <= xid && xid < mark.xmax && !mark.running.includes(xid);
    return (
      this.all
        .filter(sees)
        .sort((a, b) => Number(a.xmax - b.xmax) || Number(a.xmin - b.xmin) || b.running.length - a.running.length)[0] ??
      null
    );
  }
}

const OLD = 3;

/** The tail of one process, and the streams at it. */
class Process {
  cursor: LogCursor;
  private early: Sight;
  readonly streams = new Set<Reader>();

  constructor(
    private readonly log: Log,
    private readonly marks: Marks,
    private readonly most: number,
  ) {
    const top = log.committed.at(-1);
    this.early = { snapshot: log.snapshot(), kept: false };
    this.cursor = top
      ? advance(BEGINNING, { snapshot: this.early.snapshot, rows: [], complete: true }, [top])
      : BEGINNING;
  }

  poll(): void {
    const page = this.log.page(this.cursor, this.most);
    const step = stepOf(this.cursor, page, (row) => this.log.now - row.writtenAt >= OLD);
    this.cursor = step.cursor;
    if (step.early) {
      this.early = { snapshot: page.snapshot, kept: false };
      if (this.streams.size > 0) this.keep();
    }
    for (const stream of this.streams) stream.take(step.told, step.told.length > 0 ? step.cursor : null);
  }

  /** Lets a reader join, who has what its own cursor says. */
  join(reader: Reader, start: LogCursor): void {
    const from = this.catchUp(reader, start);
    const missing = this.log.committed.filter((row) => !contains(from, row) && contains(this.cursor, row));
    if (missing.some((row) => isAhead(this.cursor, row))) this.keep();
    this.streams.add(reader);
    reader.had = from;
    reader.take(missing, this.cursor);
    reader.had = union(from, this.cursor);
  }

  /** What has settled, without the tail: first what is late, and only after all of that what follows. */
  private catchUp(reader: Reader, start: LogCursor): LogCursor {
    let cursor = start;
    for (let all = false; cursor.unfinished.length > 0 && !all;) {
      const late = takeSettledLate(cursor, this.log.page(cursor, this.most));
      reader.had = cursor;
      reader.take(late.taken, late.taken.length > 0 ? late.cursor : null);
      ({ cursor, all } = late);
    }
    if (cursor.unfinished.length > 0) return cursor;
    const snapshot = this.log.snapshot();
    const settled = this.log.committed.filter((row) => !contains(cursor, row) && !isUnsettled(snapshot, row));
    reader.had = cursor;
    reader.take(settled, null);
    return { position: settled.length > 0 ? positionOf(settled.at(-1)!) : cursor.position, unfinished: [] };
  }

  private keep(): void {
    if (!this.early.kept) this.marks.keep(this.early.snapshot);
    this.early.kept = true;
  }
}

/** A client: what came through before it was cut, and what it knows to resume by. */
class Reader {
  readonly told: Row[] = [];
  last: Row | null = null;
  place: LogCursor | null = null;
  /** How much more comes through. */
  left = Infinity;
  had = BEGINNING;

  take(rows: readonly Row[], place: LogCursor | null): void {
    for (const row of rows.filter((one) => !contains(this.had, one))) {
      if (this.left <= 0) return;
      this.left -= 1;
      this.told.push(row);
      this.last = row;
      this.place = null;
    }
    if (this.left <= 0 || !place) return;
    this.left -= 1;
    this.place = union(this.had, place);
  }
}

type Act = {
  readonly do: 'begin' | 'write' | 'commit' | 'rollback' | 'poll' | 'wait' | 'resume' | 'again' | 'start';
  readonly n: number;
  readonly m: number;
};
const act = fc.record<Act>({
  do: fc.constantFrom(
    'begin',
    'begin',
    'write',
    'write',
    'commit',
    'commit',
    'rollback',
    'poll',
    'poll',
    'poll',
    'wait',
    'resume',
    'again',
    'start',
  ),
  n: fc.nat(20),
  m: fc.nat(6),
});
const OPTIONS = { numRuns: 2_000 };

/** Runs a history with a client that resumes at either of two processes, and returns it with all that was committed. */
function play(acts: readonly Act[], most: number, by: 'place' | 'event'): { reader: Reader; log: Log } {
  const [log, marks, reader] = [new Log(), new Marks(), new Reader()];
  const processes = [new Process(log, marks, most), new Process(log, marks, most)];
  let at = 0;
  const resume = (next: number, comesThrough = Infinity): void => {
    processes[at]!.streams.delete(reader);
    at = next;
    reader.left = comesThrough;
    const last = reader.last ? cursorAfter(positionOf(reader.last), marks.of(reader.last)) : BEGINNING;
    const from = by === 'place' && reader.place ? reader.place : last;
    processes[at]!.join(reader, from);
  };
  resume(0);
  for (const { do: what, n, m } of acts) {
    if (what === 'begin') log.begin();
    if (what === 'write') log.write(n);
    if (what === 'commit' || what === 'rollback') log.end(n, what === 'commit');
    if (what === 'wait') log.now += m;
    if (what === 'poll') processes[n % 2]!.poll();
    // Cut in the middle of what comes next.
    if (what === 'resume') {
      reader.left = m;
      processes[at]!.poll();
      resume(n % 2);
    }
    // Cut in the middle of what is sent to whoever resumes.
    if (what === 'again') {
      resume(n % 2, m);
      resume((n + 1) % 2);
    }
    if (what === 'start' && processes[1 - at]) processes[1 - at] = new Process(log, marks, most);
  }
  log.endAll();
  for (let round = 0; round < 200; round += 1) for (const process of processes) process.poll();
  return { reader, log };
}

describe('a reader of the log', () => {
  const history = fc.tuple(
    fc.array(act, { minLength: 10, maxLength: 80, size: 'max' }),
    fc.integer({ min: 1, max: 6 }),
  );

  it('that keeps its place misses none, whatever commits when, and wherever it is cut and resumes', () => {
    fc.assert(
      fc.property(history, ([acts, most]) => {
        const { reader, log } = play(acts, most, 'place');
        expect(new Set(reader.told)).toEqual(new Set(log.committed));
      }),
      OPTIONS,
    );
  });

  it('that keeps its place, and was cut where it had one, has each event once', () => {
    fc.assert(
      fc.property(history, ([acts, most]) => {
        const { reader, log } = play(
          acts.map((one) => ({ ...one, m: one.do === 'resume' || one.do === 'again' ? Infinity : one.m })),
          most,
          'place',
        );
        expect([...reader.told].sort(inOrder)).toEqual(log.committed);
      }),
      OPTIONS,
    );
  });

  it('that keeps ids of events alone misses none', () => {
    fc.assert(
      fc.property(history, ([acts, most]) => {
        const { reader, log } = play(acts, most, 'event');
        expect(new Set(reader.told)).toEqual(new Set(log.committed));
      }),
      OPTIONS,
    );
  });

  it('reads nothing twice, by ids of events alone, where one transaction commits after the other', () => {
    fc.assert(
      fc.property(history, fc.boolean(), ([acts, most], held) => {
        // Each writes and commits before the next begins; beside them one may be open all the time that writes nothing.
        const single = acts.flatMap((one): Act[] =>
          ['begin', 'write', 'commit', 'rollback'].includes(one.do)
            ? []
            : one.do === 'start'
              ? [
                  { ...one, do: 'begin' },
                  { ...one, do: 'write', n: held ? 1 : 0 },
                  { ...one, do: 'commit', n: held ? 1 : 0 },
                ]
              : [one],
        );
        const { reader, log } = play(held ? [{ do: 'begin', n: 0, m: 0 }, ...single] : single, most, 'event');
        expect(reader.told.map(({ sequence }) => sequence)).toEqual(log.committed.map(({ sequence }) => sequence));
      }),
      OPTIONS,
    );
  });
});

describe('a cursor', () => {
  const xid = fc.bigInt({ min: 0n, max: 2n ** 63n });
  const cursor = fc.record({
    position: fc.record({
      xid: fc.bigInt({ min: 2n ** 63n + 1n, max: 2n ** 64n - 1n }),
      sequence: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    }),
    unfinished: fc
      .uniqueArray(xid, { maxLength: 100 })
      .chain((xids) =>
        fc.tuple(
          ...xids
            .sort((a, b) => (a < b ? -1 : 1))
            .map((id) => fc.record({ xid: fc.constant(id), after: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }) })),
        ),
      ),
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(cursor, (one) => {
        expect(parseCursor(formatCursor(one)!)).toEqual(one);
      }),
    );
  });

  it('has with another what either has, and covers it where that adds nothing', () => {
    const small = fc
      .tuple(
        fc.bigInt({ min: 1n, max: 6n }),
        fc.bigInt({ min: 1n, max: 3n }),
        fc.subarray([1n, 2n, 3n, 4n, 5n]),
        fc.array(fc.bigInt({ min: 0n, max: 2n }), { minLength: 5, maxLength: 5 }),
      )
      .map(([id, sequence, running, afters]): LogCursor => ({
        position: { xid: id, sequence },
        unfinished: running.filter((one) => one < id).map((one, at) => ({ xid: one, after: afters[at]! })),
      }));
    const all = [1n, 2n, 3n, 4n, 5n, 6n].flatMap((id) =>
      [1n, 2n, 3n].map((sequence) => ({ xid: String(id), sequence: String(sequence) })),
    );
    fc.assert(
      fc.property(small, small, (a, b) => {
        for (const row of all) expect(contains(union(a, b), row)).toBe(contains(a, row) || contains(b, row));
        if (covers(a, b)) for (const row of all) if (contains(b, row)) expect(contains(a, row)).toBe(true);
        expect(covers(union(a, b), a)).toBe(true);
      }),
    );
  });

  it('is refused where it never was one', () => {
    for (const text of [
      '',
      '1',
      '1.',
      '1.1~',
      '1.1~1',
      '5.1~4~3',
      '5.1~3~3',
      '5.1~3.',
      '-1.1',
      '1.1 ',
      '18446744073709551616.1',
      '5.9223372036854775808',
      `5.1${'~1'.repeat(101)}`,
      '5.1;4',
    ])
      expect(parseCursor(text), text).toBeNull();
  });

  it('is not written where it would be too long; what comes before all that is unfinished then is', () => {
    const long = {
      position: { xid: 1_000n, sequence: 1n },
      unfinished: Array.from({ length: 101 }, (_none, at) => ({ xid: BigInt(at + 500), after: 0n })),
    };
    expect(formatCursor(long)).toBeNull();
    const place = parseCursor(formatCursor(withoutUnfinished(long))!)!;
    expect([499n, 500n].map((id) => contains(place, { xid: String(id), sequence: '7' }))).toEqual([true, false]);
    expect(withoutUnfinished(BEGINNING)).toEqual(BEGINNING);
  });
});

describe('a snapshot', () => {
  it('is read from its text', () => {
    expect(readSnapshot('10:20:10,14')).toEqual({ xmin: 10n, xmax: 20n, running: [10n, 14n] });
    expect(readSnapshot('20:20:')).toEqual({ xmin: 20n, xmax: 20n, running: [] });
  });
});
