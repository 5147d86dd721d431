import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canExist } from '../../../src/readers/host.js';
import { readLink } from '../../../src/readers/link.js';
import { findLinks } from '../../../src/readers/link-finder.js';
import { parseUrl } from '../../../src/readers/url.js';

const read = <T>(name: string): T[] => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T[];

interface Vector {
  readonly input: string;
  readonly failure?: true;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

const VECTORS = read<Vector>('./urltestdata.json');
/** Hosts of newer versions of Unicode, and of the standard, are read once Node has them. */
const asNodeHas = ({ input, failure, hostname }: Vector): boolean =>
  parseUrl(input)?.hostname === (failure ? undefined : hostname);
const withoutDot = (host: string): string => host.replace(/\.$/, '');

describe('a link is read as the Web Platform Tests ask', () => {
  it('over all that browsers follow', () => {
    const followed = VECTORS.filter((vector) => !vector.failure && asNodeHas(vector));
    expect(followed.length).toBeGreaterThan(120);
    for (const { input, hostname, port, pathname, search, hash } of followed) {
      const { target, through } = readLink(input);
      expect(through).toBeNull();
      if (withoutDot(hostname) === '') expect(target, input).toBeNull();
      else
        expect(target, input).toMatchObject({
          host: withoutDot(hostname),
          port,
          path: pathname,
          query: search,
          fragment: hash,
        });
    }
  });

  it('and over what they do not: it leads nowhere, and no host of it is found', () => {
    const refused = VECTORS.filter((vector) => vector.failure && asNodeHas(vector));
    expect(refused.length).toBeGreaterThan(60);
    for (const { input } of refused) expect(readLink(input).target, input).toBeNull();
  });

  it('in a text too, where it stands without a space', () => {
    const inText = VECTORS.filter(asNodeHas).filter(
      ({ failure, input, hostname }) => !failure && canExist(withoutDot(hostname)) && !/[\s\p{Cc}<>"`]/u.test(input),
    );
    expect(inText.length).toBeGreaterThan(70);
    for (const { input, hostname } of inText)
      expect(
        findLinks(`see ${input} now`).links.map(({ target }) => target?.host),
        input,
      ).toContain(withoutDot(hostname));
  });

  it('with hosts in every script, as far as the Unicode of this Node goes', () => {
    const hosts = read<{ input: string; output: string | null }>('./toascii.json').filter(
      ({ input }) => !/[\s/\\?#@:]/u.test(input),
    );
    const known = hosts.filter(({ input, output }) => (parseUrl(`https://${input}/x`)?.hostname ?? null) === output);
    expect(known.length).toBeGreaterThan(65);
    for (const { input, output } of known)
      expect(readLink(`https://${input}/x`).target?.host ?? null, input).toBe(
        output === null ? null : withoutDot(output),
      );
  });
});
