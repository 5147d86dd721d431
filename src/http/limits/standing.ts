import type { OutgoingHttpHeaders } from 'node:http';
import type { LimitName } from '../../config/rate-limits.js';

export const WINDOW_SECONDS = 60;

/** How a caller stands with a limit, after one was taken or refused. */
export interface Standing {
  readonly isAllowed: boolean;
  /** How many there are in a window in all. */
  readonly quota: number;
  readonly left: number;
  /** Until there are more again. */
  readonly resetSeconds: number;
}

/** A limit of a whole tenant. */
export type TenantLimitName = 'tenant-requests' | 'tenant-events';

export interface HeaderReply {
  getHeader(name: string): OutgoingHttpHeaders[string];
  header(name: string, value: string): unknown;
}

/**
 * Says on an answer how its caller stands (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4), beside what it says of other
 * limits. Without a partition key: it would name the caller.
 */
export function tellStanding(
  reply: HeaderReply,
  name: LimitName | TenantLimitName,
  { quota, left, resetSeconds }: Standing,
  windowSeconds = WINDOW_SECONDS,
): void {
  append(reply, 'ratelimit-policy', `"${name}";q=${quota};w=${windowSeconds}`);
  append(reply, 'ratelimit', `"${name}";r=${left};t=${Math.ceil(resetSeconds)}`);
}

function append(reply: HeaderReply, field: string, item: string): void {
  const said = reply.getHeader(field);
  void reply.header(field, said === undefined ? item : `${String(said)}, ${item}`);
}
