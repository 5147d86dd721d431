import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey, readEmailAddress, readMailbox, unicodeHost } from './address.js';

const key = (text: string): string | null => {
  const mailbox = readMailbox(text);
  return mailbox && addressKey(mailbox);
};

describe('a mailbox', () => {
  // RFC 5322 appendix A.1.1 to A.1.2, without the ones that are groups or lists; RFC 6532, RFC 2047 section 8.
  it.each<[string, string | null, string]>([
    ['John Doe <jdoe@machine.example>', 'John Doe', 'jdoe@machine.example'],
    ['Mary Smith <mary@example.net>', 'Mary Smith', 'mary@example.net'],
    ['"Joe Q. Public" <john.q.public@example.com>', 'Joe Q. Public', 'john.q.public@example.com'],
    ['Mary Smith <mary@x.test>', 'Mary Smith', 'mary@x.test'],
    ['jdoe@example.org', null, 'jdoe@example.org'],
    ['Who? <one@y.test>', 'Who?', 'one@y.test'],
    ['<boss@nil.test>', null, 'boss@nil.test'],
    ['"Giant; \\"Big\\" Box" <sysservices@example.net>', 'Giant; "Big" Box', 'sysservices@example.net'],
    ['"a <b@c.example>" <x@y.test>', 'a <b@c.example>', 'x@y.test'],
    ['help@bank.example (Help Desk)', 'Help Desk', 'help@bank.example'],
    ['=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>', 'Keld Jørn Simonsen', 'keld@dkuug.dk'],
    [
      '=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?= <a@b.test>',
      'If you can read this you understand the example.',
      'a@b.test',
    ],
    ['=?no-such-charset?Q?x?= <a@b.test>', '=?no-such-charset?Q?x?=', 'a@b.test'],
    ['  Help@Bank.EXAMPLE\r\n', null, 'help@bank.example'],
    ['用户@例え.テスト', null, '用户@xn--r8jz45g.xn--zckzah'],
    ['a@xn--r8jz45g.xn--zckzah', null, 'a@xn--r8jz45g.xn--zckzah'],
    ['a@BÜCHER.example', null, 'a@xn--bcher-kva.example'],
    ['a@bu\u0308cher.example', null, 'a@xn--bcher-kva.example'],
    ['a@faß.example', null, 'a@xn--fa-hia.example'],
    ['a+b/c={d}@b.test', null, 'a+b/c={d}@b.test'],
    ['"a b"@b.test', null, '"a b"@b.test'],
    ['a@[192.0.2.1]', null, 'a@[192.0.2.1]'],
    ['a@[IPv6:2001:db8::1]', null, 'a@[ipv6:2001:db8::1]'],
  ])('%j', (text, name, address) => {
    expect(readMailbox(text)?.name ?? null).toBe(name);
    expect(key(text)).toBe(address);
  });

  it.each([
    '',
    ' ',
    '@',
    'a@',
    '@b.test',
    'a',
    'a b@c.test',
    'a@b@c.test',
    'a@b..test',
    'a@.b.test',
    'a@b.test.',
    'a@b',
    '.a@b.test',
    'a.@b.test',
    'a..b@c.test',
    'a@-b.test',
    'a@b-.test',
    'a@b_c.test',
    'a@b.123',
    'a@192.0.2.1',
    'a@3221225985',
    'a@[1.2.3]',
    'a@[x]',
    // RFC 5322 appendix A.1.3, A.5 and A.6: groups, comments within, and what is obsolete.
    'A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;',
    'Undisclosed recipients:;',
    'Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>',
    'Mary Smith <@node.test:mary@example.net>',
    '<a@b.test',
    'a@b.test>',
    '<<a@b.test>>',
    'jdoe@test  . example',
    'Joe Q. Public <john . q . public@example . com>',
    'a@b.test, c@d.test',
    'A <a@b.test>, B <c@d.test>',
    'a@b.test <c@d.test',
    '<a@b.test> c@d.test',
    '<a@b.test><c@d.test>',
    'x: a@b.test',
    'a@b.test;',
    '"unclosed <a@b.test>',
    'a" <a@b.test>',
    'a@b.test (c) (d)',
    'a@b.test (c\\)',
    'a(b)@c.test',
    'a@b\u3002test',
    'a@b\uff0etest',
    'a@\uff42.test',
    'a@b\u200b.test',
    'a\u200b@b.test',
    'a\u00ad@b.test',
    'a\u202e@b.test',
    'ban\u212a@b.test',
    'a@ban\u212a.test',
    'a\u3164@b.test',
    'a\u2800@b.test',
    '\uff41@b.test',
    'a\ud800@b.test',
    'a@xn--a.test',
    'a@b.test\u0000',
    'a\u00a0@b.test',
    `${'a'.repeat(65)}@b.test`,
    `a@${'b'.repeat(64)}.test`,
    `a@${'b.'.repeat(130)}test`,
    'a'.repeat(2_000),
  ])('is not %j', (text) => {
    expect(readMailbox(text)).toBeNull();
  });

  it('is one only where it is the same with everything around its address taken away', () => {
    const part = fc.constantFrom(
      'help@bank.example',
      'x@evil.example',
      '<',
      '>',
      '"',
      ',',
      ';',
      ':',
      ' ',
      '(',
      ')',
      '\\',
      '@',
      'Bank',
      '.',
      '\u200b',
      '=?utf-8?Q?',
      '?=',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const mailbox = readMailbox(parts.join(''));
        if (!mailbox) return;
        const address = addressKey(mailbox);
        expect(key(address)).toBe(address);
        // What is read as the bank's address is the last that stands there, or the one before a comment.
        if (address === 'help@bank.example')
          expect(parts.join('')).toMatch(/(^\s*|<)help@bank\.example>?\s*$|^\s*help@bank\.example\s+\([^()]*\)\s*$/);
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes no longer for a long text', () => {
    for (const text of [
      '"'.repeat(999),
      '<'.repeat(999),
      'a.'.repeat(499),
      '"\\'.repeat(499),
      '('.repeat(999),
      '=?a?Q?'.repeat(160),
    ])
      expect(readMailbox(text)).toBeNull();
  });
});

describe('an address', () => {
  it('has its host as its script writes it, too', () => {
    expect(unicodeHost(readEmailAddress('a@xn--bcher-kva.example')!)).toBe('bücher.example');
    expect(unicodeHost(readEmailAddress('a@[192.0.2.1]')!)).toBe('[192.0.2.1]');
  });

  it('stands alone', () => {
    for (const text of ['A <a@b.test>', ' a@b.test', 'a@b.test ', 'a@b.test (c)', 'mailto:a@b.test'])
      expect(readEmailAddress(text)).toBeNull();
  });
});
