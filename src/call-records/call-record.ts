import { toE164 } from '../platform/phone-number.js';
import type { CallRecord } from './coverage.store.js';

const FIELDS: ReadonlySet<string> = new Set(['recordId', 'direction', 'line', 'dialled', 'startedAt', 'endedAt', 'team']);
const RECORD_ID = /^[\x21-\x7e]{1,128}$/;
const TEAM = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,80}$/u;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const LONGEST_MS = 24 * 3_600_000;

export interface ReadContext {
  readonly defaultCountry: string;
  /** Hides a number at once. */
  readonly hash: (e164: string) => Buffer;
}

/** Reads one record of the telephone system; or says what is wrong with it, repeating nothing of it. */
export function readCallRecord(value: unknown, { defaultCountry, hash }: ReadContext): CallRecord | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
  if (!Object.keys(value).every((key) => FIELDS.has(key))) return 'has a field that no call record has';
  const { recordId, direction, line, dialled, startedAt, endedAt = startedAt, team = null } = value as Record<string, unknown>;
  if (typeof recordId !== 'string' || !RECORD_ID.test(recordId)) return 'recordId must be 1 to 128 visible ASCII characters';
  if (direction !== 'outbound' && direction !== 'inbound') return 'direction must be outbound or inbound';
  const e164 = typeof line === 'string' ? toE164(line, defaultCountry) : null;
  if (e164 === null) return 'line must be a phone number, best in E.164';
  if (team !== null && (typeof team !== 'string' || !TEAM.test(team))) return 'team must be a line of 1 to 80 characters';
  if (dialled !== undefined && dialled !== null && (typeof dialled !== 'string' || dialled.length > 64)) return 'dialled must be a text of at most 64 characters';
  const [start, end] = [readTime(startedAt), readTime(endedAt)];
  if (start === null) return 'startedAt must be an RFC 3339 time';
  if (end === null) return 'endedAt must be an RFC 3339 time';
  if (end < start || end - start > LONGEST_MS) return 'endedAt must be within a day after startedAt';
  // What is no number, such as an extension, is no customer's.
  const number = typeof dialled === 'string' ? toE164(dialled, defaultCountry) : null;
  const dialledHash = direction === 'outbound' && number !== null ? hash(number) : null;
  return { recordId, direction, line: e164, team, dialledHash, startedAt: new Date(start).toISOString(), endedAt: new Date(end).toISOString() };
}

function readTime(value: unknown): number | null {
  const time = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(time) || time < 0 ? null : time;
}
