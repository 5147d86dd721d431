import pg from 'pg';
import type { Statement, Values } from '../../src/database/sql.js';
import type { TenantHandle } from '../../src/database/tenant-database.js';

type Send = (db: TenantHandle) => Promise<unknown>;

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** A value as SQL has it. */
function literalOf(value: unknown): string {
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
  if (!Array.isArray(value)) return pg.escapeLiteral(String(value));
  const members = value.map((one: unknown) => (Buffer.isBuffer(one) ? `\\x${one.toString('hex')}` : one));
  return pg.escapeLiteral(`{${members.map((one) => (one === null ? 'NULL' : JSON.stringify(String(one)))).join()}}`);
}

/** What a store sends first, caught on its way. */
async function caught(send: Send): Promise<{ what: Statement; call: string }> {
  const sent: { what: Statement; call: string }[] = [];
  const query = async (what: Statement, ...values: (Values | undefined)[]): Promise<never[]> => {
    const all: Record<string, unknown> = Object.assign({}, ...values);
    const literals = what.parameters.map((name) => literalOf(all[name]));
    sent.push({ what, call: `asked${literals.length > 0 ? `(${literals.join()})` : ''}` });
    return [];
  };
  try {
    await send({ tenantId: 'northbank', query });
  } catch (error) {
    // What comes of no rows does not matter here.
    if (!sent[0]) throw error;
  }
  if (!sent[0]) throw new Error('nothing was sent');
  return sent[0];
}

/** A statement that one session holds prepared, as the service's own connections plan it. */
export class PreparedStatement {
  private constructor(
    private readonly client: pg.Client,
    private readonly send: Send,
  ) {}

  static async of(send: Send, serviceUrl: string, plans: string): Promise<PreparedStatement> {
    const client = new pg.Client({
      connectionString: serviceUrl,
      options: `-c countersign.tenant=northbank -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=${plans}`,
    });
    await client.connect();
    await client.query(`PREPARE asked AS ${(await caught(send)).what.text}`);
    return new PreparedStatement(client, send);
  }

  /** Runs it and takes it back; a plan that is kept is made now. */
  async rehearse(): Promise<void> {
    await this.client.query('BEGIN');
    await this.client.query(`EXECUTE ${(await caught(this.send)).call}`);
    await this.client.query('ROLLBACK');
  }

  /** Runs it, and says how many blocks it looked at, of tables and indexes together, each looked at once or more often. */
  async blocks(): Promise<number> {
    const {
      rows: [row],
    } = await this.client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE ${(await caught(this.send)).call}`,
    );
    const { Plan: plan } = row!['QUERY PLAN'][0];
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }

  async end(): Promise<void> {
    await this.client.end();
  }
}
