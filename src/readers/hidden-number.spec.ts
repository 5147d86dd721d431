import { describe, expect, it } from 'vitest';
import { isHiddenNumber } from './hidden-number.js';

describe('a number that is hidden', () => {
  it.each([
    'Withheld',
    'withheld number',
    'NO CALLER ID',
    'Unknown',
    'Anonymous',
    'Private Number',
    'private-number',
    'Restricted',
    'Unavailable',
    'Blocked',
    '(unknown)',
    'Unknown 2',
    '\u2066Unknown\u2069',
    '\uff35\uff4e\uff4b\uff4e\uff4f\uff57\uff4e',
    'Unkn\u043ewn',
    'Unbekannt',
    'Unterdr\u00fcckt',
    'Num\u00e9ro masqu\u00e9',
    'NUMERO MASQUE',
    'N\u00famero oculto',
    'Anhysbys',
    'Zastrze\u017cony',
    '\u041d\u043e\u043c\u0435\u0440 \u0441\u043a\u0440\u044b\u0442',
    '\u0391\u03c0\u03cc\u03ba\u03c1\u03c5\u03c8\u03b7',
    '\u0631\u0642\u0645 \u062e\u0627\u0635',
    '\u05d7\u05e1\u05d5\u05d9',
    '\u0905\u091c\u094d\u091e\u093e\u0924',
    '\u975e\u901a\u77e5',
    '\u672a\u77e5\u53f7\u7801',
    '\uc54c \uc218 \uc5c6\uc74c',
    '',
    '-',
    '?',
    '-1',
    '\u200b',
  ])('is named by %j', (text) => {
    expect(isHiddenNumber(text)).toBe(true);
  });

  it.each([
    'NorthBank',
    'Unknown Pleasures Ltd',
    'Private Clients Northbank',
    '60012',
    '+447700900999',
    'Anonyma',
    'Blockbuster',
  ])('is not named by %j', (text) => {
    expect(isHiddenNumber(text)).toBe(false);
  });
});
