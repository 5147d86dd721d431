import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountDetails } from './account.js';
import { readEmailAddress } from './address.js';
import { skeleton } from './text.js';
import { maskAccount, maskEmail, maskPhone, maskPostalAddress } from './masking.js';

const digit = fc.constantFrom(...'0123456789');
const digits = (minLength: number, maxLength: number) => fc.string({ unit: digit, minLength, maxLength });

/** Whether `shown` gives away no more of the digits of `secret` than its last `count`. */
function revealsAtMost(count: number, shown: string, secret: string): boolean {
  const left = shown.replace(/\P{Nd}/gu, '');
  return left.length <= count && secret.replace(/\P{Nd}/gu, '').endsWith(left);
}

describe('maskAccount', () => {
  it('masks as banks do', () => {
    expect(maskAccount({ holder: 'Ann Lee', iban: 'GB29NWBK60161331926819' })).toEqual({
      holder: 'Ann Lee',
      account: 'GB•• •••• 6819',
    });
    expect(maskAccount({ holder: 'Ann Lee', sortCode: '20-29-59', accountNumber: '63748472' })).toEqual({
      holder: 'Ann Lee',
      account: '••-••-•• ••••8472',
    });
  });

  it('never reveals more than the last four of a number, wherever it was put', () => {
    const account = fc.oneof(
      fc.record({
        holder: fc.oneof(
          fc.string(),
          digits(1, 20),
          fc.string({ unit: fc.constantFrom('1', '2', ' ', '-', 'a', '٣') }),
        ),
        iban: digits(11, 30).map((bban) => `DE00${bban}`),
      }),
      fc.record({ holder: fc.string(), sortCode: digits(6, 6), accountNumber: digits(8, 8) }),
    );
    fc.assert(
      fc.property(account, (details: AccountDetails) => {
        const shown = maskAccount(details);
        expect(
          revealsAtMost(4, shown.account, 'iban' in details ? details.iban : details.sortCode + details.accountNumber),
        ).toBe(true);
        expect(revealsAtMost(4, shown.holder, details.holder)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('does not give away how long the number is', () => {
    fc.assert(
      fc.property(digits(11, 30), (bban) => {
        expect(maskAccount({ holder: '', iban: `NO00${bban}` }).account).toHaveLength(14);
      }),
    );
  });

  it('leaves a year in a name, and no account number in one', () => {
    const holder = (name: string) => maskAccount({ holder: name, iban: 'GB29NWBK60161331926819' }).holder;
    expect(holder('Acme 1999 Ltd')).toBe('Acme 1999 Ltd');
    expect(holder('Ann 6016 1331926819')).toBe('Ann •••• ••••••6819');
  });
});

describe('maskPhone', () => {
  it('shows the last three digits alone', () => {
    expect(maskPhone('+447700900123')).toBe('••••• •••123');
    expect(maskPhone('+1 202 555 0176')).toBe('••••• •••176');
    expect(maskPhone('999')).toBe('••••• ••••••');
    fc.assert(fc.property(digits(0, 15), (number) => revealsAtMost(3, maskPhone(`+${number}`), number)));
  });
});

describe('maskEmail', () => {
  it.each([
    ['jane.doe@example.com', 'j•••@example.com'],
    ['j@example.com', '•••@example.com'],
    ['07700900123@example.com', '•••@example.com'],
    ['ann@447700900123.example', 'a•••@••••••••0123.example'],
    ['"a@b"@example.com', '•••@example.com'],
    ['no address', '•••@•••'],
    ['', '•••@•••'],
  ])('%j is shown as %j', (address, shown) => {
    expect(maskEmail(address)).toBe(shown);
  });

  it('never shows more of the local part than its first letter', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const [local = ''] = maskEmail(address).split('•••@');
        expect([...local].length).toBeLessThanOrEqual(1);
        expect(address.startsWith(local)).toBe(true);
      }),
    );
  });
});

describe('maskPostalAddress', () => {
  it.each([
    [{ postcode: 'SW1A 2AA', country: 'GB' }, '••• SW1A •••, GB'],
    [{ postcode: 'm11ae', country: 'gb' }, '••• M1 •••, GB'],
    [{ postcode: 'SW1A 2A', country: 'GB' }, '••• GB'],
    [{ country: 'GB' }, '••• GB'],
    [{ postcode: '10115', country: 'DE' }, '••• DE'],
    [{ postcode: '10115', country: '12345678' }, '••• ••'],
  ])('%j is shown as %j', (address, shown) => {
    expect(maskPostalAddress(address)).toBe(shown);
  });
});

describe('two values that are shown beside each other', () => {
  const looks = (shown: string): string => skeleton(shown).replace(/\s+/gu, ' ').trim();
  const alike: Record<string, string> = {
    l: 'I',
    I: 'l',
    o: '\u03bf',
    a: '\u0430',
    e: '\u0435',
    m: 'rn',
    i: '\u0131',
    0: 'O',
    1: 'l',
    ' ': '\u00a0',
    '-': '\u2010',
  };
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'aeilmnorI01 -.') }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('Oak Joinery Ltd', 'Ann 60161331926819', '1 High Street, Leeds'),
  );
  /** A second value that has much in common with the first. */
  const near = (of: fc.Arbitrary<string>) =>
    fc
      .tuple(of, fc.nat(), fc.constantFrom('alike', 'insert', 'delete', 'other', 'case'), of)
      .map(([one, at, how, other]): [string, string] => {
        const characters = [...one];
        const place = characters.length === 0 ? 0 : at % characters.length;
        const was = characters[place] ?? '';
        characters[place] = {
          alike: alike[was] ?? '\u200b',
          insert: `${was}\u200b`,
          delete: '',
          other: 'q',
          case: was.toUpperCase(),
        }[how]!;
        return [one, how === 'other' && at % 2 === 0 ? other : characters.join('')];
      });

  it('never look alike as e-mail addresses', () => {
    const part = fc.oneof(
      fc.emailAddress(),
      fc.stringMatching(/^[abmnrilI.0O1]{1,12}@(gmail|grnail|mail)\.(com|example)$/),
    );
    fc.assert(
      fc.property(near(part), ([one, other]) => {
        const [a, b] = [readEmailAddress(one), readEmailAddress(other)];
        fc.pre(a !== null && b !== null && (a.local !== b.local || a.host !== b.host));
        expect(looks(maskEmail(one, other))).not.toBe(looks(maskEmail(other, one)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('never look alike as holders', () => {
    fc.assert(
      fc.property(near(text), ([one, other]) => {
        fc.pre(one !== other);
        const masked = (holder: string, beside: string): string =>
          maskAccount({ holder, iban: 'DE89370400440532013000' }, { holder: beside, iban: 'DE89370400440532013000' })
            .holder;
        expect(looks(masked(one, other)), JSON.stringify([one, other])).not.toBe(looks(masked(other, one)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('never look alike as accounts, however they are written', () => {
    const account = fc.oneof(
      fc.record({
        sortCode: fc.constantFrom('20-20-15', '20-20-16'),
        accountNumber: fc.constantFrom('55555555', '15555555', '55555556'),
      }),
      fc.record({
        iban: fc.constantFrom(
          'GB33BUKB20201555555555',
          'DE89370400440532013000',
          'DE70500105170000013000',
          'DE52500105170000015555',
          'NO9386011117947',
          'DE89370400449532013000',
        ),
      }),
    );
    const bare = (shown: string): string => shown.replace(/[^0-9A-Z]/g, '');
    fc.assert(
      fc.property(account, account, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const [a, b] = [
          maskAccount({ holder: '', ...one }, { holder: '', ...other }).account,
          maskAccount({ holder: '', ...other }, { holder: '', ...one }).account,
        ];
        expect(looks(a)).not.toBe(looks(b));
        expect(bare(a)).not.toBe(bare(b));
      }),
      { numRuns: 1_000 },
    );
  });

  it('never look alike as phone numbers', () => {
    fc.assert(
      fc.property(digits(1, 15), digits(1, 15), fc.nat(15), (one, other, common) => {
        const near = `+${one.slice(0, one.length - common)}${other}`.slice(0, 16);
        fc.pre(near !== `+${one}`);
        expect(maskPhone(`+${one}`, near)).not.toBe(maskPhone(near, `+${one}`));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never look alike as postal addresses', () => {
    const address = fc.record({
      lines: fc.array(
        text.filter((line) => !line.includes('\n')),
        { minLength: 1, maxLength: 3 },
      ),
      postcode: fc.constantFrom(undefined, 'LS1 1AA', 'LS1 1AB', '10115'),
      country: fc.constantFrom('GB', 'DE'),
    });
    fc.assert(
      fc.property(address, address, near(text), fc.boolean(), (one, third, [line, otherLine], close) => {
        const first = { ...one, lines: [line, ...one.lines] };
        const other = close ? { ...first, lines: [otherLine, ...one.lines] } : third;
        const key = ({ lines, postcode, country }: typeof one): string =>
          [...lines.filter((part) => part !== ''), postcode ?? '', country].join('\n');
        fc.pre(key(first) !== key(other) && !otherLine.includes('\n') && !line.includes('\n'));
        expect(looks(maskPostalAddress(first, other)), JSON.stringify([first, other])).not.toBe(
          looks(maskPostalAddress(other, first)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('show no more than alone where their masks differ, or where they are one', () => {
    expect(maskEmail('ann@a.example', 'ben@a.example')).toBe('a•••@a.example');
    expect(maskEmail('ann@a.example', 'ann@a.example')).toBe('a•••@a.example');
    expect(maskPhone('+447700900123', '+447700900124')).toBe('••••• •••123');
    expect(
      maskAccount({ holder: 'A', iban: 'DE89370400440532013000' }, { holder: 'B', iban: 'DE52500105170000015555' }),
    ).toEqual({ holder: 'A', account: 'DE•• •••• 3000' });
    expect(
      maskPostalAddress(
        { lines: ['1 A'], postcode: 'LS1 1AA', country: 'GB' },
        { lines: ['2 B'], postcode: 'M1 1AE', country: 'GB' },
      ),
    ).toBe('••• LS1 •••, GB');
  });

  it.each([
    [maskEmail('ben@gmail.com', 'bad.actor@gmail.com'), 'b•n@gmail.com'],
    [maskEmail('bad.actor@gmail.com', 'ben@gmail.com'), 'b•••••••r@gmail.com'],
    [maskEmail('tamara@gmail.com', 'tarnara@gmail.com'), 't••••a@gmail.com'],
    [maskEmail('a@vvestern.example', 'a@western.example'), 'a@[U+0076 U+0076]estern.example'],
    [
      maskAccount(
        { holder: 'Clear Ltd', iban: 'DE89370400440532013000' },
        { holder: 'dear Ltd', iban: 'DE89370400440532013000' },
      ).holder,
      'Clear Ltd',
    ],
    [
      maskAccount(
        { holder: 'savvy', iban: 'DE89370400440532013000' },
        { holder: 'sawy', iban: 'DE89370400440532013000' },
      ).holder,
      'sa[U+0076 U+0076]y',
    ],
    [maskEmail('ilse@a.example', 'iIse@a.example'), 'i[U+006C]se@a.example'],
    [maskEmail('jane.roe@a.example', 'jane.doe@a.example'), 'jane.roe@a.example'],
    [maskPhone('+447700900123', '+447700901123'), '••••• 900123'],
    [maskPhone('+447700900123', '+447701900123'), '+447700900123'],
    [
      maskAccount({ holder: 'A', iban: 'DE89370400440532013000' }, { holder: 'A', iban: 'DE70500105170000013000' })
        .account,
      'DE•• 37040044 •••• 3000',
    ],
    [
      maskAccount({ holder: 'A', iban: 'DE89370400440532013000' }, { holder: 'A', iban: 'DE89370400449532013000' })
        .account,
      'DE89 3704 0044 0532 0130 00',
    ],
    [
      maskPostalAddress(
        { lines: ['1 High Street', 'Leeds'], postcode: 'LS1 1AA', country: 'GB' },
        { lines: ['2 High Street', 'Leeds'], postcode: 'LS1 1AA', country: 'GB' },
      ),
      '1 High Street, Leeds, LS1 1AA, GB',
    ],
    [
      maskPostalAddress(
        { lines: ['1 High Street'], postcode: 'LS1 1AA', country: 'GB' },
        { lines: ['1 High Street'], postcode: 'LS1 1AB', country: 'GB' },
      ),
      '••• LS1 1AA, GB',
    ],
  ])('are shown as far as tells them apart: %s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});
