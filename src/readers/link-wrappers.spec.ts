import { describe, expect, it } from 'vitest';
import { compareLink, readLink } from './link.js';

const BANK = 'https://northbank.example/cards?from=sms';
const EVIL = 'https://evil.example/';
const [bank, evil] = [BANK, EVIL].map(encodeURIComponent);
const isBank = (link: string): boolean => compareLink(readLink(link), [readLink(BANK)]) === null;
const base64 = (text: string): string => encodeURIComponent(Buffer.from(text).toString('base64'));

describe('a wrapped link', () => {
  it.each([
    `https://eur01.safelinks.protection.outlook.com/?url=${bank}&data=x`,
    `https://www.google.com/url?q=${bank}&sa=D`,
    `https://google.co.uk/url?sa=t&url=${bank}`,
    `https://www.google.com.au/url?q=${bank}`,
    `https://www.google.cat/url?q=${bank}`,
    `https://linkprotect.cudasvc.com/url?a=${bank}&c=E`,
    `https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=${bank}&auth=x`,
    `https://eu-west-1.protection.sophos.com/?d=northbank.example&u=${base64(BANK)}&i=x`,
    `https://url.avanan.click/v2/___${BANK}___.YXAxZTp4`,
    `https://protect.checkpoint.com/v2/r02/___${BANK}___.YXAxZTp4`,
    `https://secure-web.cisco.com/1aB-x/${bank}`,
    `https://urldefense.com/v3/__${BANK}__;!!AbC!xyz$`,
  ])('%s leads where it says', (link) => {
    expect(isBank(link)).toBe(true);
  });

  it.each([
    'google.kp',
    'google.cx',
    'google.eu',
    'google.com.uk',
    'google.tk',
    'google.co',
    'google.com.de',
    'google.xx',
    'google.co.de',
    'google.com.evil.example',
    'www.google.kp',
    'google.cf',
    'google.ml',
    'google.gq',
    'google.uk',
    'agoogle.com',
  ])("is none at %s, which is not the gateway's", (host) => {
    expect(isBank(`https://${host}/url?q=${bank}`)).toBe(false);
  });

  it.each([
    `https://ctp.evil-trendmicro.com/wis/clicktime/v1/query?url=${bank}`,
    `https://forum.trendmicro.com/wis/clicktime/v1/query?url=${bank}`,
    `https://my.protection.sophos.com/?u=${base64(BANK)}`,
    `https://urldefense.proofpoint.us/v3/__${BANK}__;!!AbC!xyz$`,
    `https://urldefense.org/v3/__${BANK}__;!!AbC!xyz$`,
    `https://safelinks.protection.outlook.com.evil.example/?url=${bank}`,
    `https://l.workplace.net/l.php?u=${bank}`,
    `https://evil.google.com/url?q=${bank}`,
  ])('%s is at a host that the gateway does not use', (link) => {
    expect(isBank(link)).toBe(false);
  });

  it.each([
    ['https://eur01.safelinks.protection.outlook.com/', 'url'],
    ['https://www.google.com/url', 'q'],
    ['https://www.google.com/url', 'url'],
    ['https://l.facebook.com/l.php', 'u'],
    ['https://linkprotect.cudasvc.com/url', 'a'],
    ['https://vk.com/away.php', 'to'],
    ['https://duckduckgo.com/l/', 'uddg'],
    ['https://www.youtube.com/redirect', 'q'],
  ])('%s says two things where its %s is given twice, however the name is written', (gateway, name) => {
    const upper = name.toUpperCase();
    const names = [
      name,
      upper,
      `${name}[]`,
      `${name}%5B0%5D`,
      `%20${name}`,
      `+${name}`,
      `${upper}%00`,
      `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
      `${name}%09`,
    ];
    expect(isBank(`${gateway}?${name}=${bank}`)).toBe(true);
    for (const other of names) {
      for (const query of [
        `${other}=${evil}&${name}=${bank}`,
        `${name}=${bank}&${other}=${evil}`,
        `x=1;${other}=${evil}&${name}=${bank}`,
        `${name}=${bank}&x;${other}=${evil}`,
      ]) {
        expect(readLink(`${gateway}?${query}`), query).toMatchObject({ target: null });
      }
    }
    for (const other of names.slice(1, 7)) expect(isBank(`${gateway}?${other}=${bank}`), other).toBe(false);
  });

  it.each([
    `https://www.google.com/url?q=${bank}#pay`,
    `https://eu-west-1.protection.sophos.com/?u=${base64(BANK)}${base64(EVIL)}`,
    `https://eu-west-1.protection.sophos.com/?u=${base64('https://n')}%3D%3D${base64(BANK)}`,
    `https://url.avanan.click/v2/___//evil.example/___${BANK}___.x`,
    `https://secure-web.cisco.com/1aB/httpx/${bank}`,
    `https://secure-web.cisco.com/1aB/${bank}?u=${evil}`,
    `https://urldefense.com/v3/__https:#__;!!x/__${BANK}__;!!AbC!xyz$`,
  ])("%s is not read as the bank's", (link) => {
    expect(isBank(link)).toBe(false);
  });
});
