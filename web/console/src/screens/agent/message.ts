import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { area, field, filled, instant } from '../../parts/fields.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Checked = ReplyOf<'post', '/v1/customers/{customerId}/notice-checks'>;

/** Whether a message that a customer has got is the bank's. What is pasted is text, and never becomes a link. */
class MessageScreen extends Screen {
  @state() private checked: Checked | null = null;

  protected override render(): TemplateResult {
    const { checked } = this;
    return html`${this.heading(this.text('message.heading'))}
      <p>${this.text('message.intro')}</p>
      <section class="card">
        ${this.form({
          send: (values) => this.#send(values),
          fields: this.#fields(),
          submit: this.text('message.send'),
          label: this.text('message.heading'),
          key: 'c',
        })}
      </section>
      ${this.status()}
      <div role="status">${checked ? this.#verdict(checked) : nothing}</div>`;
  }

  #fields(): TemplateResult {
    return html`<div class="fields">
      ${field({ name: 'customerId', label: this.text('customerId'), value: this.session.customerId, required: true, most: 64 })}
      ${field({ name: 'sender', label: this.text('message.sender'), most: 320 })}
      ${field({ name: 'reference', label: this.text('reference'), most: 64 })}
      ${field({ name: 'receivedAt', label: this.text('message.receivedAt'), type: 'datetime-local', hint: this.zone })}
      ${area({ name: 'text', label: this.text('message.text'), hint: this.text('message.textHint'), required: true, most: 20_000 })}
      ${area({ name: 'links', label: this.text('message.links'), hint: this.text('message.linksHint') })}
    </div>`;
  }

  async #send(values: Readonly<Record<string, string>>): Promise<void> {
    this.checked = null;
    const receivedAt = instant(values['receivedAt']);
    const links = (values['links'] ?? '').split(/\s+/).filter((link) => link !== '');
    this.checked = await this.session.post('/v1/customers/{customerId}/notice-checks', {
      path: { customerId: values['customerId']!.trim() },
      body: {
        text: values['text']!,
        ...filled(values, 'sender', 'reference'),
        ...(receivedAt ? { receivedAt } : {}),
        ...(links.length > 0 ? { links } : {}),
      },
    });
  }

  #verdict({ verdict, advice, differences, notice }: Checked): TemplateResult {
    const { words } = this;
    const tone = verdict === 'genuine' ? 'good' : verdict === 'unknown' ? 'quiet' : 'bad';
    return html`<section class="card stack">
      <p>${badge(tone, words.code('messageVerdict', verdict))}</p>
      <p><strong>${this.text('message.say')}</strong></p>
      <p>${advice.headline}</p>
      <ul>
        ${advice.steps.map((step) => html`<li>${step}</li>`)}
      </ul>
      ${notice ? html`<p class="quiet">${this.text('message.sent')} <bdi>${notice.reference}</bdi></p>` : nothing}
      ${
        differences.length === 0
          ? nothing
          : html`<h2>${this.text('message.differences')}</h2>
              <ul>
                ${differences.map(
                  (one) =>
                    html`<li>
                      <strong>${words.code('messagePart', String(one.field))}</strong>: ${this.text('message.received')}
                      <bdi>${textOf(one.received)}</bdi> · ${this.text('message.ours')}
                      <bdi>${textOf(one.sent)}</bdi>
                    </li>`,
                )}
              </ul>`
      }
    </section>`;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '–';
}

defineScreen('console-message', MessageScreen);
