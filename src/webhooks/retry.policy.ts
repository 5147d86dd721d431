/** Seconds before each attempt, counted from the failure of the one before (Standard Webhooks 1.0, "Deliverability and reliability"). */
export const RETRY_SECONDS = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

/** Each wait is up to this share shorter or longer, so that what failed together does not come back together. */
export const JITTER = 0.2;

/** An endpoint that says how long to wait is believed up to here. */
export const MOST_RETRY_AFTER_MS = 86_400_000;

/**
 * How long to wait before the next attempt, in milliseconds; null where there is none.
 *
 * @param attempts how many there have been
 * @param retryAfterMs what the endpoint asks for
 * @param random from 0 to 1
 */
export function nextAttemptIn(attempts: number, retryAfterMs: number | null, random: number): number | null {
  const seconds = RETRY_SECONDS[attempts];
  if (seconds === undefined) return null;
  const scheduled = seconds * 1_000 * (1 - JITTER + 2 * JITTER * random);
  return Math.round(Math.max(scheduled, Math.min(retryAfterMs ?? 0, MOST_RETRY_AFTER_MS)));
}

/** What a Retry-After header asks for (RFC 9110 §10.2.3), in milliseconds from `now`; null where it cannot be read. */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000;
  const date = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
