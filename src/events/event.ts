import { toTypeId, type IdPrefix } from '../ids/ids.js';

/** A row of the event log. */
export interface EventRow {
  readonly id: string;
  readonly xid: string;
  readonly sequence: string;
  readonly type: string;
  readonly about: IdPrefix | 'customer' | 'policy' | 'line' | 'coverage' | 'data';
  readonly about_id: string | null;
  readonly customer_id: string | null;
  readonly call_id: string | null;
  readonly data: Record<string, unknown>;
  readonly occurred_at: Date;
}

/** CloudEvents 1.0 in its JSON form. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Record<string, unknown>;
}

/** Where in the log a reader stands: everything up to and including this has been read. */
export interface Position {
  readonly xid: bigint;
  readonly sequence: bigint;
}

export function positionOf(row: Pick<EventRow, 'xid' | 'sequence'>): Position {
  return { xid: BigInt(row.xid), sequence: BigInt(row.sequence) };
}

/** Whether `a` comes after `b` in the order of the log. */
export function isAfter(a: Position, b: Position): boolean {
  return a.xid > b.xid || (a.xid === b.xid && a.sequence > b.sequence);
}

/** Shows an event as a CloudEvent of this tenant; ids become TypeIDs, and `data` names the customer and the call. */
export function toCloudEvent(row: EventRow, tenantId: string): CloudEvent {
  const callId = row.call_id === null ? undefined : toTypeId('call', row.call_id);
  return {
    specversion: '1.0',
    id: toTypeId('evt', row.id),
    source: `urn:countersign:${tenantId}`,
    type: row.type,
    subject: row.about_id === null ? (row.customer_id ?? row.about) : toTypeId(row.about as IdPrefix, row.about_id),
    time: row.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    data: {
      ...(row.customer_id === null ? {} : { customerId: row.customer_id }),
      ...(callId === undefined ? {} : { callId }),
      ...inOneForm(row.data),
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Members of events' data that are times. */
export const TIME_MEMBERS: ReadonlySet<string> = new Set([
  'displayTime',
  'disabledAfter',
  'dueAt',
  'expiredAt',
  'expiresAt',
  'failingSince',
  'lastSeenAt',
  'releasedAt',
  'sentAt',
  'since',
  'until',
]);

/** Statements write ids as UUIDs, and times as the database's JSON has them; outside, each has one form. What is sealed stays. */
function shown(name: string, value: unknown): unknown {
  if (name === 'tellContactPoints' && Array.isArray(value)) return value.map((uuid) => toTypeId('ctp', uuid as string));
  if (typeof value !== 'string') return value;
  if (name === 'contactPoint') return toTypeId('ctp', value);
  if (name === 'deviceId' && UUID.test(value)) return toTypeId('dev', value);
  if (TIME_MEMBERS.has(name) && !Number.isNaN(Date.parse(value))) return new Date(value).toISOString();
  return value;
}

function inOneForm(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, shown(name, value)]));
}
