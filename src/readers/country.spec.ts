import { describe, expect, it } from 'vitest';
import { isCountry } from './country.js';

const every = (letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'): string[] =>
  [...letters].flatMap((first) => [...letters].map((second) => first + second));

describe('isCountry', () => {
  it('knows the 249 that ISO 3166-1 has assigned, and Kosovo', () =>
    expect(every().filter(isCountry)).toHaveLength(250));
  it.each(['GB', 'IE', 'JE', 'GG', 'IM', 'GI', 'AX', 'BQ', 'SS', 'XK', 'AQ', 'TW', 'PS'])('%s is one', (code) =>
    expect(isCountry(code)).toBe(true),
  );
  it.each([
    'UK',
    'ZZ',
    'EU',
    'UN',
    'AC',
    'TA',
    'EA',
    'IC',
    'DG',
    'CP',
    'SU',
    'YU',
    'AN',
    'DD',
    'TP',
    'FX',
    'XX',
    'XA',
    'QO',
    'AA',
    'QM',
    'gb',
    'Gb',
    'GBR',
    '826',
    '',
    'G',
    '\uff27\uff22',
    '__proto__',
    'constructor',
  ])('%s is none', (code) => expect(isCountry(code)).toBe(false));
});
