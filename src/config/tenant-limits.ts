/** How much one tenant may do in a second, over all processes; without a limit where nothing is said. */
export interface TenantLimits {
  readonly requestsPerSecond?: number;
  /** What is written into its log. */
  readonly eventsPerSecond?: number;
}

export const MOST_PER_SECOND = 1_000_000;

/** Limits of what may be there and what not: the first of each that says a number. */
export function limitsOf(
  ...said: readonly { readonly [Name in keyof TenantLimits]?: number | null | undefined }[]
): TenantLimits {
  const first = (name: keyof TenantLimits): number | undefined =>
    said.map((one) => one[name]).find((value) => typeof value === 'number') ?? undefined;
  const [requestsPerSecond, eventsPerSecond] = [first('requestsPerSecond'), first('eventsPerSecond')];
  return {
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(eventsPerSecond === undefined ? {} : { eventsPerSecond }),
  };
}
