import { expect, it } from 'vitest';
import { findLinks, leadsToWeb } from './link-finder.js';
import { readLink } from './link.js';
import { parseUrl } from './url.js';

const ADDRESSES = [
  'https://bücher.de/',
  'https://northbänk.example/x',
  'https://ñandú.example',
  'https://l.facebook.com/l.php?u=https://é.fr/',
  'mailto:a@münchen.de',
];
const hostOf = (address: string): string | undefined => readLink(address).target?.host;

it('an address in Latin-1 letters is read alike however often addresses were read before', () => {
  const first = ADDRESSES.map(hostOf);
  expect(first).toEqual([
    'xn--bcher-kva.de',
    'xn--northbnk-5za.example',
    'xn--and-6ma2c.example',
    'xn--9ca.fr',
    'xn--mnchen-3ya.de',
  ]);
  for (let round = 0; round < 20_000; round += 1) {
    if (parseUrl(ADDRESSES[0]!)?.hostname !== first[0]) throw new Error(`read otherwise in round ${round}`);
    if (round % 4 === 0 && ADDRESSES.some((address, at) => hostOf(address) !== first[at]))
      throw new Error(`read otherwise in round ${round}`);
  }
  expect(findLinks('See northbänk.example or https://bücher.de.').links.filter(leadsToWeb)).toHaveLength(2);
  expect([parseUrl('https://'), parseUrl('x'), parseUrl('https://a b.com')]).toEqual([null, null, null]);
});
