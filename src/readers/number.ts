import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';

const MOST_CHARACTERS = 32;

/**
 * Reads a phone number as a person or a telephone system writes it and returns it in E.164, or null where it is not
 * a possible number of its country's plan. Possible, not assigned: plans grow faster than any table of ranges, and the
 * numbers that regulators keep for fiction, which every trial of this service uses, are never assigned.
 */
export function toE164(text: string, defaultCountry: string): string | null {
  if (text.length > MOST_CHARACTERS || /[a-z]/i.test(text)) return null;
  const number = parsePhoneNumberFromString(text.trim(), { defaultCountry: defaultCountry as CountryCode, extract: false });
  return number?.isPossible() && !number.ext ? number.number : null;
}
