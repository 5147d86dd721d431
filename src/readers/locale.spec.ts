import { describe, expect, it } from 'vitest';
import { readLocale } from './locale.js';

describe('readLocale', () => {
  it.each([
    ['en', 'en'],
    ['EN', 'en'],
    ['en-gb', 'en-GB'],
    ['EN-GB', 'en-GB'],
    ['eN-gB', 'en-GB'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['ZH-HANT-TW', 'zh-Hant-TW'],
    ['sr-latn-rs', 'sr-Latn-RS'],
    ['es-419', 'es-419'],
    ['CY-gb', 'cy-GB'],
    ['gsw-ch', 'gsw-CH'],
    ['iw', 'he'],
    ['en-uk', 'en-GB'],
    ['de-ch-1996', 'de-CH-1996'],
    ['en-us-U-FW-mon', 'en-US-u-fw-mon'],
  ])('%s is %s', (text, locale) => {
    expect(readLocale(text)).toBe(locale);
    expect(readLocale(locale)).toBe(locale);
  });

  it.each([
    '',
    'e',
    'english',
    'en_GB',
    'en GB',
    'en-',
    '-en',
    'en--GB',
    'en-GB-',
    'en-G',
    'en-GBRR-GB-x',
    'x-private',
    'i-klingon',
    '12',
    'en-GB\n',
    ' en',
    'en\u0000',
    'еn',
    'en-\uff27\uff22',
    'en\u2010GB',
    'en.UTF-8',
    'en-GB-u',
    'de-1996-1996',
    `en-${'abcde-'.repeat(6)}x`,
    'C',
    '*',
  ])('%j is none', (text) => expect(readLocale(text)).toBeNull());
});
