import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { de as panelGerman } from '../../packages/elements/src/agent-panel/messages/de.js';
import { en as panelEnglish } from '../../packages/elements/src/agent-panel/messages/en.js';
import { loadPanelWording } from '../../packages/elements/src/agent-panel/panel-wording.js';
import { de } from '../../packages/elements/src/messages/de.js';
import { en } from '../../packages/elements/src/messages/en.js';
import { es } from '../../packages/elements/src/messages/es.js';
import { fr } from '../../packages/elements/src/messages/fr.js';
import { loadWording } from '../../packages/elements/src/messages/messages.js';
import { nl } from '../../packages/elements/src/messages/nl.js';
import { pl } from '../../packages/elements/src/messages/pl.js';
import { MOST_LINE_BYTES } from '../../src/http/ndjson-lines.js';
import { de as consoleGerman, fieldRefusals } from '../../web/console/src/messages/de.js';
import { en as consoleEnglish } from '../../web/console/src/messages/en.js';
import { loadWords } from '../../web/console/src/messages/words.js';

type Messages = Readonly<Record<string, string | readonly string[]>>;

/** What stands in the braces of a message. */
function blanks(message: string | readonly string[]): string[] {
  return [...String(message).matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();
}

function expectWhole(messages: Messages, english: Messages): void {
  expect(Object.keys(messages).sort()).toEqual(Object.keys(english).sort());
  for (const [key, message] of Object.entries(messages)) {
    expect(blanks(message), key).toEqual(blanks(english[key]!));
    expect(
      [message].flat().every((one) => one.trim() !== ''),
      key,
    ).toBe(true);
  }
}

describe('each language says everything that English does, with the same blanks', () => {
  it.each(Object.entries({ de, es, fr, nl, pl }))('what a customer reads, in %s', (_, messages) =>
    expectWhole(messages, en),
  );

  it('what an agent reads, in German', () => expectWhole(panelGerman, panelEnglish));

  it('what the console says, in German', () => expectWhole(consoleGerman, consoleEnglish));
});

describe('why a line of an import was not taken', () => {
  const says = ['src/http/ndjson-lines.ts', 'src/call-records/call-record.ts', 'src/notices/notices.service.ts']
    .map((file) => readFileSync(file, 'utf8').replace('${MOST_LINE_BYTES}', String(MOST_LINE_BYTES)))
    .flatMap((source) => [...source.matchAll(/(?:return|fault:|^ +:) (['`])((?:is|has|holds|must|\w+ must) .+)\1/gm)])
    .map(([, , says]) => says!);

  it('is found in the source', () => expect(says.length).toBeGreaterThanOrEqual(15));

  it.each(says)('has words of the console in each language: %s', (detail) => {
    expect(Object.keys(consoleEnglish)).toContain(`rejection.${detail}`);
    expect(consoleGerman[`rejection.${detail}` as keyof typeof consoleGerman]).not.toContain(detail);
  });

  it('has no words for what is said no more', () => {
    const kept = Object.keys(consoleEnglish).filter((key) => key.startsWith('rejection.'));
    expect(kept.map((key) => key.replace('rejection.', '')).sort()).toEqual([...new Set(says)].sort());
  });
});

describe('a language that there is not', () => {
  it.each(['es', 'xx', '', 'not a tag', '__proto__', 'toString', 'constructor', 'en-US@posix'])(
    'is English to an agent, and says so: %s',
    async (locale) => {
      const words = await loadPanelWording(locale);
      expect(words.text('standing.confirmed')).toBe('Confirmed');
      expect(words.language).toBe('en');
      expect(words.moment('2026-03-01T12:00:00Z')).toContain('2026');
    },
  );

  it.each(['xx', '', 'not a tag', '__proto__', 'toString'])('is English to a customer: %s', async (locale) => {
    expect((await loadWording(locale)).text('calling.genuine')).toBe('Genuine');
  });
});

describe('a time that an agent reads', () => {
  it.each([
    ['en-GB', '2026-03-01T12:00:00Z', /^1 Mar 2026, \d{2}:\d{2} (GMT|UTC|[A-Z]{2,5})([+-]\d+(:\d+)?)?$/],
    ['de-DE', '2026-03-01T12:00:00Z', /2026, \d{2}:\d{2} (MEZ|UTC|GMT|[A-Z]{2,5})([+-]\d+(:\d+)?)?$/],
  ])('names its zone, in %s', async (locale, time, expected) => {
    const words = await loadPanelWording(locale);
    expect(words.moment(time)).toMatch(expected);
    expect(words.moment(Date.now())).toMatch(/\d{2}:\d{2}:\d{2} [A-Z]{2,5}([+-]\d+(:\d+)?)?$/);
    expect(words.moment('no time')).toBe('no time');
  });
});

describe('what the service says of a field', () => {
  const FOLDER = 'test/e2e/body-refusals';
  const recorded = readdirSync(FOLDER)
    .flatMap((name) => [...readFileSync(`${FOLDER}/${name}`, 'utf8').matchAll(/^ +#\S* (.+)$/gm)])
    .map(([, detail]) => detail!);
  const ofPolicies = [
    ...readFileSync('test/e2e/policy-refusals.json', 'utf8').matchAll(/"detail": ("(?:[^"\\]|\\.)+")/g),
  ].map(([, detail]) => JSON.parse(detail!) as string);
  const said = [...new Set([...recorded, ...ofPolicies])];
  /** Phones, apps and what receives pushes are told these; a choice in a form cannot be another one. */
  const OF_NO_FORM =
    /nested property|one of the following values|JWK|jws|JWS|passkey|webpush|base64url|registration token|id of an app|path and query|"verdict"|`customerId`|`publicKey`/;

  it('is recorded', () => expect(said.length).toBeGreaterThan(100));

  it.each(said.filter((detail) => !OF_NO_FORM.test(detail)))('is said in German: %s', async (detail) => {
    const german = (await loadWords('de-DE')).fieldRefusal(detail);
    expect(german).not.toBe(detail);
    expect(german).not.toContain('{');
    for (const number of detail.match(/(?<=\b(?:to|than|least) )-?\d+(?:\.\d+)?/g) ?? [])
      expect(german).toContain(number);
  });

  it('is said as it is in English, and where there are no words', async () => {
    expect((await loadWords('en-GB')).fieldRefusal('must not be less than 7')).toBe('must not be less than 7');
    expect((await loadWords('de-DE')).fieldRefusal('must be something new')).toBe('must be something new');
    expect((await loadWords('de-DE')).fieldRefusal('constructor')).toBe('constructor');
    expect((await loadWords('de-DE')).fieldRefusal('must not be less than -7.5')).toBe(
      'darf nicht kleiner als -7.5 sein',
    );
  });

  it('has no words for what is said no more', () => {
    const kinds = said.map((detail) =>
      detail.replace(/\b(to|than|least) -?\d+(?:\.\d+)?/, '$1 {n}').replace(/^each is (?=plain text in one line)/, ''),
    );
    expect(Object.keys(fieldRefusals).filter((known) => !kinds.includes(known) && !said.includes(known))).toEqual([]);
  });
});
