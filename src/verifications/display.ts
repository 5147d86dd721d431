import type { CallChannel, Direction } from './answer.policy.js';

export type VerificationKind = 'call' | 'change' | 'callback';

/** What a customer is shown and signs (domain rule 4); plain JSON, so that its RFC 8785 form is the same everywhere. */
export type Display = Readonly<Record<string, unknown>>;

export interface CallToShow {
  readonly direction: Direction;
  readonly channel: CallChannel;
  readonly agentName: string;
  readonly department: string | null;
  readonly purpose: string;
}

/**
 * The lasting part of what is shown about a call; the time comes from the database. On an inbound call it is the bare
 * question and nothing that would help a fraudster to coach the customer (domain rule 3).
 */
export function callDisplay(call: CallToShow, neverAsk: readonly string[]): Display {
  if (call.direction === 'inbound') return { question: 'did_you_phone_us', neverAsk };
  if (call.direction !== 'outbound') throw new TypeError('unknown direction');
  return {
    question: 'are_you_talking_to_us',
    direction: 'outbound',
    ...(call.channel === 'phone' ? {} : { channel: call.channel }),
    agentName: call.agentName,
    department: call.department,
    purpose: call.purpose,
    neverAsk,
  };
}

/** The whole display: what was sealed, with the time that the database gave it: since when a call goes on, or when a change was asked for. */
export function withTime(kind: VerificationKind, sealed: Display, displayTime: Date | null): Display {
  return displayTime === null
    ? sealed
    : { ...sealed, [kind === 'change' ? 'askedAt' : 'startedAt']: displayTime.toISOString() };
}
