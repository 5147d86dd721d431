import type { Tone } from '../symbols.js';

/** What was asked in a call, as far as it is known. */
export interface Asked {
  readonly id: string;
  readonly status: string;
  readonly expiresAt: string;
  readonly attemptsLeft: number;
  /** What speaks against the answer. */
  readonly findings: readonly string[];
  readonly reason: string | null;
}

/** How a call stands, from the calmest that is true to the least calm. */
export type Standing =
  | 'none'
  | 'unasked'
  | 'waiting'
  | 'confirmed'
  | 'denied'
  | 'expired'
  | 'cancelled'
  | 'locked'
  | 'unknown'
  | 'ended'
  | 'stale'
  | 'alarm';

export interface CallFacts {
  readonly call: { readonly state: string; readonly relaySuspectedAt?: string | null } | null;
  readonly asked: Asked | null;
  /** Whether the call was said to be a relay, by whatever came first. */
  readonly relay: boolean;
  readonly stale: boolean;
}

/**
 * Never calmer than the truth: an alarm outlives everything, and what is old is not known. Only a confirmed answer in a
 * live call that was heard of just now is green.
 */
export function standingOf({ call, asked, relay, stale }: CallFacts): Standing {
  if (!call) return 'none';
  if (relay || call.relaySuspectedAt || asked?.status === 'reported') return 'alarm';
  if (call.state !== 'live') return 'ended';
  if (stale) return 'stale';
  if (!asked) return 'unasked';
  switch (asked.status) {
    case 'waiting':
    case 'confirmed':
    case 'denied':
    case 'expired':
    case 'cancelled':
    case 'locked':
      return asked.status;
    default:
      return 'unknown';
  }
}

/** The look of a standing. Green is for a confirmed answer alone. */
export function toneOf(standing: Standing): Tone {
  switch (standing) {
    case 'confirmed':
      return 'genuine';
    case 'alarm':
    case 'denied':
    case 'locked':
      return 'wrong';
    case 'waiting':
      return 'asking';
    case 'none':
    case 'unasked':
    case 'expired':
    case 'cancelled':
    case 'unknown':
    case 'ended':
    case 'stale':
      return 'unknown';
    default:
      throw new TypeError('unknown standing');
  }
}
