import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLinks, leadsToWeb } from './link-finder.js';
import { parseUrl } from './url.js';

const found = (text: string): string[] =>
  findLinks(text)
    .links.filter(({ mayBeWords }) => !mayBeWords)
    .map(({ start, end }) => text.slice(start, end));
const words = (text: string): string[] =>
  findLinks(text)
    .links.filter(({ mayBeWords }) => mayBeWords)
    .map(({ start, end }) => text.slice(start, end));
const hosts = (text: string): string[] =>
  findLinks(text)
    .links.filter((link) => leadsToWeb(link))
    .map(({ target }) => target!.host);

describe('the links in a text', () => {
  it.each<[string, string[]]>([
    ['See https://bank.example/a?b=c#d.', ['https://bank.example/a?b=c#d']],
    ['(www.bank.example/a), "bank.example"', ['www.bank.example/a', 'bank.example']],
    ['Write to help@bank.example! mailto:a+b@bank.example', ['help@bank.example', 'mailto:a+b@bank.example']],
    ['BANK.EXAMPLE:8443/x', ['BANK.EXAMPLE:8443/x']],
    ['Go to bаnk。example／x or bank．example', ['bаnk。example', 'bank．example']],
    ['банк.рф и xn--80ab2al.xn--p1ai', ['банк.рф', 'xn--80ab2al.xn--p1ai']],
    ['app://open and javascript://bank.example/%0aalert(1)', ['app://open', 'javascript://bank.example/%0aalert(1)']],
    ['https://bank.example@evil.example', ['https://bank.example@evil.example']],
    ['It costs 1.50 or 3,000.00 at 10.30 a.m.', []],
    ['No links here', []],
    [
      'Link:https://a.com *https://b.com/x* _https://c.com/y_ 你好https://d.com',
      ['https://a.com', 'https://b.com/x', 'https://c.com/y', 'https://d.com'],
    ],
    [
      '[https://a.com](https://b.com/x_(y)) <https://c.com/>',
      ['https://a.com', 'https://b.com/x_(y)', 'https://c.com/'],
    ],
    [
      'https://a.com,https://b.com;https://c.com|https://d.com',
      ['https://a.com', 'https://b.com', 'https://c.com', 'https://d.com'],
    ],
    ['https://a.comhttps://b.com/x', ['https://a.com', 'https://b.com/x']],
    ['https://example.com。次の行はwww.b.com', ['https://example.com', 'www.b.com']],
    ['https://evil。com/x。次', ['https://evil。com/x']],
    ['https://example.com。Please ring', ['https://example.com']],
    ['https://example.com.Please ring', ['https://example.com']],
    [
      'https:evil.com http:///b.com https:\\\\c.com\\x //d.com/',
      ['https:evil.com', 'http:///b.com', 'https:\\\\c.com\\x', 'd.com/'],
    ],
    ['https: //evil and http:This', []],
    ['https://[::1]:80/x [http://[2001:db8::1]]', ['https://[::1]:80/x', 'http://[2001:db8::1]']],
    ['1.2.3.4/x 1.2.3.4:80 1.2.3.4.5/x 256.1.1.1/x', ['1.2.3.4/x', '1.2.3.4:80']],
    ['👉evil.com👈 💩.la https://i❤.ws', ['evil.com', '💩.la', 'https://i❤.ws']],
    ['请访问evil.com查看www.bad.com。', ['evil.com', 'www.bad.com']],
    ['เข้าที่evil.comเดี๋ยวนี้', ['evil.com']],
    ['help@bank.example@evil.example', ['help@bank.example', 'evil.example']],
    ['git+https://a.com/x.git ftp://b.com', ['https://a.com/x.git', 'ftp://b.com']],
    ['\u202aevil.com\u202c \u200bb.com\u200b', ['evil.com', 'b.com']],
    ['evil.com। evil.org۔ (evil.net)', ['evil.com', 'evil.org', 'evil.net']],
    [
      '“evil.com”, «evil.org», „evil.net“, 「evil.info」、evil.biz！',
      ['evil.com', 'evil.org', 'evil.net', 'evil.info', 'evil.biz'],
    ],
    [
      'http://1.2.3.4/x http://1.2.3.4。次 http://1.2.3/x http://0x7f.1/',
      ['http://1.2.3.4/x', 'http://1.2.3.4', 'http://1.2.3/x', 'http://0x7f.1/'],
    ],
    ['https://ev\ufeffil.com see ev\ufeffil.com/x', ['https://ev\ufeffil.com', 'ev\ufeffil.com/x']],
    [
      'https://bank.com：443@evil.com https://bank.com，x@evil.org/y https://bank.com／x@evil.net',
      ['https://bank.com：443@evil.com', 'https://bank.com，x@evil.org/y', 'https://bank.com／x@evil.net'],
    ],
    [
      'https://evil․t.com https://evil․com/x https://a⒈com',
      ['https://evil․t.com', 'https://evil․com/x', 'https://a⒈com'],
    ],
    [
      'https://evil.com…next https://a.com：请 https://b.com，c.com https://d.com！',
      ['https://evil.com', 'https://a.com', 'https://b.com', 'c.com', 'https://d.com'],
    ],
    [
      '“https://a.com”，help@a.com https://a.com（help@a.com）',
      ['https://a.com', 'help@a.com', 'https://a.com', 'help@a.com'],
    ],
  ])('of %j are %j', (text, links) => {
    expect(found(text)).toEqual(links);
  });

  it.each<[string, string[]]>([
    ['Dear Ms Okafor.Your card', ['Okafor.Your']],
    ['No.1 St.James', ['St.James']],
    ['It is on its way.It comes on Monday.Help', ['way.It', 'Monday.Help']],
    ['Dr.med.Weber', ['Dr.med.Weber']],
    ['Окафор.Ваша', ['Окафор.Ваша']],
    ['version 1.2.3.4', ['1.2.3.4']],
    ['follow @northbank.bsky.social', ['northbank.bsky.social']],
    ['尊敬的女士。您的新卡。', []],
  ])('and what only has the form of one: of %j %j', (text, links) => {
    expect([found(text), words(text)]).toEqual([[], links]);
  });

  it.each<[string, string[]]>([
    ['http://256.1.1.1/', []],
    ['http://1.2.3.4x/', []],
    ['http://1.2.3.4.5/', []],
    ['http://1..2/', []],
    ['http://1.2.3.999/', []],
    ['http://0.1.2.3.4', []],
    ['https://ev\ufeffil.com', ['evil.com']],
    ['https://bank.com：443@evil.com', ['evil.com']],
    ['https://bank.com＠evil.com', ['bank.com', 'evil.com']],
    ['https://evil․t.com', ['evil.t.com']],
    ['https://evil﹒com', ['evil.com']],
    ['https://a⒈com/x', ['a1.com']],
    ['https://bank.com․evil.com', ['bank.com.evil.com']],
  ])('lead where a browser goes: %j to %j', (text, expected) => {
    expect(hosts(text)).toEqual(expected);
  });

  it('are bounded, and it is known where there are more', () => {
    expect(findLinks('a.example '.repeat(199))).toMatchObject({ complete: true });
    const { links, complete } = findLinks('a.example '.repeat(1_000));
    expect([links.length, complete]).toEqual([200, false]);
  });
});

const label = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?$/)
  .filter((one) => !one.startsWith('xn--') && !/^\d+$/.test(one));
const domain = fc.constantFrom('com', 'co.uk', 'de', 'example', 'xn--p1ai', 'top', 'la');
const host = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), domain)
  .map(([labels, top]) => `${labels.join('.')}.${top}`);
const path = fc
  .stringMatching(/^(\/[A-Za-z0-9._~%+=@-]{0,10}){0,3}(\?[a-z0-9=&_-]{1,12})?(#[a-z0-9]{1,5})?$/)
  .filter((one) => !/%(?![0-9a-f]{2})|[._~-]$/i.test(one) && parseUrl(`https://a.com${one}`) !== null);
const around = fc.constantFrom<[string, string]>(
  ['', ''],
  ['(', ')'],
  ['<', '>'],
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
  ['‘', '’'],
  ['«', '»'],
  ['‹', '›'],
  ['„', '“'],
  ['「', '」'],
  ['『', '』'],
  ['【', '】'],
  ['《', '》'],
  ['（', '）'],
  ['[', ']'],
  ['{', '}'],
  ['*', '*'],
  ['**', '**'],
  ['`', '`'],
  ['|', '|'],
  ['[text](', ')'],
  ['![x](', ')'],
  ['你好', '，再见'],
  ['Link:', '.'],
  ['link=', ''],
  ['url：', '。'],
  ['→', '…'],
  ['👉 ', ' 👈'],
  ['see:', ';'],
  ['', '!!!'],
  ['', '?'],
  ['', '、次'],
  ['', '।'],
  ['', '؟'],
  ['', '۔'],
  ['', '።'],
  ['', '​'],
  ['\u2068', '\u2069'],
  ['>', ''],
  ['\u00a0', '\u00a0'],
  ['\u3000', '\u3000'],
  ['-', ' -'],
  ['·', '·'],
);

describe('over any link in any surroundings', () => {
  it('an address with a scheme is found, whole, and leads where a browser goes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('https://', 'http://', 'HTTPS://', 'https:\\\\'),
        host,
        fc.constantFrom('', ':8443'),
        path,
        around,
        around,
        (scheme, name, port, tail, [before, after], [outer, end]) => {
          const url = `${scheme}${name}${port}${tail}`;
          const text = `${outer}${before}${url}${after}${end}`;
          fc.pre(!/[*_~|]$/.test(url));
          expect(hosts(text), text).toContain(new URL(url).hostname);
          expect(found(text), text).toContain(url);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('a name under a domain that exists is found', () => {
    fc.assert(
      fc.property(host, path, around, (name, tail, [before, after]) => {
        fc.pre(!/[a-z0-9=:]$/i.test(before) && name.split('.')[0]!.length > 0);
        const text = `${before}${name}${tail}${after}`;
        expect(hosts(text), text).toContain(new URL(`https://${name}`).hostname);
      }),
      { numRuns: 2_000 },
    );
  });

  it('what is found is where it says, in order, and no text breaks it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .array(
          fc.oneof(
            fc.constantFrom(
              'https://',
              'http:',
              'a.com',
              '@',
              '.',
              '。',
              '/',
              '\\',
              '[',
              ']',
              '(',
              ')',
              '<',
              '>',
              ' ',
              '\t',
              '\n',
              '%00',
              '%2e',
              '\u200b',
              '\ufdd1',
              '\ud800',
              'mailto:',
              'xn--',
              '-',
              '_',
              '*',
              '你',
              'א',
              '💩',
              '1',
              '::',
            ),
            fc.string({ maxLength: 4 }),
          ),
          { maxLength: 40 },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (any) => {
        const { links } = findLinks(any);
        let last = 0;
        for (const { start, end, target } of links) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
          if (target !== null) expect(target.host).not.toBe('');
        }
        expect(last).toBeLessThanOrEqual(any.length);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    'a.',
    'a@',
    'a.b@',
    'http://',
    'https:',
    'https:a',
    'https://a.',
    'https://a。',
    'https://a(',
    'https://a/(',
    'https://a/.',
    'https://a.com/..........',
    '[https://a.com](',
    'a',
    '-',
    '.',
    '。',
    '你',
    '你.',
    'a你.',
    '💩',
    '💩.',
    '\u200b',
    'a\u200b.',
    'com.',
    'a.com',
    'a.com ',
    'evil.com你',
    '1.',
    '1.2.3.4',
    '1.2.3.4.',
    'https://1.2.3.4',
    '@',
    '@@',
    ':',
    '://',
    'mailto:',
    'mailto:a@b.com',
    'https://a@',
    'https://a:b@c.com/',
    'https://a\t',
    'https://a\n.com',
    '\t',
    ' ',
    '%',
    'https://%',
    'https://a.com%00',
    'xn--',
    'https://xn--a.com',
    '_.',
    'É.',
    'https://É',
    'https://a.comÉ',
    'É.comÉ',
    '\ud800',
    '\udc00.',
    '()',
    '<https://a.com>',
    '。AB0http:',
    '.1http:',
    'http:a@。',
    'https://a：',
    'https://a：@b.com',
    '․http:',
    'https://a.com，',
  ])('%j again and again is read in time that grows no faster than it', { timeout: 30_000 }, (part) => {
    // Four times what is ever asked for: what is quadratic takes minutes, and is taken for hung.
    const length = 262_144;
    expect(findLinks(part.repeat(Math.ceil(length / part.length)).slice(0, length)).links.length).toBeLessThanOrEqual(
      200,
    );
  });
});
