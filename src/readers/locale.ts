/** As long as RFC 5646 §4.4.1 asks everybody to take. */
const LONGEST = 35;
/** A language of ISO 639 with subtags after it; none of eight letters, which no registry has given out. */
const TAG = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/;

/**
 * A language tag (RFC 5646) in its canonical form: `en-gb` is `en-GB`, `zh-hant-tw` is `zh-Hant-TW`, and what was renamed
 * has its new name (`iw` is `he`, `en-UK` is `en-GB`). Null where it is none; an underscore parts no subtags.
 */
export function readLocale(text: string): string | null {
  if (text.length > LONGEST || !TAG.test(text)) return null;
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    return null;
  }
}
