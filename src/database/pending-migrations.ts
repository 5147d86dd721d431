import type pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { splitStatements } from './split-statements.js';

/** A migration as this service has it. One whose `transaction` is false runs in steps, and goes on where it stopped. */
export type MigrationClass = new () => MigrationInterface;

/** What a migration asks of the catalog in order to know what to do. */
const ASKS = /^\s*(?:SELECT|WITH|SHOW)\b[^;]*;?\s*$/i;
/** How a step is run, and not what it does. */
const SETS = /^\s*(?:SET|RESET)\b/i;

/**
 * The statements that a migration would run on a database as it is. What it asks is asked, through a connection that can
 * change nothing; what it would do is written down, and not done.
 */
export async function statementsOf(client: pg.Client, Migration: MigrationClass): Promise<string[]> {
  const statements: string[] = [];
  const query = async (text: string): Promise<unknown[]> => {
    if (SETS.test(text)) return [];
    if (ASKS.test(text)) return (await client.query<object>(text)).rows;
    statements.push(...splitStatements(text));
    return [];
  };
  await new Migration().up({ query } as unknown as QueryRunner);
  return statements;
}

export const runsInSteps = (Migration: MigrationClass): boolean => new Migration().transaction === false;

const MOST_SHOWN = 110;

/** A statement as one line. */
export function shorten(statement: string): string {
  const line = statement.trim().replace(/\s+/g, ' ');
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN - 1)}…` : line;
}
