/** Words that a policy sets for one advice code in one locale. */
export interface AdviceWords {
  readonly code: string;
  readonly locale: string;
  readonly headline: string;
  readonly steps: readonly string[];
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
  readonly signals: { readonly windowSeconds: number };
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
  signals: { windowSeconds: 86_400 },
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
export type PolicyDocument = { readonly [Section in keyof Policy]?: Policy[Section] extends readonly unknown[] | string ? Policy[Section] : Partial<Policy[Section]> };

/** Fills a stored document with the defaults. */
export function completePolicy(document: PolicyDocument): Policy {
  return {
    verification: { ...DEFAULT_POLICY.verification, ...document.verification },
    attempts: { ...DEFAULT_POLICY.attempts, ...document.attempts },
    pushBudget: { ...DEFAULT_POLICY.pushBudget, ...document.pushBudget },
    call: { ...DEFAULT_POLICY.call, ...document.call },
    device: { ...DEFAULT_POLICY.device, ...document.device },
    contact: { ...DEFAULT_POLICY.contact, ...document.contact },
    signals: { ...DEFAULT_POLICY.signals, ...document.signals },
    defaultCountry: document.defaultCountry ?? DEFAULT_POLICY.defaultCountry,
    defaultLocale: document.defaultLocale ?? DEFAULT_POLICY.defaultLocale,
    neverAsk: document.neverAsk ?? DEFAULT_POLICY.neverAsk,
    advice: document.advice ?? DEFAULT_POLICY.advice,
  };
}
