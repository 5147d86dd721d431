/** Words that a policy sets for one advice code in one locale. */
export interface AdviceWords {
  readonly code: string;
  readonly locale: string;
  readonly headline: string;
  readonly steps: readonly string[];
}

export const CHANGE_SUBJECTS = ['payout_account', 'payee_account', 'phone_number', 'postal_address', 'email'] as const;
export type ChangeSubject = (typeof CHANGE_SUBJECTS)[number];

export const ASKED_THROUGH = ['app', 'phone', 'branch', 'email', 'letter'] as const;
export type AskedThrough = (typeof ASKED_THROUGH)[number];

export const PROOFS = ['app', 'callback', 'letter', 'second_agent'] as const;
export type Proof = (typeof PROOFS)[number];

/** The proofs that a change needs; without `subject` or `askedThrough` for all of them. The first rule that fits decides. */
export interface ChangeRule {
  readonly subject?: ChangeSubject;
  readonly askedThrough?: AskedThrough;
  readonly proofs: readonly Proof[];
}

export interface ChangePolicy {
  /** How long a change is held after its last proof. */
  readonly coolingOffSeconds: number;
  /** After how long a held change lapses. */
  readonly expirySeconds: number;
  /** How long the question in the app stays open. */
  readonly answerSeconds: number;
  readonly letterSeconds: number;
  readonly letterAttempts: number;
  /** Above this amount, or in another currency, a second agent must approve. */
  readonly secondAgentAbove: { readonly amount: number; readonly currency: string };
  readonly rules: readonly ChangeRule[];
}

export interface CallbackPolicy {
  readonly timeZone: string;
  /** Local times, HH:MM. */
  readonly opens: string;
  readonly closes: string;
  /** ISO weekdays, 1 is Monday. */
  readonly days: readonly number[];
  /** Days of that time zone, YYYY-MM-DD, on which nobody is rung. */
  readonly holidays: readonly string[];
  /** How long a callback stays due where its asker set no end. */
  readonly windowSeconds: number;
  readonly claimSeconds: number;
  readonly attempts: number;
  /** The wait after the first call that nobody answered; it doubles with each. */
  readonly retrySeconds: number;
}

export interface CampaignPolicy {
  /** How far back reports count together. */
  readonly windowSeconds: number;
  /** Customers who must have reported the same thing within the window. */
  readonly minimumReach: number;
  /** How many times more that must be than in a usual window of the day before: what is always reported is no wave. */
  readonly timesUsual: number;
  /** Somebody whom the app brought up counts towards a campaign after so long on file; 0 for at once. */
  readonly newcomerSeconds: number;
  /** A campaign that nobody reports for so long is over. */
  readonly quietSeconds: number;
  /** Hosts where everybody can have a page, beside those that are shipped; `*.x` where each host below is somebody's own. */
  readonly sharedHosts: readonly string[];
}

/** What leads to the bank, whichever message it stands in. */
export interface OwnAddressesPolicy {
  /** Each with everything under it. */
  readonly hosts: readonly string[];
  /** E-mail addresses at other hosts. */
  readonly mail: readonly string[];
  /** Pages at other hosts. */
  readonly links: readonly string[];
}

/** For how long what is no evidence is kept, in days. */
export interface RetentionPolicy {
  /** From when a record came in. */
  readonly callRecordDays: number;
  /** From when a notice was sent. */
  readonly noticeDays: number;
  /** From when a report was made, and for a campaign from when it closed. */
  readonly reportDays: number;
}

/** Everything a tenant may tune, with every value present. Times are in seconds. */
export interface Policy {
  readonly verification: { readonly lifetimeSeconds: number };
  /** `codeFailures`: wrong codes in a row, over all of a customer's verifications, that lock them. */
  readonly attempts: { readonly codeFailures: number };
  readonly pushBudget: { readonly perMinute: number; readonly sinceConfirmed: number };
  readonly call: { readonly lifetimeSeconds: number };
  /** A device vouches for nothing that matters until it has been enrolled this long. */
  readonly device: { readonly ageSeconds: number; readonly mostPerCustomer: number };
  /** A contact point vouches for nothing until it has been on file this long. */
  readonly contact: { readonly ageSeconds: number };
  readonly changes: ChangePolicy;
  readonly callbacks: CallbackPolicy;
  readonly signals: { readonly windowSeconds: number };
  /** When too few of the bank's own calls are declared, on a line, by a team or in all: under the floor, over the window, where there were enough of them to say so; and by how much it must be above again. */
  readonly coverage: {
    readonly floorPercent: number;
    readonly marginPercent: number;
    readonly windowSeconds: number;
    readonly minimumCalls: number;
  };
  /** `perDay`: reports that are taken of one customer in 24 hours. */
  readonly reports: { readonly perDay: number };
  readonly campaigns: CampaignPolicy;
  readonly retention: RetentionPolicy;
  readonly ownAddresses: OwnAddressesPolicy;
  /** How national numbers are read: an ISO 3166-1 alpha-2 code. */
  readonly defaultCountry: string;
  readonly defaultLocale: string;
  /** What the bank says it will never ask for; shown with every question. */
  readonly neverAsk: readonly string[];
  readonly advice: readonly AdviceWords[];
}

export const DEFAULT_POLICY: Policy = {
  verification: { lifetimeSeconds: 120 },
  // NIST SP 800-63B-4 §3.2.2 allows up to 100 failures in a row; a six-digit code read aloud needs far fewer.
  attempts: { codeFailures: 5 },
  pushBudget: { perMinute: 5, sinceConfirmed: 20 },
  call: { lifetimeSeconds: 7_200 },
  device: { ageSeconds: 3 * 86_400, mostPerCustomer: 10 },
  contact: { ageSeconds: 10 * 86_400 },
  changes: {
    coolingOffSeconds: 86_400,
    expirySeconds: 30 * 86_400,
    answerSeconds: 3 * 86_400,
    letterSeconds: 30 * 86_400,
    letterAttempts: 5,
    secondAgentAbove: { amount: 10_000, currency: 'GBP' },
    rules: [],
  },
  callbacks: {
    timeZone: 'Europe/London',
    opens: '08:00',
    closes: '20:00',
    days: [1, 2, 3, 4, 5, 6, 7],
    holidays: [],
    windowSeconds: 2 * 86_400,
    claimSeconds: 600,
    attempts: 3,
    retrySeconds: 1_800,
  },
  signals: { windowSeconds: 86_400 },
  coverage: { floorPercent: 95, marginPercent: 1, windowSeconds: 86_400, minimumCalls: 50 },
  reports: { perDay: 20 },
  campaigns: {
    windowSeconds: 600,
    minimumReach: 8,
    timesUsual: 4,
    newcomerSeconds: 86_400,
    quietSeconds: 21_600,
    sharedHosts: [],
  },
  // A customer can dispute a change for 13 months.
  retention: { callRecordDays: 90, noticeDays: 400, reportDays: 400 },
  ownAddresses: { hosts: [], mail: [], links: [] },
  defaultCountry: 'GB',
  defaultLocale: 'en',
  neverAsk: [
    'your PIN or your full password',
    'a code that we sent you, or that your app shows you',
    'to move money to a safe account',
    'to install an app or let somebody control your screen',
  ],
  advice: [],
};

/** A policy as stored: sections that were set; what is absent takes its default. */
export type PolicyDocument = {
  readonly [Section in keyof Policy]?: Policy[Section] extends readonly unknown[] | string
    ? Policy[Section]
    : Partial<Policy[Section]>;
};

/** Fills a stored document with the defaults. */
export function completePolicy(document: PolicyDocument): Policy {
  return {
    verification: { ...DEFAULT_POLICY.verification, ...document.verification },
    attempts: { ...DEFAULT_POLICY.attempts, ...document.attempts },
    pushBudget: { ...DEFAULT_POLICY.pushBudget, ...document.pushBudget },
    call: { ...DEFAULT_POLICY.call, ...document.call },
    device: { ...DEFAULT_POLICY.device, ...document.device },
    contact: { ...DEFAULT_POLICY.contact, ...document.contact },
    changes: { ...DEFAULT_POLICY.changes, ...document.changes },
    callbacks: { ...DEFAULT_POLICY.callbacks, ...document.callbacks },
    signals: { ...DEFAULT_POLICY.signals, ...document.signals },
    coverage: { ...DEFAULT_POLICY.coverage, ...document.coverage },
    reports: { ...DEFAULT_POLICY.reports, ...document.reports },
    campaigns: { ...DEFAULT_POLICY.campaigns, ...document.campaigns },
    retention: { ...DEFAULT_POLICY.retention, ...document.retention },
    ownAddresses: { ...DEFAULT_POLICY.ownAddresses, ...document.ownAddresses },
    defaultCountry: document.defaultCountry ?? DEFAULT_POLICY.defaultCountry,
    defaultLocale: document.defaultLocale ?? DEFAULT_POLICY.defaultLocale,
    neverAsk: document.neverAsk ?? DEFAULT_POLICY.neverAsk,
    advice: document.advice ?? DEFAULT_POLICY.advice,
  };
}
