import { ENGLISH } from '../texts/english.js';
import { lookUp, ownOrOurs } from '../texts/texts.js';
import type { ReferenceCode, Words } from '../texts/words.js';
import { ADVICE_CODES } from './advice-codes.policy.js';
import { adviceFor, type Locales } from './advice.js';
import { DEFAULT_POLICY, type Policy } from './policy.js';

/** The words that have one text each; `advice` and `neverAsk` are lists, and set in values of their own. */
const SECTIONS = ['questions', 'reasons', 'findings', 'references'] as const;

/** All the words of a tenant in one language, and the locale that they are in. */
export interface Texts extends Words {
  readonly locale: string;
}

/** A text: the bank's own or ours, in the first of the locales that has any, else in the policy's, else in English. */
function textFor(policy: Policy, locales: Locales, key: string, ours: (words: Words) => string): string {
  return ownOrOurs(
    [...locales, policy.defaultLocale],
    (wanted) => policy.texts.find((own) => own.key === key && own.locale.toLowerCase() === wanted)?.text,
    ours,
  ).what;
}

/** What is read out of a reference, with its places still to be filled. */
export function referenceText(code: ReferenceCode, policy: Policy, locales: Locales): string {
  return textFor(policy, locales, `references.${code}`, ({ references }) => references[code]);
}

/** What the bank never asks for. A list that the bank has set holds in every language for which it has set no other. */
export function neverAskFor(policy: Policy, locales: Locales): readonly string[] {
  const general = isSet(policy.neverAsk) ? policy.neverAsk : undefined;
  return ownOrOurs<readonly string[]>(
    [...locales, policy.defaultLocale],
    (wanted) => policy.neverAskIn.find(({ locale }) => locale.toLowerCase() === wanted)?.lines,
    ({ neverAsk }) => general ?? neverAsk,
  ).what;
}

/** Whoever sends the policy back as they read it has set nothing. */
function isSet(neverAsk: readonly string[]): boolean {
  return neverAsk.join('\n') !== DEFAULT_POLICY.neverAsk.join('\n');
}

/** Everything that is shown or told to people, in the first of the locales that there are words for. */
export function textsFor(policy: Policy, locales: Locales): Texts {
  const { locale } = lookUp<true>(
    [...locales, policy.defaultLocale],
    (wanted) =>
      [...policy.texts, ...policy.advice, ...policy.neverAskIn].some(
        ({ locale: own }) => own.toLowerCase() === wanted,
      ) || undefined,
    () => true as const,
  );
  const wanted = [locale];
  const sections = SECTIONS.map((section) => [
    section,
    Object.fromEntries(
      Object.keys(ENGLISH[section]).map((code) => [
        code,
        textFor(policy, wanted, `${section}.${code}`, (ours) => (ours[section] as Record<string, string>)[code]!),
      ]),
    ),
  ]);
  return {
    locale,
    ...(Object.fromEntries(sections) as Pick<Words, (typeof SECTIONS)[number]>),
    advice: Object.fromEntries(
      ADVICE_CODES.map((code) => {
        const { headline, steps } = adviceFor(code, policy, wanted);
        return [code, { headline, steps }];
      }),
    ) as Words['advice'],
    neverAsk: neverAskFor(policy, wanted),
  };
}
