import { invalidField } from '../refusals/refusal.js';
import type { EventRow } from './event.js';

/** Which events of a tenant a reader wants; what is left out does not narrow. */
export interface EventFilter {
  /** Only what happens in calls of this agent, or of this team: those who have them as they are read, and who had them before. */
  readonly agentId?: string;
  readonly team?: string;
  readonly callId?: string;
  readonly customerId?: string;
  /** Kinds of thing that an event can be about. */
  readonly about?: readonly EventRow['about'][];
  /** Types such as `countersign.verification.confirmed`, or all of a kind: `countersign.verification.*`. */
  readonly types?: readonly string[];
}

const MOST_TYPES = 20;
const TYPE = /^countersign\.[a-z_]{1,40}\.([a-z_]{1,40}|\*)$/;

/** Reads a list of types as a query holds it, with commas. @throws Refusal 400. */
export function readTypes(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const types = text.split(',');
  if (types.length > MOST_TYPES || !types.every((type) => TYPE.test(type)))
    throw invalidField(
      '#/types',
      `must be at most ${MOST_TYPES} event types with commas between, such as countersign.verification.confirmed or countersign.call.*`,
    );
  return types;
}

/** The same as a pattern of SQL's LIKE, in which `_` would stand for any character. */
export function likePatterns(types: readonly string[] | undefined): string[] | null {
  return types?.map((type) => type.replaceAll('_', '\\_').replace(/\*$/, '%')) ?? null;
}

/** Whether a reader asks whose calls events are of. */
export function asksWhose({ agentId, team }: EventFilter): boolean {
  return agentId !== undefined || team !== undefined;
}

/** Whose the call is in which an event happened, where somebody asked (`tellWhose`). */
export const WHOSE = new WeakMap<EventRow, { readonly agentId: string; readonly team: string | null }>();

function agentsOf(row: EventRow): unknown[] {
  const whose = WHOSE.get(row);
  const { type, data } = row;
  const offered = type === 'countersign.call.transferred' ? [data.to] : [];
  return whose ? [whose.agentId, data.from, ...offered] : [];
}

function teamsOf(row: EventRow): unknown[] {
  const whose = WHOSE.get(row);
  return whose ? [whose.team, row.data.fromTeam] : [];
}

/** Whether a reader wants an event. */
export function wants(filter: EventFilter, row: EventRow): boolean {
  return (
    (filter.callId === undefined || row.call_id === filter.callId) &&
    (filter.customerId === undefined || row.customer_id === filter.customerId) &&
    (filter.agentId === undefined || agentsOf(row).includes(filter.agentId)) &&
    (filter.team === undefined || teamsOf(row).includes(filter.team)) &&
    (filter.about === undefined || filter.about.includes(row.about)) &&
    (filter.types === undefined ||
      filter.types.some((type) => (type.endsWith('*') ? row.type.startsWith(type.slice(0, -1)) : row.type === type)))
  );
}

/** The most selective thing a filter names: listeners are found by it, so that an event does not pass all of them. */
export function topicOf(filter: EventFilter): string {
  if (filter.callId !== undefined) return `call ${filter.callId}`;
  if (filter.customerId !== undefined) return `customer ${filter.customerId}`;
  return 'all';
}

/** Every topic under which an event is listened for. */
export function topicsOf(row: EventRow): string[] {
  return [
    'all',
    ...(row.call_id === null ? [] : [`call ${row.call_id}`]),
    ...(row.customer_id === null ? [] : [`customer ${row.customer_id}`]),
  ];
}
