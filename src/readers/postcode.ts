import { readTyped } from './typed.js';

const MOST_TYPED = 40;
const POSTCODE = /^(?=.{2,12}$)[A-Z0-9]([A-Z0-9 -]*[A-Z0-9])?$/;
/** An outward and an inward code: the last three characters are the inward one. */
const OF_GREAT_BRITAIN = /^([A-Z]{1,2}[0-9][0-9A-Z]?|GIR) ?([0-9][A-Z]{2})$/;

/**
 * A postcode in its one form: capital letters, plain digits, one space or hyphen where any was; in the United Kingdom the
 * space where it belongs. Null where no country could have it. Whether it exists is not asked.
 *
 * @param country ISO 3166-1 alpha-2
 */
export function readPostcode(text: string, country: string): string | null {
  const typed = readTyped(text, MOST_TYPED)?.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  if (typed === undefined || !POSTCODE.test(typed)) return null;
  return country === 'GB' ? typed.replace(OF_GREAT_BRITAIN, '$1 $2') : typed;
}
