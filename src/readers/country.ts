import { iso31661 } from 'iso-3166/1.js';

/** Kosovo has no code of ISO's; this one ISO leaves to its users, and the IBAN registry, the EU and post offices use it. */
const IN_USE: readonly string[] = ['XK'];
const COUNTRIES: ReadonlySet<string> = new Set([
  ...iso31661.filter(({ state }) => state === 'assigned').map(({ alpha2 }) => alpha2),
  ...IN_USE,
]);

/**
 * Whether a text is the code of a country: assigned in ISO 3166-1 alpha-2, in capital letters, or `XK`. Not `UK`, `EU` and
 * others that are only kept free, and not `ZZ` and others that everybody may use for what they like.
 */
export function isCountry(text: string): boolean {
  return COUNTRIES.has(text);
}
