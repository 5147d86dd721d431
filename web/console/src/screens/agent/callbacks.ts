import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { badge, toneOf } from '../../parts/badges.js';
import { area, field, filled, instant } from '../../parts/fields.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Callback = ItemOf<'/v1/callbacks'>;
type Status = Callback['status'];

const TABS: readonly (Status | 'all')[] = ['queued', 'claimed', 'verified', 'unreachable', 'all'];

/** Calls that the bank owes: who takes one gets the number at the desk. */
class CallbacksScreen extends Screen {
  #following = false;
  #again: ReturnType<typeof setTimeout> | null = null;
  readonly #listing = new Listing<Callback>((after) =>
    this.session.client.get('/v1/callbacks', {
      query: { limit: 50, ...(after ? { after } : {}), ...(this.#tab === 'all' ? {} : { status: this.#tab }) },
      signal: this.signal,
    }),
  );

  get #tab(): Status | 'all' {
    const wanted = this.query.get('status');
    return TABS.find((one) => one === wanted) ?? 'queued';
  }

  protected override async load(): Promise<void> {
    if (!this.#following) void this.#follow();
    this.#listing.items = [];
    await this.#listing.load();
  }

  /** Reads the list again when something happened in it; a lost stream is told of by the page. */
  async #follow(): Promise<void> {
    this.#following = true;
    const reload = (): void => {
      if (this.#again !== null) return;
      this.#again = setTimeout(() => {
        this.#again = null;
        void this.#listing.load().then(
          () => this.requestUpdate(),
          () => undefined,
        );
      }, 200);
    };
    const onStale = (stale: boolean): void => (stale ? undefined : reload());
    try {
      for await (const _ of this.session.client.stream('/v1/callbacks/stream', { signal: this.signal, onStale }))
        reload();
    } catch (error) {
      this.session.notice(error);
    }
  }

  protected override render(): TemplateResult {
    return html`${this.heading(this.text('callbacks.heading'))}
      <ul class="tabs">
        ${TABS.map(
          (tab) =>
            html`<li>
              <a href=${this.address(`/callbacks?status=${tab}`)} aria-current=${tab === this.#tab}
                >${this.words.code('callback', tab)}</a
              >
            </li>`,
        )}
      </ul>
      ${this.status()}
      ${
        this.#listing.loaded
          ? table<Callback>({
              caption: this.text('callbacks.heading'),
              items: this.#listing.items,
              empty: this.text('callbacks.none'),
              columns: this.#columns(),
            })
          : nothing
      }
      ${pager(this.#listing, this.words, () => void this.attempt(() => this.#listing.more()))} ${this.#request()}`;
  }

  #columns() {
    const { words } = this;
    return [
      {
        words: this.text('state'),
        cell: ({ status, askedDuringCall }: Callback) =>
          html`${badge(toneOf(status), words.code('callback', status))}
          ${askedDuringCall ? html`<p class="small"><strong>${this.text('callbacks.duringCall')}</strong></p>` : nothing}`,
      },
      { words: this.text('customer'), cell: ({ customerId }: Callback) => html`<bdi>${customerId}</bdi>` },
      { words: this.text('callbacks.reason'), cell: ({ reason }: Callback) => html`<bdi>${reason ?? '–'}</bdi>` },
      { words: this.text('callbacks.due'), cell: ({ window }: Callback) => this.time(window.dueAt) },
      { words: this.text('callbacks.until'), cell: ({ window }: Callback) => this.time(window.notAfter) },
      {
        words: this.text('callbacks.attempts'),
        number: true,
        cell: ({ attempts }: Callback) => words.number(attempts),
      },
      {
        words: this.text('reference'),
        cell: ({ reference }: Callback) => html`<span class="nowrap">${reference}</span>`,
      },
      { words: this.text('actions'), cell: (callback: Callback) => this.#action(callback) },
    ];
  }

  #action({ id, status, reference, agentName }: Callback): TemplateResult {
    if (status === 'queued')
      return html`<a
        class="button"
        href=${this.address(`/desk?callback=${id}`)}
        aria-label=${this.text('callbacks.takeOf', { reference })}
      >
        ${this.text('callbacks.take')}
      </a>`;
    return html`${agentName ? html`<bdi>${agentName}</bdi>` : '–'}`;
  }

  #request(): TemplateResult {
    const send = async (values: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void> => {
      const notBefore = instant(values['notBefore']);
      const notAfter = instant(values['notAfter']);
      await this.session.post('/v1/callbacks', {
        body: {
          customerId: values['customerId']!.trim(),
          reason: values['reason']!.trim(),
          ...filled(values, 'about'),
          ...(notBefore ? { notBefore } : {}),
          ...(notAfter ? { notAfter } : {}),
        },
      });
      form.reset();
      await this.#listing.load();
    };
    const fields = html`<div class="fields">
      ${field({ name: 'customerId', label: this.text('customerId'), value: this.session.customerId, required: true, most: 64 })}
      ${field({ name: 'about', label: this.text('callbacks.about'), hint: this.text('callbacks.aboutHint') })}
      ${field({ name: 'notBefore', label: this.text('callbacks.notBefore'), type: 'datetime-local', hint: this.zone })}
      ${field({ name: 'notAfter', label: this.text('callbacks.notAfter'), type: 'datetime-local', hint: this.zone })}
      ${area({ name: 'reason', label: this.text('callbacks.reason'), required: true, most: 140 })}
    </div>`;
    return html`<section class="card stack">
      <h2>${this.text('callbacks.ask')}</h2>
      ${this.form({ send, fields, submit: this.text('callbacks.send'), label: this.text('callbacks.ask'), done: this.text('callbacks.asked') })}
    </section>`;
  }
}

defineScreen('console-callbacks', CallbacksScreen);
