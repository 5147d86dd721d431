/** What can be said of an account while it is typed; the service looks closer, and decides. */
export type AccountCheck = 'empty' | 'short' | 'wrong' | 'fits';

/** Checks the digits of an IBAN (ISO 13616, ISO 7064 mod 97-10): 97 is left over 1. */
export function checkIban(typed: string): AccountCheck {
  const iban = typed
    .replace(/^\s*IBAN/i, '')
    .replace(/[\s\p{Pd}]/gu, '')
    .toUpperCase();
  if (iban === '') return 'empty';
  if (!/^[A-Z]{0,2}$|^[A-Z]{2}\d{0,2}$|^[A-Z]{2}\d{2}[A-Z0-9]*$/.test(iban) || iban.length > 34) return 'wrong';
  if (iban.length < 15) return 'short';
  const digits = [...iban.slice(4), ...iban.slice(0, 4)].map((one) => parseInt(one, 36)).join('');
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1 ? 'fits' : 'wrong';
}

/** Six digits of a sort code, or eight of an account number. */
export function checkDigits(typed: string, many: number): AccountCheck {
  const digits = typed.replace(/[\s\p{Pd}]/gu, '');
  if (digits === '') return 'empty';
  if (!/^\d+$/.test(digits) || digits.length > many) return 'wrong';
  return digits.length < many ? 'short' : 'fits';
}
