import { canonicalJson } from '../crypto/canonical-json.js';
import { hashLeaf } from '../crypto/merkle-tree.js';
import type { EventRow } from '../events/event.js';
import { type IdPrefix, toTypeId } from '../ids/ids.js';

/** What a leaf of the log is the hash of: an event, in the members that CloudEvents 1.0 had when the log began. */
export interface LeafRecord {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The record of an event that the log seals. It is spelled out here and not taken from what webhooks send, because it can
 * never change: whatever members events get later, the leaves of old ones must come out the same.
 */
export function leafRecord(row: EventRow, tenantId: string): LeafRecord {
  return {
    specversion: '1.0',
    id: toTypeId('evt', row.id),
    source: `urn:countersign:${tenantId}`,
    type: row.type,
    subject: row.about_id === null ? (row.customer_id ?? row.about) : toTypeId(row.about as IdPrefix, row.about_id),
    time: row.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    data: dataOf(row),
  };
}

/** The hash of a record's leaf (RFC 9162 section 2.1.1), over its canonical JSON (RFC 8785). @throws CanonicalJsonRefused for what is not JSON. */
export function leafHash(record: unknown): Buffer {
  return hashLeaf(canonicalJson(record));
}

/**
 * The data, with the customer and the call before what the event says itself, which wins where it names them. Put into one
 * object, since to spread three into one cost most of a leaf.
 */
function dataOf({ customer_id: customerId, call_id: callId, data }: EventRow): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  if (customerId !== null) whole.customerId = customerId;
  if (callId !== null) whole.callId = toTypeId('call', callId);
  for (const name of Object.keys(data)) {
    const value = withTypeIds(name, data[name]);
    if (name === '__proto__') Object.defineProperty(whole, name, { value, enumerable: true });
    else whole[name] = value;
  }
  return whole;
}

function withTypeIds(name: string, value: unknown): unknown {
  if (name === 'tellContactPoints' && Array.isArray(value)) return value.map((uuid) => toTypeId('ctp', uuid as string));
  return name === 'contactPoint' && typeof value === 'string' ? toTypeId('ctp', value) : value;
}
