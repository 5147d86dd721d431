import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Oddity, oddityOf } from './plain-text.js';

describe('a text that looks like what it is', () => {
  it.each([
    'Oak Joinery Ltd', 'O’Brien', 'O\'Brien', 'Núñez', 'Nu\u0301n\u0303ez', 'Zoë', 'Łukasz', 'Þór', 'van der Berg-Smith', 'Müller & Söhne GmbH', 'Ærøskøbing', 'Đặng Thị Hồng', 'Şükrü Işık', 'Æthelred', 'Kwame Ɛkow', 'Ŋuyen', 'Jo\u02bbokela', 'D\u02bcArcy',
    'Σωκράτης', 'Иванов', 'Сара', 'Вера', 'Оскар Асеев', 'Ѓорѓи', 'Հայկ', 'გიორგი', 'ABC Համլետ', '田中太郎', '田中\u3000太郎', '渡邉', '株式会社ABC', 'ＡＢＣ商事', 'ｶ)ｴｰﾋﾞｰｼｰ', 'スターバックス', '김철수', '陳大文', 'محمد', 'محمد بن سلمان', 'می\u200cخواهم', 'ه\u200d.ش', 'דָּוִד', 'नरेंद्र', 'क्\u200dष', 'शर्\u200cमा', 'ශ්\u200dරී ලංකා', 'র\u200d্যাব', 'สมชาย', 'ប៊ុន', 'བཀྲ་ཤིས་', 'ᠮᠣᠩᠭᠣᠯ\u180b', 'ᎠᎾᎵ', 'ߒߞߏ', 'አበበ', 'ⵜⴰⵎⴰⵣⵉⵖⵜ',
    'PIN-код', 'Оплата за VISA', 'Вопрос о VISA', 'ООО Google', 'OTPを入力', '使用PayPal付款', 'โอนผ่านPayPalวันนี้', 'ATMల', 'ATMலில்', 'AのB', 'SMSలు', '10cm×20cm', '二〇二六年', 'Henry Ⅷ', '5 ℮', '🅰️ ℹ️', 'Иванов Ltd', 'Payment to Иван Петров', 'E-Mail an Σωκράτης',
    'A payment we stopped 💳', '👨‍👩‍👧', '👩🏽‍💻 call', '🇬🇧 🏴󠁧󠁢󠁳󠁣󠁴󠁿', '❤️', '☎︎ 0800', '1️⃣', '🙂‍↔️', '👁‍🗨', '\u{1fae9}', '™ © ®', '½ m² №5 1ª 2º', '£1,250.00 − €5', 'Réf.\u00a0: 12', '«\u202fOui\u202f»', '“Quoted” – with dashes…', 'oﬃce', 'µm',
    'العنوان ٢٥', 'पता २५', 'বাড়ি ৪৪', '１２３', 'ABC１２３', '①', 'Flat 2/3', '.', 'Ⅷ', '\u0600\u0661\u0662 ه', 'ǃXun',
  ])('%s', (text) => {
    expect(oddityOf(text)).toBeNull();
  });

  it('is any in printable ASCII that shows something', () => {
    fc.assert(fc.property(fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)) }), (text) => {
      expect(oddityOf(text)).toBe(text.trim() === '' ? 'blank' : null);
    }));
  });
});

describe('a text that does not', () => {
  it.each<[Oddity, string]>([
    ['ill_formed', 'a\ud800b'], ['control', 'a\u0000b'], ['control', 'a\nb'], ['control', 'a\tb'], ['control', 'a\u2028b'], ['control', 'a\u0085b'],
    ['direction', 'a\u202eb'], ['direction', 'a\u2066b'], ['direction', '\u200eAmara'], ['direction', 'محمد\u200f'], ['direction', '\u061cمحمد'],
    ['invisible', 'Am\u200bara'], ['invisible', 'Am\u00adara'], ['invisible', '\u3164'], ['invisible', 'a\u115f'], ['invisible', 'a\uffa0b'], ['invisible', 'a\u{e0041}b'], ['invisible', '\ufeffa'], ['invisible', 'a\ufe0f'], ['invisible', 'a\u034fb'],
    ['invisible', 'Am\u200dara'], ['invisible', 'Am\u200cara'], ['invisible', '田\u{e0100}'], ['invisible', 'a\u2060b'], ['invisible', 'a\u2061b'], ['invisible', 'a\u{1d173}b'], ['invisible', 'a\ufff9b'], ['invisible', '\ufffc'], ['invisible', '🏴\u{e0041}\u{e0042}\u{e007f}'], ['invisible', 'ა\u200dბ'], ['invisible', 'دا\u200cر'], ['invisible', 'a\u17b4b'], ['invisible', '5\ufe0f'], ['invisible', '\u200b'],
    ['space', 'a\u2003b'], ['space', 'a\u205fb'], ['space', '\u2800'], ['space', 'a\u1680b'],
    ['blank', ''], ['blank', '   '], ['blank', ' \u00a0\u3000'],
    ['unassigned', 'a\ue000'], ['unassigned', 'a\u0378'], ['unassigned', 'a\ufdd0'], ['unassigned', 'a\u{10ffff}'],
    ['marks', '\u0301a'], ['marks', 'a \u0301'], ['marks', 'Z\u0300\u0301\u0302\u0303\u0304\u0305a'], ['marks', '£5\u0336,000'], ['marks', 'a\u20dd'], ['marks', 'x\u0301\u0301'], ['marks', 'no\u0338t'],
    ['styled', '\u{1d40d}\u{1d428}rth'], ['styled', 'ɴᴏʀᴛʜ'], ['styled', 'Noʀth'], ['styled', 'ⓝorth'], ['styled', '\u{1f17d}ORTH'], ['styled', 'ᴺorth'], ['styled', '\u{1f1f3}\u{1f1f4} \u{1f1f3}'], ['styled', 'ℂo'], ['styled', 'ban\u212a'], ['styled', '5\u{1d7ce}'], ['styled', 'Pɑy'], ['styled', 'ʜelp'], ['styled', '\u{1fbf5}'], ['styled', 'Payſum'], ['styled', 'No⍺th'], ['styled', 'Noⅰth'], ['styled', 'Ⅰntl'], ['styled', 'No〇th'], ['styled', 'Noａth'], ['styled', 'Ｎorth'], ['styled', 'A∣l'], ['styled', 'bℹll'], ['styled', 'Ⓜore'], ['styled', 'Pay \u20a4250'],
    ['digits', '£৪00'], ['digits', 'Pay £৪৪'], ['digits', '٢5'], ['digits', '0\uff10'], ['digits', 'Pay ٥'], ['digits', 'বাড়ি ৪4'],
    ['scripts', 'P\u0430yPal'], ['scripts', '\u0410mara'], ['scripts', 'Northb\u03b1nk'], ['scripts', '\u041e’Brien'], ['scripts', 'Oak J\u043einery'], ['scripts', 'Ив\u0061нов'], ['scripts', 'Асе Joinery'], ['scripts', 'НМ Revenue'], ['scripts', 'PayPaا'], ['scripts', 'b\u101dnk'], ['scripts', 'No\u1004th'], ['scripts', 'ba\u0e19k'], ['scripts', 'Ban\u13e6'], ['scripts', '\ua4d0ank'], ['scripts', 'Σωκpάτης'], ['scripts', '\u{10330}ab'],
  ])('%s: %j', (oddity, text) => {
    expect(oddityOf(text)).toBe(oddity);
  });

  it('stays one within any other text', () => {
    const odd = fc.constantFrom('\u200b', '\u202e', '\u00ad', '\u3164', '\u{e0041}', '\u0000', '\ue000', '\u2800', '\u{1d40d}', 'a\u0430');
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), odd, fc.string({ unit: 'grapheme' }), (before, what, after) => {
      expect(oddityOf(`${before} ${what} ${after}`)).not.toBeNull();
    }));
  });
});
