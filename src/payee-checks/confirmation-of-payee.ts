import { type AccountDetails, readHolder } from '../readers/account.js';
import { OutboundApi, type OutboundApiOptions } from '../outbound/outbound-api.js';
import type { PayeeCheck, PayeeCheckResult } from './payee-check.js';

export interface ConfirmationOfPayeeOptions extends Omit<OutboundApiOptions, 'scope' | 'correlationHeader'> {
  /** Below the address, what the request is posted to; differs from one provider to the next. */
  path?: string;
  /** The kind of account asked for. An account of the other kind under that very name is a close match. */
  accountType?: 'Personal' | 'Business';
  scope?: string;
}

type Outcome = Omit<PayeeCheckResult, 'checkedAt'>;

/**
 * Pay.UK's reason codes, which come with every answer but a full match. Absent here, and so `unavailable`: accounts that
 * cannot be checked (ACNS, OPTO, SCNS), that have moved to another bank (CASS), or whose roll number is wrong or missing
 * (IVCR); and codes yet to come.
 */
const RESULTS: ReadonlyMap<unknown, Outcome['result']> = new Map([
  ['ANNM', 'no_match'],
  ['AC01', 'no_match'],
  ['MBAM', 'close_match'],
  ['BANM', 'close_match'],
  ['PANM', 'close_match'],
  ['BAMM', 'close_match'],
  ['PAMM', 'close_match'],
]);

/**
 * UK Confirmation of Payee: Pay.UK's account name verification, in the form that participants' gateways offer to those
 * who ask. For UK accounts alone, given as sort code and account number or as a GB IBAN; a roll number goes with them as
 * the secondary reference.
 */
export class ConfirmationOfPayee implements PayeeCheck {
  readonly #api: OutboundApi;
  readonly #path: string;
  readonly #accountType: string;

  constructor(options: ConfirmationOfPayeeOptions, now?: () => number) {
    const {
      path = '/account-verifications',
      accountType = 'Personal',
      scope = 'name-verification',
      ...outbound
    } = options;
    this.#api = new OutboundApi({ ...outbound, scope, correlationHeader: 'x-fapi-interaction-id' }, now);
    this.#path = path;
    this.#accountType = accountType;
  }

  async check(details: AccountDetails): Promise<PayeeCheckResult> {
    const outcome = await this.#check(details).catch((): Outcome => ({ result: 'unavailable' }));
    return { ...outcome, checkedAt: new Date().toISOString() };
  }

  async #check(details: AccountDetails): Promise<Outcome> {
    const identification = identificationOf(details);
    if (identification === null) return { result: 'unavailable' };
    const { body } = await this.#api.post(this.#path, {
      Data: {
        SchemeName: 'SortCodeAccountNumber',
        AccountType: this.#accountType,
        Identification: identification,
        Name: unstructured(details.holder),
        ...('rollNumber' in details ? { SecondaryIdentification: details.rollNumber } : {}),
      },
    });
    return readReport(body);
  }
}

function readReport(body: unknown): Outcome {
  const report = (body as { Data?: { VerificationReport?: Record<string, unknown> | null } | null } | null)?.Data
    ?.VerificationReport;
  const { Matched: matched, ReasonCode: code, Name: name } = report ?? {};
  // A match carries no reason; one that does contradicts itself.
  if (matched === true) return { result: code === undefined || code === null || code === '' ? 'match' : 'unavailable' };
  const result = matched === false ? RESULTS.get(code) : undefined;
  if (result === undefined) return { result: 'unavailable' };
  const suggestedName = result === 'close_match' ? readHolder(name) : null;
  return suggestedName === null ? { result } : { result, suggestedName };
}

/** Sort code and account number, 14 digits; null where the account is not a UK one. */
function identificationOf(details: AccountDetails): string | null {
  if (!('iban' in details)) return details.sortCode.replaceAll('-', '') + details.accountNumber;
  return /^GB[0-9]{2}[A-Z]{4}([0-9]{14})$/.exec(details.iban)?.[1] ?? null;
}

/** Title, first and last name go between commas; a name in one piece goes after both. */
function unstructured(holder: string): string {
  return `,,${holder.replaceAll(',', ' ').replace(/\s+/g, ' ').trim()}`;
}
