import type { ItemOf, ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge, toneOf } from '../../parts/badges.js';
import { field, instant } from '../../parts/fields.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { pairs } from '../../parts/pairs.js';
import { defineScreen, Screen } from '../../shell/screen.js';
import { secretCard } from './secret-card.js';

type Webhook = ReplyOf<'get', '/v1/webhooks/{webhookId}'>;
type Delivery = ItemOf<'/v1/webhooks/{webhookId}/deliveries'>;

const TABS = ['all', 'pending', 'delivered', 'exhausted'] as const;

/** One webhook: what was delivered, and what was not. */
class WebhookScreen extends Screen {
  @state() private webhook: Webhook | null = null;
  @state() private secret: string | null = null;
  @state() private deleting = false;
  readonly #deliveries = new Listing<Delivery>((after) =>
    this.session.client.get('/v1/webhooks/{webhookId}/deliveries', {
      path: this.#path,
      query: { limit: 50, ...(after ? { after } : {}), ...(this.#tab === 'all' ? {} : { status: this.#tab }) },
      signal: this.signal,
    }),
  );

  get #path(): { readonly webhookId: string } {
    return { webhookId: this.params['id']! };
  }

  get #tab(): (typeof TABS)[number] {
    return TABS.find((one) => one === this.query.get('status')) ?? 'all';
  }

  protected override async load(): Promise<void> {
    this.webhook = await this.session.client.get('/v1/webhooks/{webhookId}', { path: this.#path, signal: this.signal });
    await this.#deliveries.load();
  }

  protected override render(): TemplateResult {
    const { webhook } = this;
    if (!webhook) return html`${this.heading(this.text('webhooks.one'))} ${this.status()}`;
    return html`${this.heading(this.text('webhooks.one'))} ${this.status()}
      ${this.secret ? secretCard(this.secret, this.words, () => (this.secret = null)) : nothing}
      <section class="card stack">${this.#facts(webhook)} ${this.#actions(webhook)}</section>
      <section class="stack">
        <h2>${this.text('deliveries.heading')}</h2>
        ${this.#log()}
      </section>
      <section class="card stack">
        <h2>${this.text('replay.heading')}</h2>
        ${this.#replay()}
      </section>`;
  }

  #facts({
    url,
    description,
    types,
    signature,
    publicKey,
    status,
    disabledBecause,
    failingSince,
  }: Webhook): TemplateResult {
    return pairs([
      [this.text('webhooks.url'), html`<bdi>${url}</bdi>`],
      [this.text('webhooks.description'), html`<bdi>${description ?? '–'}</bdi>`],
      [this.text('state'), this.words.code('webhook', status)],
      ...(disabledBecause
        ? [[this.text('webhooks.because'), this.words.code('disabledBecause', disabledBecause)] as const]
        : []),
      ...(failingSince ? [[this.text('webhooks.failingSince'), this.time(failingSince)] as const] : []),
      [
        this.text('webhooks.types'),
        types.length === 0 || types.includes('*') ? this.text('webhooks.all') : types.join(', '),
      ],
      [this.text('webhooks.signature'), this.text(`webhooks.${signature}`)],
      ...(publicKey ? [[this.text('webhooks.publicKey'), publicKey] as const] : []),
    ]);
  }

  #actions({ status }: Webhook): TemplateResult {
    const { client } = this.session;
    const path = this.#path;
    const act = (words: string, done: string, action: () => Promise<unknown>, key?: string): TemplateResult =>
      this.button({
        words,
        ...(key ? { key } : {}),
        run: () => void this.attempt(async () => void (await action(), await this.load()), done),
      });
    const rotate = async (): Promise<void> =>
      void ({ secret: this.secret } = await this.session.post('/v1/webhooks/{webhookId}/rotate', { path }));
    const remove = async (): Promise<void> => {
      await client.delete('/v1/webhooks/{webhookId}', { path });
      this.go('/webhooks');
    };
    const set = (to: 'active' | 'disabled') => () =>
      client.patch('/v1/webhooks/{webhookId}', { path, body: { status: to } });
    return html`<p class="actions">
      ${act(this.text('webhooks.test'), this.text('webhooks.tested'), () => this.session.post('/v1/webhooks/{webhookId}/test', { path }), 't')}
      ${act(this.text('webhooks.rotate'), this.text('webhooks.rotated'), rotate)}
      ${
        status === 'active'
          ? act(this.text('webhooks.disable'), this.text('webhooks.disabled'), set('disabled'))
          : act(this.text('webhooks.enable'), this.text('webhooks.enabled'), set('active'))
      }
      ${
        this.deleting
          ? html`${this.button({ words: this.text('webhooks.removeYes'), kind: 'danger', run: () => void this.attempt(remove) })}
            ${this.button({ words: this.text('cancel'), run: () => (this.deleting = false) })}`
          : this.button({ words: this.text('remove'), kind: 'danger', run: () => (this.deleting = true) })
      }
    </p>`;
  }

  #log(): TemplateResult {
    const { words } = this;
    const again = (): void => void this.attempt(() => this.#deliveries.load());
    return html`<ul class="tabs">
        ${TABS.map(
          (tab) =>
            html`<li>
              <a href=${this.address(`/webhooks/${this.params['id']}?status=${tab}`)} aria-current=${tab === this.#tab}
                >${words.code('delivery', tab)}</a
              >
            </li>`,
        )}
      </ul>
      ${table<Delivery>({
        caption: this.text('deliveries.heading'),
        items: this.#deliveries.items,
        empty: this.text('deliveries.none'),
        columns: [
          {
            words: this.text('state'),
            cell: ({ status }) =>
              badge(status === 'delivered' ? 'good' : toneOf(status), words.code('delivery', status)),
          },
          {
            words: this.text('deliveries.type'),
            cell: ({ type, cause }) =>
              html`${type.replace(/^countersign\./, '')}
                <div class="quiet small">${this.text('deliveries.cause')} ${words.code('cause', cause)}</div>`,
          },
          { words: this.text('deliveries.attempts'), number: true, cell: ({ attempts }) => words.number(attempts) },
          {
            words: this.text('deliveries.answer'),
            cell: ({ responseStatus, failure, latencyMs }) =>
              html`${responseStatus ?? (failure ? words.code('deliveryFailure', failure) : '–')}
              ${latencyMs === null ? nothing : html`<div class="quiet small">${this.text('deliveries.latency')} ${words.number(latencyMs)} ms</div>`}`,
          },
          { words: this.text('deliveries.last'), cell: ({ lastAttemptAt }) => this.time(lastAttemptAt) },
          { words: this.text('deliveries.next'), cell: ({ nextAttemptAt }) => this.time(nextAttemptAt) },
        ],
      })}
      ${pager(this.#deliveries, words, () => void this.attempt(() => this.#deliveries.more()))}
      <p>${this.button({ words: this.text('refresh'), key: 'r', run: again })}</p>`;
  }

  #replay(): TemplateResult {
    const send = async ({ since = '' }: Readonly<Record<string, string>>): Promise<void> => {
      const body = { since: instant(since) ?? new Date().toISOString() };
      await this.session.post('/v1/webhooks/{webhookId}/replay', { path: this.#path, body });
      await this.#deliveries.load();
    };
    const fields = html`<p>${this.text('replay.intro')}</p>
      ${field({ name: 'since', label: this.text('replay.since'), type: 'datetime-local', required: true })}`;
    return this.form({
      send,
      fields,
      submit: this.text('replay.send'),
      label: this.text('replay.heading'),
      done: this.text('replay.done'),
    });
  }
}

defineScreen('console-webhook', WebhookScreen);
