import '@countersign/elements/agent-panel';
import { Problem } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { choice, field } from '../../parts/fields.js';
import { defineScreen, Screen } from '../../shell/screen.js';

/** Whom one works for, and the call with them. The address says which call, never which customer. */
class DeskScreen extends Screen {
  @state() private customerId = '';
  @state() private found: readonly string[] | null = null;
  @state() private by: 'id' | 'number' = 'id';
  /** Another customer is another panel: nothing of the one before is left in it. */
  #panels = 0;

  protected override async load(): Promise<void> {
    this.customerId = this.session.customerId;
    this.#panels += 1;
    const callId = this.query.get('call');
    const callbackId = this.query.get('callback');
    if (callId) {
      const call = await this.session.client.get('/v1/calls/{callId}', { path: { callId }, signal: this.signal });
      this.#open(call.customerId);
    } else if (callbackId) {
      const path = { callbackId };
      const callback = await this.session.client.get('/v1/callbacks/{callbackId}', { path, signal: this.signal });
      this.#open(callback.customerId);
    }
  }

  #open(customerId: string): void {
    this.session.customerId = customerId;
    this.customerId = customerId;
    this.found = null;
    this.#panels += 1;
  }

  protected override render(): TemplateResult {
    return html`${this.heading(this.text('desk.heading'))} ${this.customerId === '' ? this.#find() : nothing}
    ${this.status()} ${this.customerId === '' ? html`<p class="empty">${this.text('desk.empty')}</p>` : this.#desk()}`;
  }

  #find(): TemplateResult {
    const { by } = this;
    const fields = html`<div class="fields">
      ${choice({
        name: 'by',
        label: this.text('desk.by'),
        value: by,
        options: [
          { value: 'id', words: this.text('customerId') },
          { value: 'number', words: this.text('desk.number') },
        ],
        onChange: (value) => (this.by = value as 'id' | 'number'),
      })}
      ${field({
        name: 'wanted',
        label: this.text(by === 'id' ? 'customerId' : 'desk.number'),
        hint: this.text(by === 'id' ? 'desk.idHint' : 'desk.numberHint'),
        required: true,
        most: 64,
      })}
    </div>`;
    return html`<section class="card">
        ${this.form({ send: (values) => this.#search(values['wanted']!.trim()), fields, submit: this.text('desk.find'), label: this.text('desk.find') })}
      </section>
      <div role="status">${this.#choose()}</div>`;
  }

  #choose(): TemplateResult | typeof nothing {
    const { found } = this;
    if (found === null) return nothing;
    if (found.length === 0) return html`<p class="notice">${this.text('desk.nobody')}</p>`;
    return html`<div class="notice">
      <p>${this.text('desk.several', { count: found.length })}</p>
      <p class="actions">
        ${found.map((id) => html`<button type="button" @click=${() => this.#open(id)}><bdi>${id}</bdi></button>`)}
      </p>
    </div>`;
  }

  async #search(wanted: string): Promise<void> {
    this.found = null;
    if (this.by === 'id') return this.#go(wanted);
    const { data } = await this.session.client.post('/v1/customer-searches', { body: { number: wanted } });
    if (data.length === 1) this.#go(data[0]!);
    else this.found = data;
  }

  /** A customer of whom the bank has told nothing yet can be called, too. */
  #go(customerId: string): void {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(customerId) || /^\.+$/.test(customerId)) {
      const detail = this.text('desk.idHint');
      throw new Problem(400, 'invalid-request', { errors: [{ pointer: '#/customerId', detail }] }, null, null);
    }
    this.#open(customerId);
    // The address may still name the call of somebody else.
    if (this.query.size > 0) this.go('/desk');
  }

  #desk(): TemplateResult {
    const { session } = this;
    const panel = keyed(
      this.#panels,
      html`<countersign-agent-panel
        .token=${session.token}
        .customerId=${this.customerId}
        .callId=${this.query.get('call') ?? ''}
        .callbackId=${this.query.get('callback') ?? ''}
        locale=${this.words.locale}
        @countersign-signed-out=${() => session.dispatchEvent(new Event('signed-out'))}
      ></countersign-agent-panel>`,
    );
    return html`<div class="desk">
      <section aria-label=${this.text('desk.call')}>${panel}</section>
      <aside class="card stack" aria-label=${this.text('desk.more')}>
        <h2>${this.text('desk.for')} <bdi>${this.customerId}</bdi></h2>
        <ul class="links">
          <li><a href=${this.address('/changes/new')}>${this.text('changes.new')}</a></li>
          <li><a href=${this.address('/callbacks')}>${this.text('callbacks.ask')}</a></li>
          <li><a href=${this.address('/report')}>${this.text('report.heading')}</a></li>
        </ul>
        <p>${this.button({ words: this.text('desk.another'), run: () => this.#leave() })}</p>
      </aside>
    </div>`;
  }

  #leave(): void {
    this.session.customerId = '';
    this.customerId = '';
    if (this.query.size > 0) this.go('/desk');
  }
}

defineScreen('console-desk', DeskScreen);
