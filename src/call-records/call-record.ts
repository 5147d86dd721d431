import { readTeam } from '../readers/team.js';
import { visible } from '../readers/text.js';
import { readTime } from '../readers/time.js';
import type { CallRecord, NumberHashes } from './coverage.store.js';

const FIELDS: ReadonlySet<string> = new Set([
  'recordId',
  'direction',
  'line',
  'dialled',
  'startedAt',
  'endedAt',
  'team',
]);
/** What the telephone system calls a record. */
export const RECORD_ID = /^[\x21-\x7e]{1,128}$/;
const TEAM = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,255}$/u;
const E164 = /^\+[1-9]\d{7,14}$/;
const DIALLED = /^[^]{0,256}$/;
const LONGEST_MS = 24 * 3_600_000;

export interface ReadContext {
  /** Reads a number as telephone systems write it, or gives null. */
  readonly readNumber: (text: string) => string | null;
  /** The same for a line, of which there are few. */
  readonly readLine: (text: string) => string | null;
  /** Hides a number at once. */
  readonly hash: (e164: string) => NumberHashes;
}

/** Reads one record of the telephone system; or says what is wrong with it, repeating nothing of it. */
export function readCallRecord(value: unknown, context: ReadContext): CallRecord | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
  if (!Object.keys(value).every((key) => FIELDS.has(key))) return 'has a field that no call record has';
  const { recordId, direction, line, dialled, startedAt, endedAt = startedAt, team } = value as Record<string, unknown>;
  if (typeof recordId !== 'string' || !RECORD_ID.test(recordId))
    return 'recordId must be 1 to 128 visible ASCII characters';
  if (direction !== 'outbound' && direction !== 'inbound') return 'direction must be outbound or inbound';
  const e164 = typeof line === 'string' ? context.readLine(line) : null;
  if (e164 === null) return 'line must be a phone number, best in E.164';
  const name = teamOf(team);
  if (name === null && !isLeftOut(team)) return 'team must be a line of 1 to 80 characters';
  if (!isTextOrLeftOut(dialled, DIALLED)) return 'dialled must be a text of at most 256 characters';
  const times = readTimes(startedAt, endedAt);
  if (typeof times === 'string') return times;
  const numberGiven = direction === 'outbound' && typeof dialled === 'string' && visible(dialled).trim() !== '';
  const dialledHash = numberGiven ? hashOf(dialled, context) : null;
  return { recordId, direction, line: e164, team: name, numberGiven, dialledHash, ...times };
}

function teamOf(value: unknown): string | null {
  return typeof value === 'string' && TEAM.test(value) ? readTeam(value) : null;
}

function isLeftOut(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isTextOrLeftOut(value: unknown, pattern: RegExp): value is string | null | undefined {
  return isLeftOut(value) || (typeof value === 'string' && pattern.test(value));
}

/**
 * Null for what cannot be read, such as an extension: it is no customer's number. One in E.164 is taken as it is: to read
 * it properly takes ten times as long as all the rest.
 */
function hashOf(dialled: string, { readNumber, hash }: ReadContext): NumberHashes | null {
  const number = E164.test(dialled) ? dialled : readNumber(dialled);
  return number === null ? null : hash(number);
}

function readTimes(startedAt: unknown, endedAt: unknown): { startedAt: string; endedAt: string } | string {
  const [start, end] = [timeOf(startedAt), timeOf(endedAt)];
  if (start === null) return 'startedAt must be an RFC 3339 time that exists, from 1970 on';
  if (end === null) return 'endedAt must be an RFC 3339 time that exists, from 1970 on';
  const lasted = end.getTime() - start.getTime();
  if (lasted < 0 || lasted > LONGEST_MS) return 'endedAt must be within a day after startedAt';
  return { startedAt: start.toISOString(), endedAt: end.toISOString() };
}

/** Lists are paged by this time as a number that is none below zero. */
function timeOf(value: unknown): Date | null {
  const time = typeof value === 'string' ? readTime(value) : null;
  return time !== null && time.getTime() >= 0 ? time : null;
}
