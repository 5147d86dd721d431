import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import type { Words } from '../messages/words.js';
import { table } from './listing.js';

type Imported = ReplyOf<'post', '/v1/call-records'>;

/** So many lines go in one request: progress is what the service has taken, and a lost connection costs no more. */
const BATCH_LINES = 1_000;

/** A line of a file, as an item of the import; its number is the one of the file. */
export interface Line {
  readonly number: number;
  readonly item: unknown;
}

/** Lines of a file that go to the service in batches, and what has become of them so far. */
export class LineImport {
  taken = 0;
  total = 0;
  imported: Imported | null = null;
  running = false;

  constructor(private readonly changed: () => void) {}

  /** Sends all lines. What was sent before a failure or a stop is there, and does no harm when it is sent again. */
  async run(lines: readonly Line[], send: (items: readonly unknown[]) => Promise<Imported>): Promise<void> {
    Object.assign(this, { taken: 0, total: lines.length, running: true });
    this.imported = { accepted: 0, duplicates: 0, rejected: [], rejectedCount: 0 };
    this.changed();
    try {
      for (let begin = 0; begin < lines.length && this.running; begin += BATCH_LINES) {
        const batch = lines.slice(begin, begin + BATCH_LINES);
        this.#add(await send(batch.map(({ item }) => item)), batch);
        this.changed();
      }
    } finally {
      this.running = false;
      this.changed();
    }
  }

  stop(): void {
    this.running = false;
  }

  #add(more: Imported, batch: readonly Line[]): void {
    const sum = this.imported!;
    this.taken += batch.length;
    this.imported = {
      accepted: sum.accepted + more.accepted,
      duplicates: sum.duplicates + more.duplicates,
      rejectedCount: sum.rejectedCount + more.rejectedCount,
      rejected: [
        ...sum.rejected,
        ...more.rejected.map((one) => ({ ...one, line: batch[one.line - 1]?.number ?? one.line })),
      ],
    };
  }

  /** How far it is, and what was rejected. */
  view(words: Words): TemplateResult {
    const { imported, running, taken, total } = this;
    return html`${
        running
          ? html`<p>
                <label for="import-progress">${words.text('import.progress', { taken, total })}</label>
                <progress id="import-progress" max=${total} value=${taken}></progress>
              </p>
              <p><button type="button" @click=${() => this.stop()}>${words.text('import.stop')}</button></p>`
          : nothing
      }
      <div role="status" class="stack">${imported && !running ? outcome(imported, words) : nothing}</div>
      ${imported && imported.rejectedCount > 0 ? rejectedLines(imported, words) : nothing}`;
  }
}

function outcome({ accepted, duplicates, rejectedCount }: Imported, words: Words): TemplateResult {
  return html`<p class="notice done">
    ${words.text('recipients.done', { accepted, duplicates, rejected: rejectedCount })}
  </p>`;
}

function rejectedLines({ rejected, rejectedCount }: Imported, words: Words): TemplateResult {
  return html`${table({
    caption: words.text('recipients.rejected'),
    items: rejected,
    empty: '',
    columns: [
      { words: words.text('recipients.line'), number: true, cell: ({ line }) => words.number(line) },
      { words: words.text('recipients.why'), cell: ({ detail }) => whyOf(detail, words) },
    ],
  })}
  ${rejectedCount > rejected.length ? html`<p>${words.text('import.more', { count: rejectedCount - rejected.length })}</p>` : nothing}`;
}

/** Why a line was not taken; in the service's own English where these words have nothing for it. */
function whyOf(detail: string, words: Words): unknown {
  return words.maybe(`rejection.${detail}`) ?? html`<span lang="en">${detail}</span>`;
}

/** The lines of a text that are not empty; lines of JSON are read, and what cannot be is left to the service to reject. */
export function linesOf(text: string, plain: (line: string) => unknown): Line[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const typed = line.trim();
    if (typed === '') return [];
    return [{ number: index + 1, item: typed.startsWith('{') ? readJson(typed, plain) : plain(typed) }];
  });
}

function readJson(line: string, plain: (line: string) => unknown): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return plain(line);
  }
}
