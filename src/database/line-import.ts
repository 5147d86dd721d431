import { Refusal } from '../refusals/refusal.js';

/** One line: what it says, or why it says nothing. */
export type NdjsonLine =
  { readonly number: number; readonly value: unknown } | { readonly number: number; readonly fault: string };

/** What an import came to. */
export interface ImportTally {
  /** Lines that were new. */
  readonly accepted: number;
  /** Lines that were there already, or came twice. */
  readonly duplicates: number;
  /** The first of the lines that were not taken. */
  readonly rejected: readonly { readonly line: number; readonly detail: string }[];
  readonly rejectedCount: number;
}

export interface ImportSteps<Row> {
  /** How many rows are written at a time, each time in a transaction of its own. */
  readonly batch: number;
  /** A row, or in a text why the line is none. */
  readonly read: (value: unknown) => Row | string;
  /** Writes rows and returns how many of them were new. */
  readonly write: (rows: Row[]) => Promise<number>;
}

const MOST_NAMED = 100;

/**
 * Takes an import line by line: what is well formed is written, batch by batch, and what is not is named. While a batch
 * is written nothing more is read.
 * @throws Refusal where the body ends badly; every whole line before that is taken.
 */
export async function importLines<Row>(
  lines: AsyncIterable<NdjsonLine[]>,
  { batch, read, write }: ImportSteps<Row>,
): Promise<ImportTally> {
  const rejected: { line: number; detail: string }[] = [];
  let [accepted, duplicates, rejectedCount] = [0, 0, 0];
  let rows: Row[] = [];
  const flush = async (): Promise<void> => {
    const added = await write(rows);
    accepted += added;
    duplicates += rows.length - added;
    rows = [];
  };
  const take = async (line: NdjsonLine): Promise<void> => {
    const row = 'fault' in line ? line.fault : read(line.value);
    if (typeof row === 'string') {
      rejectedCount += 1;
      if (rejected.length < MOST_NAMED) rejected.push({ line: line.number, detail: row });
      return;
    }
    rows.push(row);
    if (rows.length === batch) await flush();
  };
  try {
    for await (const some of lines) for (const line of some) await take(line);
  } catch (error) {
    if (error instanceof Refusal && rows.length > 0) await flush();
    throw error;
  }
  if (rows.length > 0) await flush();
  return { accepted, duplicates, rejected, rejectedCount };
}
