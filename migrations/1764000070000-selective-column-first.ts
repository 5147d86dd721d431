import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes other than primary keys begin with the column that tells rows apart, and end with the tenant.
 *
 * All of a tenant's rows share `tenant_id`, and row-level security names it in every statement. While tables are small,
 * every index that begins with it costs the planner the same, and it takes any of them for a plan that it then keeps
 * (docs/decisions/0060).
 */
export class SelectiveColumnFirst1764000070000 implements MigrationInterface {
  name = 'SelectiveColumnFirst1764000070000';

  async up(db: QueryRunner): Promise<void> {
    await rebuild(db, (columns) => (columns[0] === TENANT ? [...columns.slice(1), TENANT] : columns));
  }

  async down(db: QueryRunner): Promise<void> {
    await rebuild(db, (columns) => (columns.at(-1) === TENANT ? [TENANT, ...columns.slice(0, -1)] : columns));
  }
}

const TENANT = 'tenant_id';
/** The tail of the log is read in order within a tenant. */
const READ_IN_ORDER = 'events_by_commit';

async function rebuild(db: QueryRunner, arrange: (columns: string[]) => string[]): Promise<void> {
  const indexes = (await db.query(`
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary AND pg_get_indexdef(i.indexrelid) LIKE '%tenant_id%' AND c.relname <> '${READ_IN_ORDER}'`)) as {
    name: string;
    definition: string;
  }[];
  for (const { name, definition } of indexes) {
    const { before, columns, after } = readColumns(definition);
    const arranged = arrange(columns);
    if (arranged.join() === columns.join()) continue;
    await db.query(`DROP INDEX ${name}`);
    await db.query(`${before}(${arranged.join(', ')})${after}`);
  }
}

/** The columns of an index definition as PostgreSQL prints it; an expression may hold parentheses and commas of its own. */
function readColumns(definition: string): { before: string; columns: string[]; after: string } {
  const start = definition.indexOf('(');
  const columns: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; ; at += 1) {
    const character = definition[at];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth > 1 || (character !== ',' && depth > 0)) continue;
    columns.push(definition.slice(from, at).trim());
    from = at + 1;
    if (depth === 0) return { before: definition.slice(0, start), columns, after: definition.slice(at + 1) };
  }
}
