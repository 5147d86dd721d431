import type { OptionsOf, ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { area, choice, field, filled, instant } from '../../parts/fields.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Body = OptionsOf<'post', '/v1/reports'>['body'];
type Made = ReplyOf<'post', '/v1/reports'>;

const CHANNELS: readonly Body['channel'][] = ['call', 'sms', 'email', 'letter', 'other'];
const SHARED = [
  'card',
  'one_time_code',
  'password',
  'pin',
  'remote_access',
  'money_sent',
  'personal_details',
  'identity_document',
] as const;

/** Takes down what a customer tells of a fraud. What waits for that customer ends at once, so that nothing more is lost. */
class ReportScreen extends Screen {
  @state() private made: Made | null = null;

  protected override render(): TemplateResult {
    const { made } = this;
    return html`${this.heading(this.text('report.heading'))} ${this.status()}
    ${
      made
        ? html`<section class="card stack">
            <h2>${this.text('report.made', { reference: made.reference })}</h2>
            <p><strong>${made.advice.headline}</strong></p>
            <ul>
              ${made.advice.steps.map((step) => html`<li>${step}</li>`)}
            </ul>
            ${made.campaign ? html`<p class="notice">${made.campaign.headline}</p>` : nothing}
            <p>${this.button({ words: this.text('report.another'), key: 'n', run: () => (this.made = null) })}</p>
          </section>`
        : html`<p>${this.text('report.intro')}</p>
            <section class="card">
              ${this.form({ send: (values, form) => this.#send(values, form), fields: this.#fields(), submit: this.text('report.send'), label: this.text('report.heading') })}
            </section>`
    }`;
  }

  #fields(): TemplateResult {
    const { words } = this;
    return html`<div class="fields">
        ${field({ name: 'customerId', label: this.text('customerId'), value: this.session.customerId, required: true, most: 64 })}
        ${choice({
          name: 'channel',
          label: this.text('report.channel'),
          options: CHANNELS.map((value) => ({ value, words: words.code('channel', value) })),
        })}
        ${field({ name: 'claimedNumber', label: this.text('report.number') })}
        ${field({ name: 'claimedSender', label: this.text('report.sender') })}
        ${field({ name: 'receivedAt', label: this.text('report.when'), type: 'datetime-local' })}
        ${area({ name: 'text', label: this.text('report.text'), hint: this.text('report.textHint') })}
      </div>
      <fieldset>
        <legend>${this.text('report.shared')}</legend>
        ${SHARED.map(
          (value) =>
            html`<label class="check"
              ><input type="checkbox" name="shared-${value}" />${words.code('shared', value)}</label
            >`,
        )}
      </fieldset>
      <div class="fields">
        ${field({ name: 'amount', label: this.text('report.lost') })}
        ${field({ name: 'currency', label: this.text('changes.currency'), value: 'GBP', most: 3 })}
      </div>`;
  }

  async #send(values: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void> {
    const shared = SHARED.filter((one) => values[`shared-${one}`] === 'on');
    const receivedAt = instant(values['receivedAt']);
    const amount = values['amount']?.trim() ?? '';
    const body: Body = {
      customerId: values['customerId']!.trim(),
      channel: values['channel'] as Body['channel'],
      ...filled(values, 'claimedNumber', 'claimedSender', 'text'),
      ...(receivedAt ? { receivedAt } : {}),
      ...(shared.length > 0 ? { shared } : {}),
      ...(amount === ''
        ? {}
        : { lost: { amount: Number(amount.replace(',', '.')), currency: values['currency']!.trim().toUpperCase() } }),
    };
    this.made = await this.session.post('/v1/reports', { body });
    form.reset();
  }
}

defineScreen('console-report', ReportScreen);
