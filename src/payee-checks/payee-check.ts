import type { AccountDetails } from '../readers/account.js';

/**
 * Whether the bank that holds an account knows it under that name. `unavailable` is what is recorded whenever it was not
 * asked, did not answer, or cannot tell, and it never counts as clean.
 */
export interface PayeeCheckResult {
  result: 'match' | 'close_match' | 'no_match' | 'unavailable';
  /** Only with `close_match`, and only where the other bank gives it: the name that the account is held in. */
  suggestedName?: string;
  /** RFC 3339, UTC. */
  checkedAt: string;
}

/** Asks the bank that holds an account whose it is. */
export interface PayeeCheck {
  /** Never rejects. */
  check(details: AccountDetails): Promise<PayeeCheckResult>;
}

/** The default: asks nobody, and knows nothing. */
export class NoPayeeCheck implements PayeeCheck {
  check(_details: AccountDetails): Promise<PayeeCheckResult> {
    return Promise.resolve({ result: 'unavailable', checkedAt: new Date().toISOString() });
  }
}
