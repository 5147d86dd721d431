import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bareIban, readIban as readIbanWith } from './iban.js';
import { readUkAccount } from './uk-account.js';
import { loadWeights } from './uk-modulus-files.js';

const weights = loadWeights();
const readIban = (text: string) => readIbanWith(text, weights);

/** The examples in the IBAN registry (ISO 13616, published by SWIFT), in electronic form. */
const REGISTRY = `AD1200012030200359100100 AE070331234567890123456 AL47212110090000000235698741 AT611904300234573201
  AZ21NABZ00000000137010001944 BA391290079401028494 BE68539007547034 BG80BNBG96611020345678 BH67BMAG00001299123456
  BI4210000100010000332045181 BR1800360305000010009795493C1 BY13NBRB3600900000002Z00AB00 CH9300762011623852957
  CR05015202001026284066 CY17002001280000001200527600 CZ6508000000192000145399 DE89370400440532013000
  DJ2100010000000154000100186 DK5000400440116243 DO28BAGR00000001212453611324 EE382200221020145685
  EG380019000500000000263180002 ES9121000418450200051332 FI2112345600000785 FK88SC123456789012 FO6264600001631634
  FR1420041010050500013M02606 GB29NWBK60161331926819 GE29NB0000000101904917 GI75NWBK000000007099453
  GL8964710001000206 GR1601101250000000012300695 GT82TRAJ01020000001210029690 HN88CABF00000000000250005469
  HR1210010051863000160 HU42117730161111101800000000 IE29AIBK93115212345678 IL620108000000099999999
  IQ98NBIQ850123456789012 IS140159260076545510730339 IT60X0542811101000000123456 JO94CBJO0010000000000131000302
  KW81CBKU0000000000001234560101 KZ86125KZT5004100100 LB62099900000001001901229114 LC55HEMM000100010012001200023015
  LI21088100002324013AA LT121000011101001000 LU280019400644750000 LV80BANK0000435195001 LY83002048000020100120361
  MC5811222000010123456789030 MD24AG000225100013104168 ME25505000012345678951 MK07250120000058984
  MN121234123456789123 MR1300020001010000123456753 MT84MALT011000012345MTLCAST001S MU17BOMM0101101030300200000MUR
  NI45BAPR00000013000003558124 NL91ABNA0417164300 NO9386011117947 OM810180000001299123456 PK36SCBL0000001123456702
  PL61109010140000071219812874 PS92PALS000000000400123456702 PT50000201231234567890154 QA58DOHB00001234567890ABCDEFG
  RO49AAAA1B31007593840000 RS35260005601001611379 RU0304452522540817810538091310419 SA0380000000608010167519
  SC18SSCB11010000000000001497USD SD2129010501234001 SE4550000000058398257466 SI56263300012039086
  SK3112000000198742637541 SM86U0322509800000000270100 SO211000001001000100141 ST23000100010051845310146
  SV62CENR00000000000000700025 TL380080012345678910157 TN5910006035183598478831 TR330006100519786457841326
  UA213223130000026007233566001 VA59001123000012345678 VG96VPVG0000012345678901 XK051212012345678906`.split(/\s+/);

function isValidMod97(iban: string): boolean {
  const digits = (iban.slice(4) + iban.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(parseInt(letter, 36)));
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}

describe('readIban', () => {
  it.each(REGISTRY)('accepts the registry example %s', (iban) => {
    expect(readIban(iban)).toEqual({ iban });
    expect(readIban(` ${iban.replace(/(.{4})/g, '$1 ').toLowerCase()}\n`)).toEqual({ iban });
  });

  it.each(REGISTRY)('refuses %s with another check digit, or two digits exchanged', (iban) => {
    const check = String((Number(iban.slice(2, 4)) % 97) + 1).padStart(2, '0');
    expect(readIban(iban.slice(0, 2) + check + iban.slice(4))).toEqual({ fault: 'check_digits' });
    const pair = /([0-9])(?!\1)([0-9])/.exec(iban.slice(4));
    expect(pair).not.toBeNull();
    const at = 4 + pair!.index;
    expect(readIban(iban.slice(0, at) + iban[at + 1]! + iban[at]! + iban.slice(at + 2))).toEqual({
      fault: 'check_digits',
    });
  });

  it('takes a single changed digit for what it is, whichever it is', () => {
    const place = fc
      .constantFrom(...REGISTRY)
      .chain((iban) =>
        fc.tuple(fc.constant(iban), fc.integer({ min: 2, max: iban.length - 1 }), fc.integer({ min: 1, max: 9 })),
      );
    fc.assert(
      fc.property(place, ([iban, at, add]) => {
        fc.pre(/[0-9]/.test(iban[at]!));
        const digit = (Number(iban[at]) + add) % 10;
        expect(readIban(iban.slice(0, at) + digit + iban.slice(at + 1))).toHaveProperty('fault');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['ZZ29NWBK60161331926819', 'country'],
    ['US64SVBKUS6S3300958879', 'country'],
    ['AO06004400006729503010102', 'country'],
    ['GB29NWBK6016133192681', 'length'],
    ['GB29NWBK601613319268190', 'length'],
    ['GB2912346016133192681A', 'length'],
    ['DE8937040044053201300A', 'length'],
    ['GB30NWBK60161331926819', 'check_digits'],
    ['NL00ABNA0417164300', 'check_digits'],
    // 99 leaves the same remainder as 02, and is no check digit that ISO 13616 gives.
    ['BE99539007547034', 'check_digits'],
    // Right mod 97, wrong Belgian national check digits.
    ['BE41539007547035', 'check_digits'],
    ['', 'form'],
    ['GB', 'form'],
    ['GBNWBK60161331926819', 'form'],
    ['12345678', 'form'],
    ['GB29NWBK6016133192681９', 'form'],
    ['GB29NWBK60161331926৪19', 'form'],
    ['GB٢٩NWBK60161331926819', 'form'],
    ['GB29 NWBK 6016 1331 \u202e9268 19', 'form'],
    ['GB29NWBK6016133192681\u{1d7d7}', 'form'],
    ['\u{1d406}B29NWBK60161331926819', 'form'],
    ['GВ29NWBK60161331926819', 'form'],
    ['GB29\u3164NWBK60161331926819', 'form'],
    ['IBAN', 'form'],
    ['IBAN IBAN GB29NWBK60161331926819', 'form'],
    ['IBAN GB30NWBK60161331926819', 'check_digits'],
    // Right as an IBAN, and no account of that sort code.
    ['GB02BARC20201530093451', 'modulus'],
    ['gb24 barc 2020 1630 0934 59', 'modulus'],
    ['IBAN:\u00a0GB02\u00a0BARC\u00a02020\u00a01530\u00a00934\u00a051', 'modulus'],
    ['ſe4550000000058398257466', 'form'],
    ['GB29NWBK60161331926819\u0000', 'form'],
  ])('refuses %j for its %s', (text, fault) => {
    expect(readIban(text)).toEqual({ fault });
  });

  it.each([
    'GB29 NWBK 6016 1331 9268 19',
    'gb29nwbk60161331926819',
    'Gb29NwBk60161331926819',
    'IBAN GB29 NWBK 6016 1331 9268 19',
    'iban: gb29nwbk60161331926819',
    'IBAN:GB29NWBK60161331926819',
    'GB29\u00a0NWBK\u00a06016\u00a01331\u00a09268\u00a019',
    'GB29\u202fNWBK\u20096016\u30001331\t9268\n19',
    'GB29-NWBK-6016-1331-9268-19',
    'GB29\u2013NWBK\u20146016\u22121331 9268\u201119',
    '\ufeffGB29\u200bNWBK\u200d6016\u2060133\u00ad1926819',
    '\u200eGB29NWBK60161331926819\u200f',
    '\u2068GB29NWBK60161331926819\u2069',
    'GB29\u2800NWBK60161331926819',
    'ＧＢ２９ＮＷＢＫ６０１６１３３１９２６８１９',
    'ｇｂ２９　ｎｗｂｋ　６０１６　１３３１　９２６８　１９',
    'GB٢٩NWBK٦٠١٦١٣٣١٩٢٦٨١٩',
    'GB২৯ NWBK ৬০১৬ ১৩৩১ ৯২৬৮ ১৯',
    'GB۲۹NWBK۶۰۱۶۱۳۳۱۹۲۶۸۱۹',
  ])('reads %j as people write it', (text) => {
    expect(readIban(text)).toEqual({ iban: 'GB29NWBK60161331926819' });
  });

  it('accepts a UK IBAN exactly where the sort code and account number in it are accepted, also of Jersey, Guernsey and the Isle of Man', () => {
    const check = (bban: string): string =>
      String(
        98 -
          [...`${bban}1611 00`.replace(/[A-Z]/g, (letter) => String(parseInt(letter, 36))).replace(/\s/g, '')].reduce(
            (rest, digit) => (rest * 10 + Number(digit)) % 97,
            0,
          ),
      ).padStart(2, '0');
    let refused = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('202015', '089999', '107999', '601613', '309070', '404784', '551234', '000000', '123456'),
        fc.integer({ min: 0, max: 99_999_999 }),
        (sortCode, number) => {
          const account = String(number).padStart(8, '0');
          const read = readIban(`GB${check(`BARC${sortCode}${account}`)}BARC${sortCode}${account}`);
          const isRight = !('fault' in readUkAccount(sortCode, account, weights));
          if (!isRight) refused += 1;
          expect('iban' in read ? 'iban' : read.fault).toBe(isRight ? 'iban' : 'modulus');
        },
      ),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('does not count letters in an account of North Macedonia as wrong check digits', () => {
    const iban = [...Array(97).keys()]
      .map((check) => `MK${String(check + 2).padStart(2, '0')}250120AB0058984`)
      .find((candidate) => isValidMod97(candidate))!;
    expect(readIban(iban)).toEqual({ iban });
    expect(readIban('MK07250120000058985')).toEqual({ fault: 'check_digits' });
  });

  it('refuses a text of any length without reading it', () => {
    for (const text of [`GB29NWBK60161331926819${' '.repeat(100)}`, '9'.repeat(1_000_000)])
      expect(readIban(text)).toEqual({ fault: 'form' });
  });
});

describe('bareIban', () => {
  it('is what was typed, right or wrong, and nothing where it was never typed', () => {
    expect([
      bareIban('iban gb00 x!'),
      bareIban('GB33 BUKB 2020 1555 5555 55'),
      bareIban('1٢'),
      bareIban('\u0001'),
    ]).toEqual(['GB00X!', 'GB33BUKB20201555555555', null, null]);
  });
});
