import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { badge, toneOf } from '../../parts/badges.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, keyCap, Screen } from '../../shell/screen.js';

type Change = ItemOf<'/v1/changes'>;

const TABS: readonly (Change['status'] | 'all')[] = [
  'held',
  'released',
  'refused',
  'withdrawn',
  'expired',
  'disputed',
  'all',
];

class ChangesScreen extends Screen {
  readonly #listing = new Listing<Change>((after) =>
    this.session.client.get('/v1/changes', {
      query: { limit: 50, ...(after ? { after } : {}), ...(this.#tab === 'all' ? {} : { status: this.#tab }) },
      signal: this.signal,
    }),
  );

  get #tab(): Change['status'] | 'all' {
    const wanted = this.query.get('status');
    return TABS.find((one) => one === wanted) ?? 'held';
  }

  protected override async load(): Promise<void> {
    this.#listing.items = [];
    await this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    return html`${this.heading(
        this.text('changes.heading'),
        html`<a class="button" href=${this.address('/changes/new')} data-key="n" aria-keyshortcuts="Alt+N">
          ${this.text('changes.new')}${keyCap('n')}
        </a>`,
      )}
      <ul class="tabs">
        ${TABS.map(
          (tab) =>
            html`<li>
              <a href=${this.address(`/changes?status=${tab}`)} aria-current=${tab === this.#tab}
                >${words.code('change', tab)}</a
              >
            </li>`,
        )}
      </ul>
      ${this.status()}
      ${
        this.#listing.loaded
          ? table<Change>({
              caption: this.text('changes.heading'),
              items: this.#listing.items,
              empty: this.text('changes.none'),
              columns: [
                {
                  words: this.text('state'),
                  cell: ({ status }) => badge(toneOf(status), words.code('change', status)),
                },
                { words: this.text('customer'), cell: ({ customerId }) => html`<bdi>${customerId}</bdi>` },
                { words: this.text('changes.subject'), cell: ({ subject }) => words.code('subject', subject) },
                { words: this.text('changes.proofs'), cell: ({ proofs }) => this.#proofs(proofs) },
                { words: this.text('changes.releaseAfter'), cell: ({ releaseAfter }) => this.time(releaseAfter) },
                {
                  words: this.text('reference'),
                  cell: ({ reference }) => html`<span class="nowrap">${reference}</span>`,
                },
                {
                  words: this.text('actions'),
                  cell: ({ id, reference }) =>
                    html`<a
                      class="button"
                      href=${this.address(`/changes/${id}`)}
                      aria-label=${this.text('changes.openOf', { reference })}
                    >
                      ${this.text('open')}
                    </a>`,
                },
              ],
            })
          : nothing
      }
      ${pager(this.#listing, words, () => void this.attempt(() => this.#listing.more()))}`;
  }

  #proofs(proofs: Change['proofs']): TemplateResult {
    const there = proofs.filter(({ status }) => status === 'in').length;
    return html`${this.text('changes.proofsIn', { there, all: proofs.length })}`;
  }
}

defineScreen('console-changes', ChangesScreen);
