/**
 * The states of a callback. `queued` and `claimed` are open; everything else is terminal, and terminal is final.
 *
 *   queued ◀──lapse / no answer──▶ claimed ──▶ verified | declined | wrong_person | unreachable
 *     └──▶ expired | cancelled ◀──────┘
 */
export const CALLBACK_STATUSES = [
  'queued',
  'claimed',
  'verified',
  'declined',
  'wrong_person',
  'unreachable',
  'expired',
  'cancelled',
] as const;
export type CallbackStatus = (typeof CALLBACK_STATUSES)[number];

export const CALLBACK_RESULTS = ['no_answer', 'wrong_person', 'verified', 'declined'] as const;
export type CallbackResult = (typeof CALLBACK_RESULTS)[number];

/** The status after an attempt. An unknown result throws. */
export function afterAttempt(result: CallbackResult, attemptsMade: number, attemptsAllowed: number): CallbackStatus {
  switch (result) {
    case 'verified':
    case 'declined':
    case 'wrong_person':
      return result;
    case 'no_answer':
      return attemptsMade >= attemptsAllowed ? 'unreachable' : 'queued';
    default:
      throw new TypeError(`unknown callback result ${String(result)}`);
  }
}

/** How long to wait after an attempt that nobody answered: the first wait, doubled with each attempt. In seconds. */
export function retryAfterSeconds(attemptsMade: number, firstWaitSeconds: number): number {
  return firstWaitSeconds * 2 ** Math.max(0, attemptsMade - 1);
}
