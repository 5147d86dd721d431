/**
 * What the phone network says of a number. `unknown` is what is recorded whenever the network was not asked, did not
 * answer, or answered unclearly, and it never counts as clean.
 */
export interface NumberSignalResult {
  /** Whether the SIM behind the number was changed lately. */
  simSwap: 'swapped' | 'not_swapped' | 'unknown';
  /** Whether calls to the number are forwarded to another. */
  callForwarding: 'active' | 'inactive' | 'unknown';
  /** RFC 3339, UTC. */
  checkedAt: string;
}

/** Asks the phone network about a number before the bank relies on it. */
export interface NumberSignals {
  /**
   * Never rejects.
   * @param number E.164
   */
  check(number: string): Promise<NumberSignalResult>;
}

/** The default: asks nobody, and knows nothing. */
export class NoNumberSignals implements NumberSignals {
  check(_number: string): Promise<NumberSignalResult> {
    return Promise.resolve({ simSwap: 'unknown', callForwarding: 'unknown', checkedAt: new Date().toISOString() });
  }
}
