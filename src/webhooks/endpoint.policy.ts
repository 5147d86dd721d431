const HOUR_MS = 3_600_000;

/** An endpoint that has failed for so long, without one success, is told of. */
export const TELL_AFTER_MS = HOUR_MS;
/** And after so long it is disabled. */
export const DISABLE_AFTER_MS = 5 * 24 * HOUR_MS;

/** What follows for the endpoint from a failed attempt. An event says that it is failing before it is disabled for it. */
export function judgeEndpoint({
  gone,
  failingForMs,
  told,
}: {
  gone: boolean;
  failingForMs: number;
  told: boolean;
}): 'none' | 'tell' | 'disable_gone' | 'disable_failing' {
  if (gone) return 'disable_gone';
  if (!told) return failingForMs >= TELL_AFTER_MS ? 'tell' : 'none';
  return failingForMs >= DISABLE_AFTER_MS ? 'disable_failing' : 'none';
}
