import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { badge } from '../../parts/badges.js';
import { area } from '../../parts/fields.js';
import { LineImport, linesOf } from '../../parts/line-import.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type RecordedCall = ItemOf<'/v1/call-records'>;

const TABS = ['all', 'undeclared'] as const;

/** What the telephone system says that it dialled: its records from a file, and which calls nobody declared. */
class CallRecordsScreen extends Screen {
  readonly #import = new LineImport(() => this.requestUpdate());
  readonly #listing = new Listing<RecordedCall>((after) =>
    this.session.client.get('/v1/call-records', {
      query: {
        limit: 50,
        ...(after ? { after } : {}),
        ...(this.#tab === 'undeclared' ? { declared: 'false' as const } : {}),
      },
      signal: this.signal,
    }),
  );

  get #tab(): (typeof TABS)[number] {
    return TABS.find((one) => one === this.query.get('show')) ?? 'all';
  }

  protected override load(): Promise<void> {
    return this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    return html`${this.heading(this.text('callRecords.heading'))}
      <p>${this.text('callRecords.intro')}</p>
      <section class="card stack">
        <h2>${this.text('callRecords.import')}</h2>
        ${this.#form()}
      </section>
      ${this.status()} ${this.#import.view(words)}
      <section class="stack">
        <h2>${this.text('callRecords.listed')}</h2>
        <ul class="tabs">
          ${TABS.map(
            (tab) =>
              html`<li>
                <a href=${this.address(`/call-records?show=${tab}`)} aria-current=${tab === this.#tab}
                  >${words.code('callRecords', tab)}</a
                >
              </li>`,
          )}
        </ul>
        ${this.#listing.loaded ? this.#table() : nothing}
        ${pager(this.#listing, words, () => void this.attempt(() => this.#listing.more()))}
      </section>`;
  }

  #form(): TemplateResult {
    const send = async ({ records = '' }: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void> => {
      const [file] = form.querySelector<HTMLInputElement>('input[type=file]')?.files ?? [];
      // What is no JSON is sent as it is, so that the service says of each line what is wrong with it.
      const lines = linesOf(file ? await file.text() : records, (line) => line);
      await this.#import.run(lines, (items) =>
        this.session.client.import('/v1/call-records', items, { signal: this.signal }),
      );
      await this.#listing.load();
    };
    const fields = html`<div class="fields">
      <div class="field">
        <label for="f-file">${this.text('recipients.file')}</label>
        <input id="f-file" type="file" accept=".ndjson,.jsonl,.json,.txt" aria-describedby="h-file" />
        <p class="hint" id="h-file">${this.text('callRecords.hint')}</p>
      </div>
      ${area({ name: 'records', label: this.text('callRecords.typed'), most: 1_000_000 })}
    </div>`;
    return this.form({ send, fields, submit: this.text('callRecords.send'), label: this.text('callRecords.import') });
  }

  #table(): TemplateResult {
    return table<RecordedCall>({
      caption: this.text('callRecords.listed'),
      items: this.#listing.items,
      empty: this.text('callRecords.none'),
      columns: [
        {
          words: this.text('state'),
          cell: ({ callId }) =>
            callId === null
              ? badge('bad', this.text('callRecords.undeclared'))
              : badge('good', this.text('callRecords.declared')),
        },
        { words: this.text('callRecords.record'), cell: ({ recordId }) => html`<bdi>${recordId}</bdi>` },
        { words: this.text('field.line'), cell: ({ line }) => html`<bdi>${line}</bdi>` },
        { words: this.text('field.team'), cell: ({ team }) => html`<bdi>${team ?? '–'}</bdi>` },
        { words: this.text('callRecords.began'), cell: ({ startedAt }) => this.time(startedAt) },
      ],
    });
  }
}

defineScreen('console-call-records', CallRecordsScreen);
