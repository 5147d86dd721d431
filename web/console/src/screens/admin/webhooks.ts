import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { area, choice, field, filled } from '../../parts/fields.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';
import { secretCard } from './secret-card.js';

type Webhook = ItemOf<'/v1/webhooks'>;

class WebhooksScreen extends Screen {
  @state() private secret: string | null = null;
  readonly #listing = new Listing<Webhook>((after) =>
    this.session.client.get('/v1/webhooks', { query: { limit: 50, ...(after ? { after } : {}) }, signal: this.signal }),
  );

  protected override load(): Promise<void> {
    return this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    return html`${this.heading(this.text('webhooks.heading'))} ${this.status()}
      ${this.secret ? secretCard(this.secret, words, () => (this.secret = null)) : nothing}
      ${
        this.#listing.loaded
          ? table<Webhook>({
              caption: this.text('webhooks.heading'),
              items: this.#listing.items,
              empty: this.text('webhooks.none'),
              columns: [
                {
                  words: this.text('state'),
                  cell: ({ status, failingSince }) =>
                    badge(
                      status === 'active' && !failingSince ? 'quiet' : 'bad',
                      words.code('webhook', failingSince && status === 'active' ? 'failing' : status),
                    ),
                },
                { words: this.text('webhooks.url'), cell: ({ url }) => html`<bdi>${url}</bdi>` },
                {
                  words: this.text('webhooks.types'),
                  cell: ({ types }) =>
                    types.length === 0 || types.includes('*') ? this.text('webhooks.all') : types.join(', '),
                },
                { words: this.text('webhooks.since'), cell: ({ createdAt }) => this.time(createdAt) },
                {
                  words: this.text('actions'),
                  cell: ({ id, url }) =>
                    html`<a
                      class="button"
                      href=${this.address(`/webhooks/${id}`)}
                      aria-label=${this.text('webhooks.openOf', { url })}
                      >${this.text('open')}</a
                    >`,
                },
              ],
            })
          : nothing
      }
      ${pager(this.#listing, words, () => void this.attempt(() => this.#listing.more()))}
      <section class="card stack">
        <h2>${this.text('webhooks.new')}</h2>
        ${this.#form()}
      </section>`;
  }

  #form(): TemplateResult {
    const send = async (values: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void> => {
      const types = (values['types'] ?? '').split(/[\s,]+/).filter((type) => type !== '');
      const body = {
        url: values['url']!.trim(),
        signature: values['signature'] as 'v1' | 'v1a',
        ...filled(values, 'description'),
        ...(types.length > 0 ? { types } : {}),
      };
      const { secret } = await this.session.post('/v1/webhooks', { body });
      this.secret = secret;
      form.reset();
      await this.#listing.load();
    };
    const fields = html`<div class="fields">
      ${field({ name: 'url', label: this.text('webhooks.url'), type: 'url', hint: this.text('webhooks.urlHint'), required: true })}
      ${field({ name: 'description', label: this.text('webhooks.description') })}
      ${choice({
        name: 'signature',
        label: this.text('webhooks.signature'),
        options: [
          { value: 'v1', words: this.text('webhooks.v1') },
          { value: 'v1a', words: this.text('webhooks.v1a') },
        ],
      })}
      ${area({ name: 'types', label: this.text('webhooks.types'), hint: this.text('webhooks.typesHint') })}
    </div>`;
    return this.form({
      send,
      fields,
      submit: this.text('webhooks.send'),
      label: this.text('webhooks.new'),
      done: this.text('webhooks.made'),
    });
  }
}

defineScreen('console-webhooks', WebhooksScreen);
