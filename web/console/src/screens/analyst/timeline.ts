import type { ItemOf, ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { choice, field, instant } from '../../parts/fields.js';
import { Listing, pager } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Event = ItemOf<'/v1/events'>;
type Signals = ReplyOf<'get', '/v1/customers/{customerId}/signals'>;

/** All that happened to one customer, in order. Whose it is stands in no address. */
class TimelineScreen extends Screen {
  @state() private customerId = '';
  @state() private signals: Signals | null = null;
  @state() private order: 'asc' | 'desc' = 'desc';
  #from: string | undefined;
  #to: string | undefined;
  readonly #listing = new Listing<Event>((after) =>
    this.session.client.get('/v1/events', {
      query: {
        limit: 100,
        order: this.order,
        customerId: this.customerId,
        ...(this.#from ? { from: this.#from } : {}),
        ...(this.#to ? { to: this.#to } : {}),
        ...(after ? { after } : {}),
      },
      signal: this.signal,
    }),
  );

  protected override render(): TemplateResult {
    const send = async (values: Readonly<Record<string, string>>): Promise<void> => {
      this.customerId = values['customerId']!.trim();
      this.order = values['order'] === 'asc' ? 'asc' : 'desc';
      [this.#from, this.#to] = [instant(values['from']), instant(values['to'])];
      this.#listing.items = [];
      this.signals = null;
      const path = { customerId: this.customerId };
      [this.signals] = await Promise.all([
        this.session.client.get('/v1/customers/{customerId}/signals', { path, signal: this.signal }),
        this.#listing.load(),
      ]);
    };
    const fields = html`<div class="fields">
      ${field({ name: 'customerId', label: this.text('customerId'), value: this.session.customerId, required: true, most: 64 })}
      ${field({ name: 'from', label: this.text('from'), hint: this.zone, type: 'datetime-local' })}
      ${field({ name: 'to', label: this.text('to'), hint: this.zone, type: 'datetime-local' })}
      ${choice({
        name: 'order',
        label: this.text('timeline.order'),
        options: [
          { value: 'desc', words: this.text('timeline.newest') },
          { value: 'asc', words: this.text('timeline.oldest') },
        ],
      })}
    </div>`;
    return html`${this.heading(this.text('timeline.heading'))}
      <section class="card">
        ${this.form({ send, fields, submit: this.text('timeline.show'), label: this.text('timeline.heading') })}
      </section>
      ${this.status()} ${this.signals ? this.#hold(this.signals) : nothing}
      ${this.#listing.loaded ? this.#events() : nothing}`;
  }

  /** Whether payments are held now, and why. */
  #hold({ hold, reasons }: Signals): TemplateResult {
    return html`<section class="card stack">
      <p>${badge(hold ? 'bad' : 'quiet', this.text(hold ? 'signals.hold' : 'signals.none'))}</p>
      ${
        reasons.length > 0
          ? html`<ul>
              ${reasons.map(({ type, at }) => html`<li>${this.words.code('signal', type)}, ${this.time(at)}</li>`)}
            </ul>`
          : nothing
      }
    </section>`;
  }

  #events(): TemplateResult {
    const { items } = this.#listing;
    if (items.length === 0) return html`<p class="empty">${this.text('timeline.none')}</p>`;
    return html`<ol class="timeline">
        ${items.map(
          (event) =>
            html`<li>
              <p>${this.time(event.time)} · <strong>${this.#nameOf(event)}</strong> ${this.#evidenceOf(event)}</p>
              <p class="small quiet">${this.#detailsOf(event)}</p>
            </li>`,
        )}
      </ol>
      ${pager(this.#listing, this.words, () => void this.attempt(() => this.#listing.more()))}`;
  }

  #nameOf({ type }: Event): string {
    return this.words.code('event', type.replace(/^countersign\./, ''));
  }

  #evidenceOf({ subject, type }: Event): TemplateResult | typeof nothing {
    const settled = /\.(confirmed|denied|reported|released|refused|expired|disputed|withdrawn|locked)$/.test(type);
    if (!settled || !/^(ver|chg)_/.test(subject)) return nothing;
    return html`<a href=${this.address(`/evidence/${subject}`)}>${this.text('evidence')}</a>`;
  }

  /** The plain members of an event, as they are: what is here is for somebody who looks closely. */
  #detailsOf({ data, subject }: Event): string {
    const said = Object.entries(data as Record<string, unknown>)
      .filter(
        ([name, value]) =>
          !/Commitment|Hash|customerId|Thumbprint|policyVersion|displayTime/.test(name) &&
          ['string', 'number', 'boolean'].includes(typeof value),
      )
      .map(
        ([name, value]) =>
          `${this.words.code('field', name)}: ${name === 'direction' ? this.words.code('direction', String(value)) : String(value)}`,
      );
    return [subject, ...said].join(' · ');
  }
}

defineScreen('console-timeline', TimelineScreen);
