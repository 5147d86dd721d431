import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { EVENT_CATALOGUE, type EventKind } from '../../src/events/catalogue.js';
import { type EventRow, toCloudEvent } from '../../src/events/event.js';

/** Of each type so many rows are looked at; a test that writes tens of thousands writes them alike. */
const MOST_OF_A_TYPE = 300;

const ajv = new Ajv2020({ allErrors: true });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
const COMMON = { customerId: { type: 'string' }, callId: { type: 'string', pattern: '^call_' } };
const validators = new Map(
  Object.entries<EventKind>(EVENT_CATALOGUE).map(([type, { data }]) => [
    type,
    ajv.compile({ ...data, properties: { ...COMMON, ...data.properties } }),
  ]),
);

/** What is wrong with a row of the event log by the catalogue; null where nothing is. */
export function faultOf(row: EventRow, tenantId: string): string | null {
  const kind: EventKind | undefined = (EVENT_CATALOGUE as Readonly<Record<string, EventKind>>)[row.type];
  if (!kind) return `${row.type} is in no catalogue`;
  if (!kind.about.includes(row.about))
    return `${row.type} is about ${row.about}, and the catalogue says ${kind.about.join(' or ')}`;
  const check = validators.get(row.type)!;
  return check(toCloudEvent(row, tenantId).data)
    ? null
    : `${row.type}: ${ajv.errorsText(check.errors, { dataVar: 'data' })}`;
}

type Sql = (text: string, values?: unknown[]) => Promise<object[]>;

/** Holds what a test wrote into the log to the catalogue. A type that only tests write begins with `countersign.test.`. @throws Error naming the rows that do not fit. */
export async function requireCataloguedEvents(sql: Sql): Promise<void> {
  const rows = (await sql(
    `
    SELECT * FROM (SELECT *, xid::text AS xid, sequence::text AS sequence, row_number() OVER (PARTITION BY type ORDER BY id DESC) AS place FROM events) e
     WHERE place <= $1 AND type NOT LIKE 'countersign.test.%'`,
    [MOST_OF_A_TYPE],
  )) as (EventRow & { tenant_id: string })[];
  const faults = new Set(rows.map((row) => faultOf(row, row.tenant_id)).filter((fault) => fault !== null));
  if (faults.size > 0)
    throw new Error(`These events are not as src/events/catalogue.ts says:\n${[...faults].join('\n')}`);
}
