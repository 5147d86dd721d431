import { countrySpecs, validateIBAN, ValidationErrorsIBAN } from 'ibantools';
import { readTypedWhole } from './typed.js';
import { checkModulus } from './uk-modulus-check.js';
import type { ModulusWeights } from './uk-modulus-weights.js';

/** Why a text is no IBAN, from the first thing that is wrong with it on. */
export type IbanFault = 'form' | 'country' | 'length' | 'check_digits' | 'modulus';

/** In the registry, though `ibantools` does not mark them so yet: Burundi, Djibouti, the Falkland Islands, Honduras. */
const REGISTERED_SINCE: ReadonlySet<string> = new Set(['BI', 'DJ', 'FK', 'HN']);

/** An IBAN has 34 characters at most; this leaves room for its spaces, and for marks that nobody sees. */
const MAX_TYPED_LENGTH = 100;

const { WrongBBANLength, WrongBBANFormat, WrongAccountBankBranchChecksum } = ValidationErrorsIBAN;

/**
 * Reads an IBAN (ISO 13616) as people write and paste it (see `readTyped`), in either case, with `IBAN` before it or
 * without, and returns it in its electronic form.
 *
 * Faults: `form` is no two letters, two digits and a rest of letters and digits; `country` is not in the IBAN registry;
 * `length` is a length or structure other than that country's; `check_digits` is a wrong mod 97, or a wrong national
 * check digit in the countries that have one; `modulus` is a sort code and account number of the United Kingdom that
 * cannot belong together, by the same rules as where they are given by themselves.
 */
export function readIban(text: string, weights: ModulusWeights): { iban: string } | { fault: IbanFault } {
  const bare = bareIban(text);
  if (bare === null || !/^[A-Z]{2}[0-9]{2}[0-9A-Z]{1,30}$/.test(bare)) return { fault: 'form' };
  if (!isRegistered(bare.slice(0, 2))) return { fault: 'country' };
  const { errorCodes } = validateIBAN(bare);
  if (errorCodes.includes(WrongBBANLength) || errorCodes.includes(WrongBBANFormat)) return { fault: 'length' };
  if (errorCodes.some((code) => code !== WrongAccountBankBranchChecksum || isOfItsCheck(bare)))
    return { fault: 'check_digits' };
  if (bare.startsWith('GB') && checkModulus(bare.slice(8, 14), bare.slice(14), weights) === 'invalid')
    return { fault: 'modulus' };
  return { iban: bare };
}

/** What was typed for an IBAN, right or wrong, without what parts it and stands before it; null for what was never typed. */
export function bareIban(text: string): string | null {
  const typed = readTypedWhole(text, MAX_TYPED_LENGTH);
  // Letters of other alphabets have no other case that would turn them into these.
  return typed?.replace(/[a-z]/g, (letter) => letter.toUpperCase()).replace(/^IBAN:?/, '') ?? null;
}

/** `ibantools` counts letters in the accounts of North Macedonia, which may have them, as wrong. */
function isOfItsCheck(iban: string): boolean {
  return !iban.startsWith('MK') || /^[0-9]+$/.test(iban.slice(4));
}

function isRegistered(country: string): boolean {
  const spec = countrySpecs[country];
  if (!spec?.chars || !spec.bban_regexp) return false;
  return spec.IBANRegistry === true || REGISTERED_SINCE.has(country);
}
