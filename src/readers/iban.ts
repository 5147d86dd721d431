import { countrySpecs, validateIBAN, ValidationErrorsIBAN } from 'ibantools';

/** Why a text is no IBAN, from the first thing that is wrong with it on. */
export type IbanFault = 'form' | 'country' | 'length' | 'check_digits';

/** In the registry, though `ibantools` does not mark them so yet: Burundi, Djibouti, the Falkland Islands, Honduras. */
const REGISTERED_SINCE: ReadonlySet<string> = new Set(['BI', 'DJ', 'FK', 'HN']);

/** An IBAN has 34 characters at most; this leaves room for its spaces. */
const MAX_TYPED_LENGTH = 68;

const { WrongBBANLength, WrongBBANFormat } = ValidationErrorsIBAN;

/**
 * Reads an IBAN (ISO 13616) as people write it, with spaces and in either case, and returns it in its electronic form.
 *
 * Faults: `form` is no two letters, two digits and a rest of letters and digits; `country` is not in the IBAN registry;
 * `length` is a length or structure other than that country's; `check_digits` is a wrong mod 97, or a wrong national
 * check digit in the countries that have one.
 */
export function readIban(text: string): { iban: string } | { fault: IbanFault } {
  if (text.length > MAX_TYPED_LENGTH) return { fault: 'form' };
  const bare = text.replace(/\s/g, '');
  // Before the change of case, which would turn letters of other alphabets into these.
  if (!/^[A-Za-z]{2}[0-9]{2}[0-9A-Za-z]{1,30}$/.test(bare)) return { fault: 'form' };
  const iban = bare.toUpperCase();
  if (!isRegistered(iban.slice(0, 2))) return { fault: 'country' };
  const { valid, errorCodes } = validateIBAN(iban);
  if (errorCodes.includes(WrongBBANLength) || errorCodes.includes(WrongBBANFormat)) return { fault: 'length' };
  return valid ? { iban } : { fault: 'check_digits' };
}

function isRegistered(country: string): boolean {
  const spec = countrySpecs[country];
  if (!spec?.chars || !spec.bban_regexp) return false;
  return spec.IBANRegistry === true || REGISTERED_SINCE.has(country);
}
