import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type pg from 'pg';
import { type Statement, statements } from '../../src/database/sql.js';

/** A value that goes to the server, or comes back, with the server's word for its type. */
interface Typed {
  readonly name: string;
  readonly type: string;
}

/** What the server says of a statement before it runs it. */
export interface Described {
  readonly statement: Statement;
  readonly parameters: readonly Typed[];
  readonly columns: readonly Typed[];
}

/** All statements of the service, by name. Whatever is made of SQL imports what makes it. */
export async function loadStatements(): Promise<Statement[]> {
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
    if (/from '(\.\.?\/)+(database\/)?sql\.js'/.test(readFileSync(`src/${file}`, 'utf8')))
      await import(resolve('src', file));
  }
  return statements().toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

type Reply = { readonly parameters: readonly number[]; readonly columns: readonly { name: string; oid: number }[] };

/** Parse, Describe, Sync (PostgreSQL, 54.2.3): nothing is run. */
class Description implements pg.Submittable {
  private parameters: readonly number[] = [];
  private columns: readonly { name: string; oid: number }[] = [];

  constructor(
    private readonly text: string,
    private readonly done: (reply: Reply) => void,
    private readonly failed: (error: Error) => void,
  ) {}

  submit(connection: pg.Connection): void {
    connection.once('parameterDescription', (message: { dataTypeIDs: number[] }) => {
      this.parameters = message.dataTypeIDs;
    });
    connection.parse({ name: '', text: this.text, types: [] }, true);
    connection.describe({ type: 'S', name: '' }, true);
    connection.sync();
  }

  handleRowDescription(message: { fields: { name: string; dataTypeID: number }[] }): void {
    this.columns = message.fields.map(({ name, dataTypeID }) => ({ name, oid: dataTypeID }));
  }

  handleError(error: Error): void {
    this.failed(error);
  }

  handleReadyForQuery(): void {
    this.done({ parameters: this.parameters, columns: this.columns });
  }
}

/** Has the server describe each statement. @throws where it does not understand one. */
export async function describeStatements(client: pg.Client, all: readonly Statement[]): Promise<Described[]> {
  const { rows } = await client.query<{ oid: number; type: string }>(
    'SELECT oid::int4, format_type(oid, NULL) AS type FROM pg_type',
  );
  const typeOf = new Map(rows.map(({ oid, type }) => [oid, type]));
  const described: Described[] = [];
  for (const statement of all) {
    const { parameters, columns } = await new Promise<Reply>((done, failed) => {
      client.query(
        new Description(statement.text, done, (error) => failed(new Error(`${statement.name}: ${error.message}`))),
      );
    });
    described.push({
      statement,
      parameters: parameters.map((oid, at) => ({ name: statement.parameters[at]!, type: typeOf.get(oid)! })),
      columns: columns.map(({ name, oid }) => ({ name, type: typeOf.get(oid)! })),
    });
  }
  return described;
}
