import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { listCalls } from '../../src/calls/call-lists.store.js';
import { declareCall } from '../../src/calls/calls.store.js';
import type { CallToDeclare } from '../../src/calls/declared.js';
import { readForVerdicts, recordVerdicts } from '../../src/calls/verdicts.store.js';
import { readAfter } from '../../src/events/events.store.js';
import type { Statement } from '../../src/database/sql.js';
import type { TenantHandle } from '../../src/database/tenant-database.js';
import { type AnswerToRecord, readAnswerContext, recordAnswer } from '../../src/verifications/answers.store.js';
import type { VerificationToStart } from '../../src/verifications/verification-start.store.js';
import { findVerification, listOfCalls, listOfCustomer } from '../../src/verifications/verifications.store.js';

/** As `src/database/tenant-database.ts` connects. */
const SETTINGS =
  '-c countersign.tenant=northbank -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

/** Takes down the statements that stores send, and answers them with one row of nothing. */
class Notebook implements TenantHandle {
  readonly tenantId = 'northbank';
  readonly statements: Statement[] = [];

  async query<Row extends object>(what: Statement): Promise<Row[]> {
    this.statements.push(what);
    return [{}] as Row[];
  }
}

/** The statements of both hot paths, as the stores themselves send them. */
async function hotStatements(): Promise<Statement[]> {
  const [notebook, nothing] = [new Notebook(), {} as never];
  await readForVerdicts(notebook, [
    { customerId: 'a', incomingNumber: null, withNumbers: false, inAnotherCall: false },
  ]);
  await recordVerdicts(notebook, []);
  await declareCall(notebook, nothing as CallToDeclare, nothing as VerificationToStart & { changeId: null });
  await listOfCustomer(notebook, { customerId: 'a', status: 'waiting', before: null, most: 1 });
  await readAnswerContext(notebook, randomUUID(), null);
  await recordAnswer(notebook, nothing as AnswerToRecord);
  await findVerification(notebook, randomUUID());
  await listOfCalls(notebook, []);
  await listCalls(
    notebook,
    {
      customerId: 'a',
      agentId: null,
      team: null,
      externalId: null,
      externalSystem: null,
      live: null,
      before: null,
      most: 1,
    },
    { all: true },
  );
  await readAfter(notebook, { xid: 0n, sequence: 0n }, 1);
  return notebook.statements;
}

/** The generic plan of each hot statement: what it reads, and by which index. */
export async function explainHotStatements(ownerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl, options: SETTINGS });
  await client.connect();
  await client.query('SET ROLE countersign_service');
  const described: string[] = [];
  for (const { name, text } of await hotStatements()) {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN, COSTS OFF) ${text}`);
    const lines = rows.map((row) => row['QUERY PLAN']);
    const scans = lines
      .map((line, at) => ({ line, condition: lines[at + 1] ?? '' }))
      .filter(({ line }) => /(Seq|Index|Bitmap).* Scan/.test(line))
      .map(
        ({ line, condition }) =>
          `  ${line.trim().replace(/^->\s+/, '')}${/Index Cond|Filter/.test(condition) ? `: ${condition.trim()}` : ''}`,
      );
    described.push(`${name}\n${scans.join('\n')}`);
  }
  await client.end();
  return described.join('\n\n');
}
