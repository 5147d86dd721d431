import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * Reads a phone number as a person or a telephone system writes it and returns it in E.164, or null where it is not
 * a possible number of its country's plan.
 */
export function toE164(text: string, defaultCountry: string): string | null {
  if (text.length > 32 || /[a-z]/i.test(text)) return null;
  const number = parsePhoneNumberFromString(text, { defaultCountry: defaultCountry as CountryCode, extract: false });
  return number?.isValid() && !number.ext ? number.number : null;
}
