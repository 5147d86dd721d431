import type { QueryRunner } from 'typeorm';

/*
 * What a migration whose `transaction` is false is made of: steps that are each whole, and that do nothing where they are done.
 * So it can be stopped anywhere, and run again. None holds for long what verdicts need (docs/decisions/0144).
 */

type Row = Record<string, unknown>;

const ask = async (db: QueryRunner, text: string): Promise<Row[]> => (await db.query(text)) as Row[];

/** Runs what may wait for as long as it takes, because nobody who reads or writes rows waits behind it. */
async function unhurried(db: QueryRunner, text: string): Promise<void> {
  const [before] = await ask(db, 'SHOW lock_timeout');
  await db.query('SET lock_timeout = 0');
  try {
    await db.query(text);
  } finally {
    // Where the connection is gone, that is what is told.
    await db.query(`SET lock_timeout = '${String(before!.lock_timeout)}'`).catch(() => undefined);
  }
}

/** Runs a text, as one transaction, unless the table that it makes is there. */
export async function makeTable(db: QueryRunner, table: string, text: string): Promise<void> {
  const [row] = await ask(db, `SELECT to_regclass('${table}') IS NOT NULL AS made`);
  if (row?.made !== true) await db.query(text);
}

/** Builds an index while the table is read and written. One that was left half built is built anew. */
export async function buildIndex(db: QueryRunner, name: string, on: string): Promise<void> {
  const [found] = await ask(db, `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('${name}')`);
  if (found?.valid === true) return;
  if (found) await unhurried(db, `DROP INDEX CONCURRENTLY ${name}`);
  await unhurried(db, `CREATE INDEX CONCURRENTLY ${name} ON ${on}`);
}

/** Builds an index of a partitioned table: of each partition by itself, and then of the whole. */
export async function buildPartitionedIndex(
  db: QueryRunner,
  name: string,
  { table, definition, suffix }: { readonly table: string; readonly definition: string; readonly suffix: string },
): Promise<void> {
  await db.query(`CREATE INDEX IF NOT EXISTS ${name} ON ONLY ${table} ${definition}`);
  const missing = `
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass('${table}') AND NOT EXISTS (
       SELECT FROM pg_index x JOIN pg_inherits xi ON xi.inhrelid = x.indexrelid
        WHERE x.indrelid = c.oid AND xi.inhparent = to_regclass('${name}'))
     ORDER BY 1`;
  for (const row of await ask(db, missing)) {
    const partition = String(row.name);
    await buildIndex(db, `${partition}_${suffix}`, `${partition} ${definition}`);
    await db.query(`ALTER INDEX ${name} ATTACH PARTITION ${partition}_${suffix}`);
  }
}

/** Adds a check that new rows are held to at once, and old ones once they were read. */
export async function addCheck(
  db: QueryRunner,
  { table, name, check }: { readonly table: string; readonly name: string; readonly check: string },
): Promise<void> {
  const [found] = await ask(
    db,
    `SELECT convalidated AS valid FROM pg_constraint WHERE conrelid = to_regclass('${table}') AND conname = '${name}'`,
  );
  if (found?.valid === true) return;
  if (!found) await db.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${check}) NOT VALID`);
  await unhurried(db, `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`);
}
