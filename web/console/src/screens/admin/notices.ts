import type { ItemOf, OptionsOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { area, choice, field, filled, instant } from '../../parts/fields.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Notice = ItemOf<'/v1/notices'>;
type Body = OptionsOf<'post', '/v1/notices'>['body'];

const CHANNELS: readonly Body['channel'][] = ['sms', 'email', 'letter', 'app'];

/** Messages that the bank really sends. */
class NoticesScreen extends Screen {
  readonly #listing = new Listing<Notice>((after) =>
    this.session.client.get('/v1/notices', { query: { limit: 50, ...(after ? { after } : {}) }, signal: this.signal }),
  );

  protected override load(): Promise<void> {
    return this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    return html`${this.heading(this.text('notices.heading'))} ${this.status()}
      ${
        this.#listing.loaded
          ? table<Notice>({
              caption: this.text('notices.heading'),
              items: this.#listing.items,
              empty: this.text('notices.none'),
              columns: [
                { words: this.text('notices.summary'), cell: ({ summary }) => html`<bdi>${summary}</bdi>` },
                { words: this.text('notices.channel'), cell: ({ channel }) => words.code('channel', channel) },
                { words: this.text('notices.sender'), cell: ({ sender }) => html`<bdi>${sender ?? '–'}</bdi>` },
                { words: this.text('notices.sentAt'), cell: ({ sentAt }) => this.time(sentAt) },
                {
                  words: this.text('notices.recipients'),
                  number: true,
                  cell: ({ recipients }) => words.number(recipients),
                },
                {
                  words: this.text('reference'),
                  cell: ({ reference }) => html`<span class="nowrap">${reference}</span>`,
                },
                {
                  words: this.text('actions'),
                  cell: ({ id, reference }) =>
                    html`<a
                      class="button"
                      href=${this.address(`/notices/${id}`)}
                      aria-label=${this.text('notices.openOf', { reference })}
                      >${this.text('open')}</a
                    >`,
                },
              ],
            })
          : nothing
      }
      ${pager(this.#listing, words, () => void this.attempt(() => this.#listing.more()))}
      <section class="card stack">
        <h2>${this.text('notices.new')}</h2>
        ${this.#form()}
      </section>`;
  }

  #form(): TemplateResult {
    const send = async (values: Readonly<Record<string, string>>): Promise<void> => {
      const links = (values['links'] ?? '').split(/\s+/).filter((link) => link !== '');
      const body: Body = {
        channel: values['channel'] as Body['channel'],
        summary: values['summary']!.trim(),
        sentAt: instant(values['sentAt']) ?? new Date().toISOString(),
        ...filled(values, 'sender', 'text'),
        ...(links.length > 0 ? { links } : {}),
      };
      const { id } = await this.session.post('/v1/notices', { body });
      this.go(`/notices/${id}`);
    };
    const fields = html`<div class="fields">
      ${choice({ name: 'channel', label: this.text('notices.channel'), options: CHANNELS.map((value) => ({ value, words: this.words.code('channel', value) })) })}
      ${field({ name: 'sender', label: this.text('notices.sender') })}
      ${field({ name: 'sentAt', label: this.text('notices.sentAt'), type: 'datetime-local', hint: this.text('notices.sentAtHint') })}
      ${field({ name: 'summary', label: this.text('notices.summary'), hint: this.text('notices.summaryHint'), required: true, most: 140 })}
      ${area({ name: 'text', label: this.text('notices.text'), hint: this.text('notices.textHint') })}
      ${area({ name: 'links', label: this.text('notices.links'), hint: this.text('notices.linksHint') })}
    </div>`;
    return this.form({ send, fields, submit: this.text('notices.send'), label: this.text('notices.new') });
  }
}

defineScreen('console-notices', NoticesScreen);
