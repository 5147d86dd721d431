import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseWording, wordingBands } from './wording.js';

const SCAM =
  'NorthBank: a payment of £480.00 to J SMITH was attempted on a new device. If this was NOT you, ring 020 7946 0999 now or cancel it at https://secure.evil.example/c?id=8271';
const shared = (a: string, b: string): number => {
  const others = new Set(wordingBands(b));
  return wordingBands(a).filter((band) => others.has(band)).length;
};

describe('the wording of a text', () => {
  it('is the same however it is disguised', () => {
    const disguised = SCAM.replace('payment', 'pay\u200bment')
      .replace('NOT', 'ＮＯＴ')
      .replace('480.00', '912.37')
      .replace('id=8271', 'id=9999')
      .replace(/ /g, '\u00a0 ')
      .toUpperCase();
    expect(normaliseWording(disguised)).toBe(normaliseWording(SCAM));
    expect(shared(SCAM, disguised)).toBe(16);
  });

  it('shares bands with what is much like it, and none with what is not', () => {
    expect(shared(SCAM, SCAM.replace('J SMITH', 'A OKAFOR'))).toBeGreaterThan(2);
    expect(shared(SCAM, SCAM.replace('If this was NOT you, ring', 'Not you? Please call'))).toBeGreaterThan(0);
    expect(
      shared(
        SCAM,
        'Royal Mail: your parcel is held at the depot because of an unpaid customs fee. Please settle it today so that we can deliver it.',
      ),
    ).toBe(0);
  });

  it('works in any script', () => {
    for (const text of [
      '您的银行账户存在异常交易，请立即点击链接核实您的身份信息，否则账户将被冻结，如有疑问请致电客服热线',
      'تم إيقاف حسابك المصرفي مؤقتا بسبب نشاط غير معتاد، يرجى تأكيد هويتك الآن عبر الرابط',
      'आपका बैंक खाता असामान्य गतिविधि के कारण बंद कर दिया गया है कृपया अभी अपनी पहचान सत्यापित करें',
    ]) {
      expect(wordingBands(text)).toHaveLength(16);
    }
  });

  it.each([
    '',
    'Please call me back',
    '😀'.repeat(16_000),
    '\u200b'.repeat(20_000),
    '1234567890'.repeat(100),
    'a'.repeat(20_000),
    'https://evil.example/x '.repeat(500),
  ])('says too little in %#', (text) => {
    expect(wordingBands(text)).toEqual([]);
  });

  it('keeps the bands it has, since they are stored', () => {
    expect(wordingBands(SCAM)[0]).toMatchInlineSnapshot(`"0:5717f27.4aaa7b6.37d6a7.a51d30"`);
  });

  it('estimates likeness: the chance of a shared band grows with it', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{3,9}$/), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(shared(a.join(' '), a.join(' '))).toBe(16);
        expect(shared(a.join(' '), [...a.slice(0, 38), ...b.slice(38)].join(' '))).toBeGreaterThan(0);
        expect(shared(a.join(' '), b.join(' '))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});
