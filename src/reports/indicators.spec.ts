import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readContact, type ReportedContact } from './indicators.js';

const read = (contact: ReportedContact) => readContact(contact, 'GB', (band) => band);
const values = (contact: ReportedContact, kind: string) =>
  read(contact)
    .indicators.filter((indicator) => indicator.kind === kind)
    .map(({ value }) => value);

describe('the host of a link', () => {
  it.each([
    ['https://secure-northbank.example/login', 'secure-northbank.example'],
    ['https://www.northbank.com@evil.example/x', 'evil.example'],
    ['https://northbank.com:pass@evil.example:8443/', 'evil.example'],
    ['http://EVIL.Example.', 'evil.example'],
    ['https://nörthbank.de/', 'xn--nrthbank-n4a.de'],
    ['https://xn--nrthbank-n4a.de/', 'xn--nrthbank-n4a.de'],
    ['https://ｅｖｉｌ．example/', 'evil.example'],
    ['https://ev\u200bil.exa\u00admple/', 'evil.example'],
    ['https://пример.рф/путь', 'xn--e1afmkfd.xn--p1ai'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['http://[::1]/', '[::1]'],
    ['evil.com', 'evil.com'],
    ['evil.example/pay', 'evil.example'],
    ['evil.com.', 'evil.com'],
  ])('of %j is %j', (link, host) => {
    expect(read({ links: [link] }).hosts).toEqual([host]);
  });

  it.each([
    '',
    '.',
    'Monday.Please',
    'somebody@evil.com',
    'https://',
    'https://%',
    'javascript:alert(1)',
    'mailto:a@evil.com',
    'https://a b',
    'ftp://evil.com',
    'x'.repeat(3000),
    `https://${'a.'.repeat(200)}com/`,
  ])('of %j is none', (link) => {
    expect(read({ links: [link] }).hosts).toEqual([]);
  });
});

describe('what a report is compared by', () => {
  it('is the number in one form, the sender without case, and hosts of text and links with what was registered', () => {
    const contact = {
      claimedNumber: '020 7946 0999',
      claimedSender: ' North\u200bBank ',
      text: 'Pay at https://a1.evil.co.uk/x, or visit www.evil.co.uk!',
      links: ['https://b2.evil.co.uk'],
    };
    expect(read(contact)).toMatchObject({
      number: '+442079460999',
      sender: 'NorthBank',
      hosts: ['b2.evil.co.uk', 'a1.evil.co.uk', 'www.evil.co.uk'],
    });
    expect(values(contact, 'sender')).toEqual(['northbank']);
    expect(values(contact, 'host')).toEqual(['b2.evil.co.uk', 'evil.co.uk', 'a1.evil.co.uk', 'www.evil.co.uk']);
  });

  it('keeps what is no number as it was given, and nothing where nothing is left', () => {
    expect(read({ claimedNumber: '60012' }).number).toBe('60012');
    expect(read({ claimedNumber: 'With\u202eheld\u0000\n' }).number).toBe('Withheld');
    expect(read({ claimedNumber: '\u200b\u0000', claimedSender: ' ' })).toMatchObject({
      number: null,
      sender: null,
      indicators: [],
    });
  });

  it.each([
    'Withheld',
    'No Caller ID',
    'Unbekannt',
    '\u975e\u901a\u77e5',
    'anonymous@anonymous.invalid',
    '-2',
    '0000000000',
    '266696687',
    'Northbank',
    '020 7946 0100 or 020 7946 0101',
  ])('is not a number that nobody can read, or that is hidden: %s', (claimedNumber) => {
    expect(read({ claimedNumber }).number).not.toBeNull();
    expect(values({ claimedNumber }, 'number')).toEqual([]);
  });

  it.each(['Unknown', 'Private Number', 'Num\u00e9ro masqu\u00e9', '\uff35\uff4e\uff4b\uff4e\uff4f\uff57\uff4e', '-'])(
    'is not a sender that is hidden: %s',
    (claimedSender) => {
      expect(values({ claimedSender }, 'sender')).toEqual([]);
    },
  );

  it('is no number of three digits: those are of the emergency services, or of a service for all banks', () => {
    for (const claimedNumber of ['999', '112', '159', '9 9 9', '911']) {
      expect(values({ claimedNumber }, 'number')).toEqual([]);
      expect(readContact({ claimedNumber }, 'GB', (band) => band).number).toBe(claimedNumber.replaceAll(' ', ''));
    }
  });

  it('is a number however it was shown, and a short one', () => {
    for (const claimedNumber of [
      'tel:+44-20-7946-0999',
      '"Bank" <sip:02079460999@sip.example>',
      '\u202a020\u00a07946\u00a00999\u202c',
      '020 7946 0999,,1#',
    ])
      expect(values({ claimedNumber }, 'number')).toEqual(['+442079460999']);
    expect(values({ claimedNumber: '6 00 12' }, 'number')).toEqual(['60012']);
  });

  it('does not take two customers of a shared host for one', () => {
    expect(values({ links: ['https://a.pages.dev/'] }, 'host')).toEqual(['a.pages.dev']);
  });

  it('is bounded and never breaks, whatever was sent', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.string({ unit: 'grapheme', maxLength: 3000 }),
      fc.webUrl(),
      fc.constantFrom(
        '\ud800',
        '\udfff'.repeat(50),
        '👩‍👩‍👧‍👦'.repeat(1500),
        'http://'.repeat(2000),
        'a.com '.repeat(4000),
        '\u0301'.repeat(20_000),
        '@'.repeat(20_000),
        `https://${'%'.repeat(2000)}`,
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, fc.array(hostile, { maxLength: 5 }), (one, text, links) => {
        const { number, sender, hosts, indicators } = read({ claimedNumber: one, claimedSender: one, text, links });
        expect(number?.length ?? 0).toBeLessThanOrEqual(32);
        expect(sender?.length ?? 0).toBeLessThanOrEqual(64);
        expect(hosts.length).toBeLessThanOrEqual(20);
        expect(indicators.length).toBeLessThanOrEqual(2 + 40 + 16);
        for (const { value } of indicators) {
          expect(value).not.toBe('');
          expect(value.length).toBeLessThanOrEqual(253);
          expect(value).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        }
      }),
      { numRuns: 100 },
    );
  });
});
