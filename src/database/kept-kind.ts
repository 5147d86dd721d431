import type { KeyRing } from '../crypto/key-ring.js';
import { untagged } from '../crypto/key-generation.js';
import { SealBroken } from '../crypto/sealing.js';
import type { TenantHandle } from '../database/tenant-database.js';

/** How many things of a kind are kept under a generation's keys. */
export interface CountRow {
  readonly generation: number;
  readonly kept: number;
}

/** What is kept under the service's keys, and for how long. */
export interface KeptKind {
  /** As a table or a part of one is called, for people. */
  readonly name: string;
  count(db: TenantHandle): Promise<CountRow[]>;
}

/** A row, by what rows are gone through in order. */
interface KeptRow {
  readonly id: string;
}

/** What one batch came to. */
export interface Batch {
  /** The row to go on after; null where there is none. */
  readonly last: string | null;
  readonly read: number;
  readonly written: number;
  /** Rows that no key opens. */
  readonly unreadable: number;
}

/** What is kept for long: it can be made anew under the current keys, from what stands beside it. */
export interface LastingKind extends KeptKind {
  /** Where it is, for the rule that nothing more comes under former keys. */
  readonly table: string;
  readonly columns: readonly string[];
  /** Opens so many rows after one, and writes those that are under former keys anew, unless it is only to see what opens. */
  batch(db: TenantHandle, ring: KeyRing, span: { after: string; most: number; writes: boolean }): Promise<Batch>;
}

interface Remaking<Row extends KeptRow, Remade> extends KeptKind {
  readonly table: string;
  readonly columns: readonly string[];
  next(db: TenantHandle, after: string, most: number): Promise<Row[]>;
  /** What of a row is under the service's keys. */
  kept(row: Row): readonly Buffer[];
  /** @throws SealBroken */
  remake(ring: KeyRing, tenantId: string, row: Row): Remade;
  /** Writes each where its row is still as it was read; returns how many were. Waits for nobody. */
  write(db: TenantHandle, remade: readonly Remade[]): Promise<number>;
}

/** A kind whose rows are gone through in the order of their ids. */
export function lastingKind<Row extends KeptRow, Remade>(kind: Remaking<Row, Remade>): LastingKind {
  return {
    name: kind.name,
    table: kind.table,
    columns: kind.columns,
    count: (db) => kind.count(db),
    batch: async (db, ring, { after, most, writes }) => {
      const rows = await kind.next(db, after, most);
      const { current } = ring;
      const wanted = writes
        ? rows.filter((row) => kind.kept(row).some((kept) => untagged(kept).generation !== current))
        : rows;
      const remade = wanted.flatMap((row) => remadeOrNothing(() => kind.remake(ring, db.tenantId, row)));
      return {
        last: rows.length === most ? rows.at(-1)!.id : null,
        read: rows.length,
        written: writes && remade.length > 0 ? await kind.write(db, remade) : 0,
        unreadable: wanted.length - remade.length,
      };
    },
  };
}

function remadeOrNothing<Remade>(remake: () => Remade): Remade[] {
  try {
    return [remake()];
  } catch (error) {
    if (error instanceof SealBroken) return [];
    throw error;
  }
}
