import { describe, expect, it } from 'vitest';
import { compareLink, findLinks, ownerOf, readLink } from './link.js';

const found = (text: string): string[] => findLinks(text).links.map(({ shown }) => shown);

describe('the links in a text', () => {
  it.each<[string, string[]]>([
    ['See https://bank.example/a?b=c#d.', ['https://bank.example/a?b=c#d']],
    ['(www.bank.example/a), "bank.example"', ['www.bank.example/a', 'bank.example']],
    ['Write to help@bank.example!', ['help@bank.example']],
    ['BANK.EXAMPLE:8443/x', ['BANK.EXAMPLE:8443/x']],
    ['Go to bаnk。example／x or bank．example', ['bаnk。example', 'bank．example']],
    ['банк.рф и xn--80ab2al.xn--p1ai', ['банк.рф', 'xn--80ab2al.xn--p1ai']],
    ['app://open and javascript://bank.example/%0aalert(1)', ['app://open', 'javascript://bank.example/%0aalert(1']],
    ['https://bank.example@evil.example', ['https://bank.example@evil.example']],
    ['It costs 1.50 or 3,000.00 at 10.30 a.m.', []],
    ['No links here', []],
  ])('of %j are %j', (text, links) => {
    expect(found(text)).toEqual(links);
  });

  it('are bounded, and leave a mark in the wording', () => {
    expect(found('a.example '.repeat(1_000))).toHaveLength(50);
    expect(findLinks('See a.example/x, please').wording).toMatch(/^See {2}⁅link⁆ , please$/);
  });
});

describe('a link', () => {
  const sent = [readLink('https://northbank.example/cards?a=1'), readLink('northbank.example/help')];
  it.each<[string, string | null]>([
    ['https://northbank.example/cards?a=1', null],
    ['HTTPS://NORTHBANK.EXAMPLE:443/cards?a=1', null],
    ['https://northbank.example./cards?a=1', null],
    ['https://north\u200bbank.example/cards?a=1', null],
    ['https://northbank.example/ca\u200brds?a=1', 'path'],
    ['https://northbank.example/x/../cards?a=1', null],
    ['http://northbank.example/help', null],
    ['https://northbаnk.example/cards?a=1', 'lookalike'],
    ['https://nοrthbank.example/help', 'lookalike'],
    ['https://NORTHBАNK.example/help', 'lookalike'],
    ['https://northbank.exarnple/help', 'lookalike'],
    ['https://northbank.example@evil.example/help', 'userinfo'],
    ['https://northbank.example%2F@evil.example/help', 'userinfo'],
    ['https://evil.example/northbank.example/help', 'host'],
    ['https://northbank.example.evil.example', 'host'],
    ['https://help.northbank.example/help', 'host'],
    ['https://northbank.example:99999/help', 'unreadable'],
    ['https://', 'unreadable'],
    ['mailto:help@northbank.example', 'scheme'],
    ['javascript://northbank.example/help', 'scheme'],
    ['app://northbank.example/help', 'scheme'],
    ['https://northbank.example/help?x', 'query'],
    ['https://northbank.example/help#x', 'fragment'],
  ])('%s differs by %s', (link, how) => {
    expect(compareLink(readLink(link), sent)?.how ?? null).toBe(how);
  });

  it('has an owner: whoever registered its host', () => {
    expect([ownerOf(readLink('https://a.b.northbank.example/')), ownerOf(readLink('https://northbank.co.uk')), ownerOf(readLink('a.pages.dev')), ownerOf(readLink('http://192.0.2.1/')), ownerOf(readLink('https://'))]).toEqual(['northbank.example', 'northbank.co.uk', 'a.pages.dev', '192.0.2.1', null]);
  });
});
