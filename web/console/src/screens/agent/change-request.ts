import type { OptionsOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { choice, field } from '../../parts/fields.js';
import { defineScreen, Screen } from '../../shell/screen.js';
import { type AccountCheck, checkDigits, checkIban } from './account-check.js';

type Body = OptionsOf<'post', '/v1/changes'>['body'];
type Subject = Body['subject'];
type Values = Readonly<Record<string, string>>;

const SUBJECTS: readonly Subject[] = ['payout_account', 'payee_account', 'phone_number', 'postal_address', 'email'];
const CHANNELS: readonly Body['askedThrough'][] = ['phone', 'app', 'branch', 'email', 'letter'];
const FORMS = ['iban', 'uk'] as const;
type Form = (typeof FORMS)[number];

/** Enters what a customer wants changed. It is held until its proofs are in; nothing here changes any detail. */
class ChangeRequestScreen extends Screen {
  @state() private subject: Subject = 'payout_account';
  @state() private account: Form = 'iban';
  @state() private typed: Record<string, string> = {};

  protected override render(): TemplateResult {
    const { words } = this;
    const fields = html`<div class="fields">
        ${field({ name: 'customerId', label: this.text('customerId'), value: this.session.customerId, required: true, most: 64 })}
        ${choice({
          name: 'subject',
          label: this.text('changes.subject'),
          value: this.subject,
          options: SUBJECTS.map((value) => ({ value, words: words.code('subject', value) })),
          onChange: (value) => (this.subject = value as Subject),
        })}
        ${choice({
          name: 'askedThrough',
          label: this.text('changes.askedThrough'),
          options: CHANNELS.map((value) => ({ value, words: words.code('askedThrough', value) })),
        })}
        ${
          this.#isAccount
            ? choice({
                name: 'form',
                label: this.text('changes.accountForm'),
                value: this.account,
                options: FORMS.map((value) => ({ value, words: words.code('accountForm', value) })),
                onChange: (value) => (this.account = value as Form),
              })
            : nothing
        }
      </div>
      <div class="columns">
        <fieldset class="stack">
          <legend>${this.text('changes.after')}</legend>
          ${this.#details('after', true)}
        </fieldset>
        <fieldset class="stack">
          <legend>${this.text('changes.before')}</legend>
          <p class="hint">${this.text('changes.beforeHint')}</p>
          ${this.#details('before', false)}
        </fieldset>
      </div>
      <div class="fields">
        ${field({ name: 'amount', label: this.text('changes.amount'), hint: this.text('changes.amountHint') })}
        ${field({ name: 'currency', label: this.text('changes.currency'), value: 'GBP', most: 3 })}
      </div>`;
    return html`${this.heading(this.text('changes.new'))}
      <p>${this.text('changes.intro')}</p>
      ${this.status()}
      <section class="card">
        ${this.form({ send: (values) => this.#send(values), fields, submit: this.text('changes.send'), label: this.text('changes.new') })}
      </section>`;
  }

  get #isAccount(): boolean {
    return this.subject === 'payout_account' || this.subject === 'payee_account';
  }

  #details(side: 'before' | 'after', required: boolean): TemplateResult {
    const plain = (name: string, label: string): TemplateResult => field({ name: `${side}-${name}`, label, required });
    if (this.subject === 'phone_number') return plain('number', this.text('field.number'));
    if (this.subject === 'email')
      return field({ name: `${side}-email`, label: this.text('field.email'), type: 'email', required });
    if (this.subject === 'postal_address')
      return html`${plain('line1', this.text('changes.line1'))}
      ${field({ name: `${side}-line2`, label: this.text('changes.line2') })}
      ${field({ name: `${side}-postcode`, label: this.text('field.postcode') })}
      ${field({ name: `${side}-country`, label: this.text('field.country'), hint: this.text('changes.countryHint'), most: 2 })}`;
    if (this.account === 'iban')
      return html`${plain('holder', this.text('field.holder'))}
      ${this.#checked(`${side}-iban`, this.text('field.iban'), required, checkIban)}`;
    return html`${plain('holder', this.text('field.holder'))}
    ${this.#checked(`${side}-sortCode`, this.text('field.sortCode'), required, (typed) => checkDigits(typed, 6))}
    ${this.#checked(`${side}-accountNumber`, this.text('field.accountNumber'), required, (typed) => checkDigits(typed, 8))}
    ${field({ name: `${side}-rollNumber`, label: this.text('field.rollNumber'), hint: this.text('changes.rollHint') })}`;
  }

  /** A field that says at once whether what is typed can be right. */
  #checked(name: string, label: string, required: boolean, check: (typed: string) => AccountCheck): TemplateResult {
    const outcome = check(this.typed[name] ?? '');
    return html`${field({
        name,
        label,
        required,
        most: 64,
        onInput: (value) => (this.typed = { ...this.typed, [name]: value }),
      })}
      <p class="hint" role="status">${outcome === 'empty' ? nothing : this.words.code('accountCheck', outcome)}</p>`;
  }

  async #send(values: Values): Promise<void> {
    const amount = Number((values['amount'] ?? '').replace(',', '.'));
    const before = this.#side(values, 'before');
    const body = {
      customerId: values['customerId']!.trim(),
      subject: this.subject,
      askedThrough: values['askedThrough'],
      after: this.#side(values, 'after'),
      ...(before === null ? {} : { before }),
      ...(values['amount']?.trim() ? { atRisk: { amount, currency: values['currency']!.trim().toUpperCase() } } : {}),
    } as Body;
    const { id } = await this.session.post('/v1/changes', { body });
    this.go(`/changes/${id}`);
  }

  /** What stands on one side, as the service takes it; null where nothing does. */
  #side(values: Values, side: 'before' | 'after'): Record<string, unknown> | null {
    const of = (name: string): string => (values[`${side}-${name}`] ?? '').trim();
    const given = (...names: string[]): Record<string, string> =>
      Object.fromEntries(names.map((name) => [name, of(name)]).filter(([, value]) => value !== '')) as Record<
        string,
        string
      >;
    const details: Record<string, unknown> =
      this.subject === 'postal_address'
        ? {
            ...given('postcode', 'country'),
            ...(of('line1') === '' ? {} : { lines: [of('line1'), of('line2')].filter((line) => line !== '') }),
          }
        : given('number', 'email', 'holder', 'iban', 'sortCode', 'accountNumber', 'rollNumber');
    return Object.keys(details).length === 0 ? null : details;
  }
}

defineScreen('console-change-request', ChangeRequestScreen);
