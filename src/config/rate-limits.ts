/**
 * What an attacker would repeat, and how often one caller may do it in a minute where nothing else is said. The names are
 * those that `RateLimit-Policy` has.
 */
export const RATE_LIMITS = {
  /** Customers with whom an agent has nothing to do, over searches, summaries and checks of messages. */
  'customer-lookups': 30,
  /** References, by a person or a customer. */
  references: 60,
  /** References, by a program that asks for everybody: the app's backend, an IVR. */
  'machine-references': 1_200,
  /** Messages that are checked: of one customer, or by one agent. */
  'notice-checks': 60,
  diagnostics: 60,
  /** Verdicts of one customer, at each process. */
  verdicts: 600,
} as const;

type Settable = keyof typeof RATE_LIMITS;

/** References without a token have a setting of their own. */
export type LimitName = Settable | 'public-references';
export type RateLimitSettings = Partial<Readonly<Record<Settable, number>>>;
/** How often a minute, by name. */
export type Quotas = Readonly<Record<LimitName, number>>;

const NAMES = Object.keys(RATE_LIMITS) as Settable[];
const MOST = 1_000_000;

/** Reads limits by name. @throws Error that says what they should be, as what is to follow “should be” */
export function readRateLimits(value: unknown): RateLimitSettings {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const given = isObject ? Object.entries(value) : [['', 0] as const];
  for (const [name, quota] of given)
    if (!NAMES.includes(name as Settable) || !Number.isInteger(quota) || quota < 1 || quota > MOST)
      throw new Error(`whole numbers from 1 to ${MOST} under ${NAMES.map((one) => `\`${one}\``).join(', ')}`);
  return Object.fromEntries(given);
}

/** What holds for a tenant: what it says itself, before what is said for all. */
export function quotasOf(
  { rateLimits = {} }: { readonly rateLimits?: RateLimitSettings },
  forAll: RateLimitSettings,
  publicReferences: number,
): Quotas {
  return { ...RATE_LIMITS, ...forAll, ...rateLimits, 'public-references': publicReferences };
}
