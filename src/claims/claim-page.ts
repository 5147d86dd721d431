import { createHash } from 'node:crypto';
import type { Evidence, SealedEvent } from '../transparency/evidence.js';
import { STYLE, table, text } from '../transparency/evidence-page.js';
import type { LeafRecord } from '../transparency/leaf.js';
import { messagesIn, verdictsIn } from './claim-file.js';
import { type ClaimWords, claimWords } from './claim-words.js';

/** A decision as the page tells it. */
export interface Chapter {
  readonly subject: string;
  readonly change: object | null;
  readonly questions: readonly {
    readonly id: string;
    readonly at: string;
    readonly display: object | null;
    readonly answer: string | null;
    readonly status: string;
  }[];
}

export interface ClaimPage {
  readonly locale: string | null;
  readonly tenant: string;
  readonly iss: string;
  readonly iat: number;
  readonly customerId: string;
  readonly from: string;
  readonly to: string;
  readonly shredded: boolean;
  readonly withoutEvidence: readonly string[];
  readonly chapters: readonly Chapter[];
  readonly events: readonly SealedEvent[];
  readonly calls: readonly object[];
  readonly reports: readonly object[];
}

// It has no script, and could not run one: a page out of a zip is opened where it comes from nobody.
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** What a page tells of an evidence. */
export function chapterOf({ subject, change, verifications }: Evidence): Chapter {
  return {
    subject,
    change: change && {
      id: change.id,
      subject: change.subject,
      status: change.status,
      requestedAt: change.requestedAt,
    },
    questions: verifications.map(({ id, createdAt, display, answer, status }) => ({
      id,
      at: createdAt,
      display,
      answer,
      status,
    })),
  };
}

/** A claim file as a page to read and to print, static, in English or German. It proves nothing by itself. */
export function claimPage(claim: ClaimPage): string {
  const words = claimWords(claim.locale);
  const parts = [
    `<h1>${text(words.title)}</h1>`,
    `<p>${text(words.purpose)}</p>`,
    ...(claim.shredded ? [`<p><strong>${text(words.shredded)}</strong></p>`] : []),
    rows([
      [words.bank, `${claim.tenant}, ${claim.iss}`],
      [words.customer, claim.customerId],
      [words.from, claim.from],
      [words.to, claim.to],
      [words.made, new Date(claim.iat * 1000).toISOString()],
    ]),
    section(words, words.calls, claim.calls.map(table)),
    section(
      words,
      words.questions,
      claim.chapters.map((chapter) => chapterSection(words, chapter)),
    ),
    ...(claim.withoutEvidence.length > 0
      ? [`<p>${text(words.withoutEvidence)} ${text(claim.withoutEvidence.join(', '))}</p>`]
      : []),
    section(words, words.verdicts, listOf(verdictsIn(claim.events))),
    section(words, words.messages, listOf(messagesIn(claim.events))),
    section(words, words.reports, claim.reports.map(table)),
    section(words, words.timeline, listOf(claim.events.map(({ record }) => record))),
    `<h2>${text(words.toVerify)}</h2><p>${text(words.verifying)} <code>npx countersign verify-claim FILE --keys jwks.json</code>.</p>`,
    `<p>${text(words.limits)}</p>`,
  ];
  return `<!doctype html>\n<html lang="${words.language}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${text(POLICY)}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${text(words.title)}</title><style>${STYLE}</style></head><body>${parts.join('\n')}</body></html>\n`;
}

function section(words: ClaimWords, title: string, contents: readonly string[]): string {
  return [`<h2>${text(title)}</h2>`, ...(contents.length > 0 ? contents : [`<p>${text(words.nothing)}</p>`])].join(
    '\n',
  );
}

function chapterSection(words: ClaimWords, { subject, change, questions }: Chapter): string {
  return [
    `<h3>${text(subject)}</h3>`,
    ...(change ? [table(change)] : []),
    ...questions.map(
      ({ id, at, display, answer, status }) =>
        `<p>${text(at)} ${text(id)}</p><p>${text(words.shown)}:</p>${display ? table(display) : `<p>${text(words.unreadable)}</p>`}${rows(
          [
            [words.answered, answer ?? '–'],
            [words.became, status],
          ],
        )}`,
    ),
  ].join('\n');
}

function listOf(records: readonly LeafRecord[]): string[] {
  if (records.length === 0) return [];
  return [
    `<table>${records
      .map(
        ({ time, type, subject, data }) =>
          `<tr><th>${text(time)}</th><td><strong>${text(type.replace('countersign.', ''))}</strong> ${text(subject)}<br>${text(JSON.stringify(data))}</td></tr>`,
      )
      .join('')}</table>`,
  ];
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  return `<table>${pairs.map(([name, value]) => `<tr><th>${text(name)}</th><td>${text(value)}</td></tr>`).join('')}</table>`;
}
