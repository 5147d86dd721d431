import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { field, instant } from '../../parts/fields.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { saveFile } from '../../parts/save-file.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Report = ItemOf<'/v1/reports'>;

/** What customers reported. Campaign and time stand in the address; a number and a customer do not. */
class ReportsScreen extends Screen {
  @state() private number = '';
  @state() private customerId = '';
  readonly #listing = new Listing<Report>((after) =>
    this.session.client.get('/v1/reports', {
      query: {
        limit: 50,
        ...this.#filters,
        ...(this.customerId ? { customerId: this.customerId } : {}),
        ...(after ? { after } : {}),
      },
      signal: this.signal,
    }),
  );

  get #filters(): Record<string, string> {
    const { query } = this;
    const of = (name: string): Record<string, string> => (query.get(name) ? { [name]: query.get(name)! } : {});
    return { ...of('campaign'), ...of('from'), ...of('to'), ...(this.number ? { number: this.number } : {}) };
  }

  protected override async load(): Promise<void> {
    this.#listing.items = [];
    await this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    return html`${this.heading(this.text('reports.heading'))}
      <section class="card">${this.#filter()}</section>
      ${this.status()}
      <p class="actions">
        ${this.button({ words: this.text('reports.csv'), key: 'v', run: () => this.#export('csv') })}
        ${this.button({ words: this.text('reports.ndjson'), run: () => this.#export('ndjson') })}
      </p>
      ${
        this.#listing.loaded
          ? table<Report>({
              caption: this.text('reports.heading'),
              items: this.#listing.items,
              empty: this.text('reports.none'),
              columns: [
                { words: this.text('reports.at'), cell: ({ reportedAt }) => this.time(reportedAt) },
                { words: this.text('report.channel'), cell: ({ channel }) => words.code('channel', channel) },
                { words: this.text('reports.claimed'), cell: (report) => html`<bdi>${markOf(report)}</bdi>` },
                { words: this.text('customer'), cell: ({ customerId }) => html`<bdi>${customerId}</bdi>` },
                {
                  words: this.text('reports.shared'),
                  cell: ({ shared }) => shared.map((one) => words.code('shared', one)).join(', ') || '–',
                },
                {
                  words: this.text('reports.lost'),
                  number: true,
                  cell: ({ lost }) => (lost ? this.#money(lost) : '–'),
                },
                {
                  words: this.text('campaigns.one'),
                  cell: ({ campaignId }) =>
                    campaignId
                      ? html`<a href=${this.address(`/campaigns/${campaignId}`)}>${this.text('open')}</a>`
                      : '–',
                },
                {
                  words: this.text('reference'),
                  cell: ({ reference }) => html`<span class="nowrap">${reference}</span>`,
                },
              ],
            })
          : nothing
      }
      ${pager(this.#listing, words, () => void this.attempt(() => this.#listing.more()))}`;
  }

  #filter(): TemplateResult {
    const { query } = this;
    const send = async (values: Readonly<Record<string, string>>): Promise<void> => {
      const [number = '', customerId = ''] = [values['number'], values['customerId']].map((value) => value?.trim());
      [this.number, this.customerId] = [number, customerId];
      const address = new URLSearchParams();
      const [from, to] = [instant(values['from']), instant(values['to'])];
      for (const [name, value] of Object.entries({ campaign: values['campaign']?.trim(), from, to }))
        if (value) address.set(name, value);
      const wanted = address.toString();
      if (wanted === query.toString()) await this.load();
      else this.go(`/reports${wanted === '' ? '' : `?${wanted}`}`);
    };
    const fields = html`<div class="fields">
      ${field({ name: 'number', label: this.text('report.number'), value: this.number })}
      ${field({ name: 'customerId', label: this.text('customerId'), value: this.customerId, most: 64 })}
      ${field({ name: 'campaign', label: this.text('reports.campaign'), value: query.get('campaign') ?? '' })}
      ${field({ name: 'from', label: this.text('from'), hint: this.zone, type: 'datetime-local', value: localOf(query.get('from')) })}
      ${field({ name: 'to', label: this.text('to'), hint: this.zone, type: 'datetime-local', value: localOf(query.get('to')) })}
    </div>`;
    return this.form({ send, fields, submit: this.text('filter'), label: this.text('filter') });
  }

  #export(format: 'csv' | 'ndjson'): void {
    const query = new URLSearchParams({ format, ...this.#filters, ...(format === 'csv' ? { bom: 'true' } : {}) });
    void this.attempt(() => saveFile(this.session, `/v1/reports/export?${query}`), this.text('saved'));
  }

  #money({ amount, currency }: { readonly amount: number; readonly currency: string }): string {
    return new Intl.NumberFormat(this.words.locale, { style: 'currency', currency }).format(amount);
  }
}

function markOf({ claimedNumber, claimedSender, linkHosts }: Report): string {
  return [claimedNumber, claimedSender, ...linkHosts].filter((one) => one !== null).join(', ') || '–';
}

/** A moment as a `datetime-local` takes it, in the viewer's zone. */
function localOf(time: string | null): string {
  const date = time ? new Date(time) : null;
  if (!date || Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

defineScreen('console-reports', ReportsScreen);
