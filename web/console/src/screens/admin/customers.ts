import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { field } from '../../parts/fields.js';
import { table } from '../../parts/listing.js';
import { pairs } from '../../parts/pairs.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Customer = ReplyOf<'get', '/v1/customers/{customerId}'>;
type Phone = Customer['phoneNumbers'][number];

/** One customer by their whole id: unlock them, or destroy what is personal. Nobody leafs through customers. */
class CustomersScreen extends Screen {
  @state() private customer: Customer | null = null;
  @state() private shredding = false;

  protected override render(): TemplateResult {
    const send = async ({ customerId = '' }: Readonly<Record<string, string>>): Promise<void> => {
      this.customer = null;
      this.shredding = false;
      this.customer = await this.session.client.get('/v1/customers/{customerId}', {
        path: { customerId: customerId.trim() },
      });
    };
    return html`${this.heading(this.text('customers.heading'))}
      <section class="card">
        ${this.form({
          send,
          fields: field({
            name: 'customerId',
            label: this.text('customerId'),
            hint: this.text('customers.hint'),
            required: true,
            most: 64,
          }),
          submit: this.text('desk.find'),
          label: this.text('customers.heading'),
        })}
      </section>
      ${this.status()} ${this.customer ? this.#one(this.customer) : nothing}`;
  }

  #one(customer: Customer): TemplateResult {
    const path = { customerId: customer.id };
    const unlock = async (): Promise<void> =>
      void (this.customer = await this.session.post('/v1/customers/{customerId}/unlock', { path }));
    return html`<section class="card stack">
        <h2><bdi>${customer.id}</bdi></h2>
        ${pairs([
          [
            this.text('customers.locked'),
            customer.verificationsLockedAt
              ? html`${badge('bad', this.text('customers.isLocked'))} ${this.time(customer.verificationsLockedAt)}`
              : this.text('no'),
          ],
          [this.text('customers.locale'), customer.locale ?? '–'],
          [this.text('customers.since'), this.time(customer.createdAt)],
        ])}
        ${
          customer.verificationsLockedAt
            ? html`<p>${this.text('customers.unlockWhat')}</p>
                <p>
                  ${this.button({ words: this.text('customers.unlock'), key: 'u', run: () => void this.attempt(unlock, this.text('customers.unlocked')) })}
                </p>`
            : nothing
        }
      </section>
      <section class="stack">
        <h2>${this.text('customers.numbers')}</h2>
        ${table<Phone>({
          caption: this.text('customers.numbers'),
          items: customer.phoneNumbers,
          empty: this.text('customers.noNumbers'),
          columns: [
            { words: this.text('field.number'), cell: ({ number }) => html`<bdi>${number}</bdi>` },
            { words: this.text('customers.since'), cell: ({ since }) => this.time(since) },
            { words: this.text('customers.former'), cell: ({ formerFrom }) => this.time(formerFrom) },
          ],
        })}
      </section>
      <section class="card stack">
        <h2>${this.text('shred.heading')}</h2>
        ${this.#shred(customer)}
      </section>`;
  }

  #shred({ id }: Customer): TemplateResult {
    if (!this.shredding)
      return html`<p>${this.text('shred.intro')}</p>
        <p>${this.button({ words: this.text('shred.begin'), kind: 'danger', run: () => (this.shredding = true) })}</p>`;
    const send = async ({ typed = '' }: Readonly<Record<string, string>>): Promise<void> => {
      if (typed.trim() !== id) throw new TypeError('another id was typed');
      await this.session.client.delete('/v1/customers/{customerId}', { path: { customerId: id } });
      this.customer = null;
      this.shredding = false;
    };
    return html`<p><strong>${this.text('shred.what')}</strong></p>
      <ul>
        ${(['devices', 'numbers', 'shown', 'calls', 'reports'] as const).map((one) => html`<li>${this.text(`shred.${one}`)}</li>`)}
      </ul>
      <p>${this.text('shred.stays')}</p>
      ${this.form({
        send,
        fields: field({ name: 'typed', label: this.text('shred.type', { id }), required: true, most: 64 }),
        submit: this.text('shred.yes'),
        kind: 'danger',
        label: this.text('shred.heading'),
        done: this.text('shred.done'),
      })}
      <p>${this.button({ words: this.text('cancel'), run: () => (this.shredding = false) })}</p>`;
  }
}

defineScreen('console-customers', CustomersScreen);
