import { toTypeId } from '../../src/ids/ids.js';
import type { Acknowledged } from './bank.js';
import type { Query } from './proof.js';

/** What a bank had been told at a moment, and what it asked for only after it. */
export interface AtMoment {
  /** As the ledger was then. */
  readonly before: readonly Acknowledged[];
  /** Calls that were declared after it. */
  readonly declaredAfter: readonly string[];
  /** Calls of which the end was asked for after it. */
  readonly endedAfter: readonly string[];
  /** Declarations and ends that were under way at it: they may be there or not. */
  readonly underWay: number;
}

/** Divides a ledger at a moment, in milliseconds of the wall clock, which is the database's too. */
export function divide(ledger: Iterable<Acknowledged>, moment: number): AtMoment {
  const before: Acknowledged[] = [];
  const [declaredAfter, endedAfter]: [string[], string[]] = [[], []];
  let underWay = 0;
  for (const one of ledger) {
    const { callId, declaration, end } = one;
    if (declaration.askedAt > moment) declaredAfter.push(callId);
    else if (declaration.doneAt < moment) before.push({ ...one, ended: end !== undefined && end.doneAt < moment });
    else underWay += 1;
    if (end && end.askedAt > moment) endedAfter.push(callId);
    else if (end && end.doneAt >= moment) underWay += 1;
  }
  return { before, declaredAfter, endedAfter, underWay };
}

/** What is there of the time after a moment, in sentences. To be asked before a service works on the database. */
export async function examineAfter(
  query: Query,
  { declaredAfter, endedAfter }: AtMoment,
  moment: Date,
): Promise<string[]> {
  const calls = await query<{ id: string; ended: boolean }>('SELECT id, ended_at IS NOT NULL AS ended FROM calls');
  const found = new Map(calls.map(({ id, ended }) => [toTypeId('call', id), ended]));
  const faults = declaredAfter
    .filter((callId) => found.has(callId))
    .map((callId) => `${callId} was declared after the moment and is there`);
  for (const callId of endedAfter)
    if (found.get(callId)) faults.push(`the end of ${callId} was asked for after the moment and is there`);
  const [later] = await query<{ events: number }>(
    `SELECT count(*)::int AS events FROM events WHERE occurred_at > '${moment.toISOString()}'`,
  );
  if (later!.events > 0) faults.push(`${later!.events} events are of after the moment`);
  return faults;
}
