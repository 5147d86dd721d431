import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConfigError } from '../config/config-keys.js';

/** What a connection says of the session behind it. */
export interface Look {
  readonly pid: number;
  /** What was asked for when it was opened, as the server has it now. */
  readonly mark: string | null;
}

/** What one connection says, then another one within a transaction, then the first one meanwhile. */
export type Round = readonly [first: Look, other: Look, meanwhile: Look];

/**
 * What keeps two connections from being two sessions, in words that follow "behind it"; null where they are.
 * @param marks what each was opened with; null where nothing is to be set so
 */
export function judgeSessions(rounds: readonly Round[], marks: readonly [string, string] | null): string | null {
  const [one] = rounds;
  for (const [first, other, meanwhile] of rounds) {
    if (marks && [first, other, meanwhile].some(({ mark }) => mark === null))
      return 'what a connection is opened with (`options`) does not reach the server: without `countersign.tenant` a bank would see nothing';
    if (first.pid === other.pid || other.pid === meanwhile.pid)
      return 'two connections have the same session of the server at once: `countersign.tenant` of one bank would hold for another';
    if ([first, meanwhile].some(({ pid }) => pid !== one![0].pid) || other.pid !== one![1].pid)
      return 'a connection goes from one session of the server to another: `countersign.tenant` of one bank would hold for another';
    if (marks && (first.mark !== marks[0] || other.mark !== marks[1] || meanwhile.mark !== marks[0]))
      return 'a connection finds the settings of another: `countersign.tenant` of one bank would hold for another';
  }
  return null;
}

/** Both take turns so often, as a pooler may hand out what it has in any order. */
const ROUNDS = 4;
const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;
/** Where there is one session for all, the first connection waits for the end of the other's transaction. */
const MEANWHILE_MS = 2_000;
/** What PgBouncer says (SQLSTATE `protocol_violation`) where a connection is opened with what it does not know. */
const PROTOCOL_VIOLATION = '08P01';
const LOOK = `SELECT pg_backend_pid() AS pid, current_setting('countersign.mark', true) AS mark`;

/** An address leads to a pooler, where sessions are wanted. */
export class PooledSession extends ConfigError {
  constructor(name: string, fault: string) {
    super(
      `${name} leads to a connection pooler and not to PostgreSQL itself. Behind it ${fault}. Set ${name} to the address of PostgreSQL.`,
    );
  }
}

/**
 * Refuses an address behind which a connection is no session of the server, as with PgBouncer's `pool_mode=transaction`: what is set
 * in one would be another's too. Nothing is set in a session to find out.
 * @param name the setting that holds the address
 * @param isOpenedWithSettings whether connections to it are opened with settings, as all are that serve a bank
 * @throws PooledSession
 */
export async function requireOwnSession(url: string, name: string, isOpenedWithSettings: boolean): Promise<void> {
  const marks = [randomUUID(), randomUUID()] as const;
  const [first, other] = marks.map((mark) => clientOf(url, isOpenedWithSettings ? mark : null)) as [
    pg.Client,
    pg.Client,
  ];
  try {
    await first.connect();
    await other.connect();
    const rounds: Round[] = [];
    while (rounds.length < ROUNDS) {
      rounds.push(await takeTurns(first, other));
      const fault = judgeSessions(rounds, isOpenedWithSettings ? marks : null);
      if (fault !== null) throw new PooledSession(name, fault);
    }
  } catch (error) {
    if ((error as { code?: string }).code !== PROTOCOL_VIOLATION) throw error;
    throw new PooledSession(name, 'what a connection is opened with (`options`) is refused');
  } finally {
    await Promise.all([first, other].map((client) => client.end().catch(() => undefined)));
  }
}

function clientOf(url: string, mark: string | null): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    ...(mark === null ? {} : { options: `-c countersign.mark=${mark}` }),
  });
  client.on('error', () => undefined); // what it is asked fails too
  return client;
}

async function takeTurns(first: pg.Client, other: pg.Client): Promise<Round> {
  const before = await lookFrom(first);
  await other.query('BEGIN');
  const within = await lookFrom(other);
  const looking = lookFrom(first);
  looking.catch(() => undefined); // waited for below
  const patience = new AbortController();
  await Promise.race([looking, sleep(MEANWHILE_MS, undefined, { signal: patience.signal })]);
  patience.abort();
  await other.query('COMMIT');
  return [before, within, await looking];
}

async function lookFrom(client: pg.Client): Promise<Look> {
  const { rows } = await client.query<Look>(LOOK);
  return rows[0]!;
}
