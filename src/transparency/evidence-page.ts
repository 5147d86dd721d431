import { createHash } from 'node:crypto';
import type { Evidence, SealedEvent, VerificationEvidence } from './evidence.js';

export const STYLE = `body{font:15px/1.5 Georgia,serif;color:#111;background:#fff;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #ddd;overflow-wrap:anywhere}
th{font-weight:normal;color:#444;width:32%}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6rem;font-size:12px}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}`;

/** The page may hold this one style sheet, and nothing else: no script, no image, no frame. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** An evidence as a page to read and to print. It proves nothing by itself: the signed file does. */
export function evidencePage(evidence: Evidence): string {
  const {
    subject,
    tenant,
    iss,
    iat,
    customerId,
    purpose,
    shredded,
    verifications,
    change,
    calls,
    policies,
    events,
    checkpoint,
  } = evidence;
  const parts = [
    `<h1>Evidence about ${text(subject)}</h1>`,
    `<p>${text(purpose)}</p>`,
    ...(shredded
      ? [
          "<p><strong>The customer's personal data has been destroyed.</strong> What was shown and signed can no longer be read; that it happened, and when, is still proved.</p>",
        ]
      : []),
    table({ bank: tenant, service: iss, made: new Date(iat * 1000).toISOString(), customer: customerId }),
    ...(change ? ['<h2>The change</h2>', table(change)] : []),
    ...verifications.map(verificationSection),
    ...calls.map((call) => `<h2>The call</h2>${table(call)}`),
    `<h2>Policy in force</h2>${policies.map(({ version, document }) => table({ version, ...document })).join('')}`,
    `<h2>What happened, in order</h2><table>${events.map(eventRow).join('')}</table>`,
    `<h2>Checkpoint</h2><pre>${text(checkpoint)}</pre>`,
    '<h2>To verify</h2><p>This page is for reading. Fetch the signed file under the same address without <code>Accept: text/html</code>, and check it with <code>npx countersign verify-evidence FILE --keys jwks.json</code>.</p>',
  ];
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Evidence about ${text(subject)}</title><style>${STYLE}</style></head><body>${parts.join('\n')}</body></html>\n`;
}

function verificationSection({ display, shown: _shown, signedAnswer, device, ...asked }: VerificationEvidence): string {
  return [
    `<h2>The question ${text(asked.id)}</h2>`,
    table(asked),
    '<h2>What was shown</h2>',
    display ? table(display) : '<p>Can no longer be read.</p>',
    ...(signedAnswer ? ['<h2>The signed answer</h2>', `<pre>${text(signedAnswer.value)}</pre>`] : []),
    ...(device ? ['<h2>The device that signed</h2>', table(device)] : []),
  ].join('\n');
}

function eventRow({ leaf, record }: SealedEvent): string {
  return `<tr><th>${text(record.time)}<br>leaf ${text(leaf)}</th><td><strong>${text(record.type.replace('countersign.', ''))}</strong> ${text(record.subject)}<br>${text(JSON.stringify(record.data))}</td></tr>`;
}

export function table(value: object): string {
  return `<table>${Object.entries(value)
    .map(
      ([name, cell]) =>
        `<tr><th>${text(words(name))}</th><td>${typeof cell === 'object' && cell !== null && !isList(cell) ? table(cell as object) : text(isList(cell) ? cell.join('; ') : (cell ?? '–'))}</td></tr>`,
    )
    .join('')}</table>`;
}

/** A list of words stands on one line; one of objects is a table by number. */
function isList(value: unknown): value is readonly (string | number)[] {
  return Array.isArray(value) && value.every((item) => typeof item !== 'object');
}

function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

export function text(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
