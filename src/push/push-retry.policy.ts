/** Seconds before each attempt, counted from the failure of the one before: a question waits for two minutes, not for days. */
export const RETRY_SECONDS = [0, 2, 5, 10, 20, 40, 60] as const;

/**
 * How long to wait before the next attempt, in milliseconds; null where there is none, since the question will have
 * ended by then.
 *
 * @param attempts how many there have been
 * @param retryAfterMs what the service asks for
 * @param leftMs how long the question still waits
 */
export function nextPushIn(attempts: number, retryAfterMs: number | null, leftMs: number): number | null {
  const seconds = RETRY_SECONDS[attempts];
  if (seconds === undefined) return null;
  const wait = Math.max(seconds * 1_000, retryAfterMs ?? 0);
  return wait < leftMs ? wait : null;
}
