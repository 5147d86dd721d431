import { describe, expect, it } from 'vitest';
import { compareLink, ownerOf, readLink } from './link.js';

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
    expect([
      ownerOf(readLink('https://a.b.northbank.example/')),
      ownerOf(readLink('https://northbank.co.uk')),
      ownerOf(readLink('a.pages.dev')),
      ownerOf(readLink('http://192.0.2.1/')),
      ownerOf(readLink('https://')),
    ]).toEqual(['northbank.example', 'northbank.co.uk', 'a.pages.dev', '192.0.2.1', null]);
  });
});
