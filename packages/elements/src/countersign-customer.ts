import { lookUpReference, type Report, type TokenSource } from '@countersign/device';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { baseStyles } from './base-styles.js';
import { designTokens } from './design-tokens.js';
import { chooseTag, ENGLISH, loadWording, type Wording } from './messages/messages.js';
import { define } from './part.js';
import type { WaitingQuestions } from './parts/waiting.js';
import { loadTexts, type ServiceTexts } from './service-texts.js';
import { CustomerSession } from './session.js';
import { type View, VIEWS, viewOf } from './views.js';

/**
 * Everything that a bank's customer does with Countersign, for the bank's signed-in site or web view. It takes its
 * token by property, keeps nothing but keys, and needs no inline style or script.
 *
 * Tells of `countersign-signed-out` when the token is not taken any more, and of `countersign-enrolled`.
 */
export class CountersignCustomer extends LitElement {
  static override styles = [
    designTokens,
    baseStyles,
    css`
      :host {
        background: var(--countersign-page);
        container-type: inline-size;
      }
      .page {
        margin-inline: auto;
        max-inline-size: 40rem;
        padding: var(--countersign-gap);
      }
      .tiles {
        display: grid;
        gap: 0.75rem;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 9.5rem), 1fr));
        list-style: none;
        padding: 0;
      }
      .banner {
        background: var(--countersign-surface);
        border: 3px solid var(--countersign-accent);
        border-radius: var(--countersign-radius);
        padding: 0.75rem;
      }
      .stale {
        background: var(--countersign-unknown-ground);
        border: 2px dashed var(--countersign-unknown);
        border-radius: var(--countersign-radius);
        color: var(--countersign-unknown);
        font-weight: 600;
        padding: 0.75rem;
      }
      .tiles button {
        block-size: 100%;
      }
      .back {
        inline-size: auto;
      }
    `,
  ];
  /** Where the service is; the page's own origin by default. */
  @property() url = '';
  /** The bank's id of the customer; asked of the service where it is left out. */
  @property({ attribute: 'customer-id' }) customerId = '';
  @property() locale = '';
  /** The number on the card, as it is to be read. */
  @property({ attribute: 'card-number' }) cardNumber = '';
  /** Gives the access token; asked with `renew` after one was refused. */
  @property({ attribute: false }) token: TokenSource | null = null;
  @state() private wording: Wording = ENGLISH;
  @state() private texts: ServiceTexts | null = null;
  @state() private session: CustomerSession | null = null;
  @state() private view: View = 'home';
  @state() private begunReport: Partial<Report> = {};
  readonly #redraw = (): void => this.#changed();
  #toldSignedOut = false;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  /** Ends the streams and forgets what was shown. The keys of this browser stay: they are the device. */
  signOut(): void {
    this.#end();
    this.token = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('locale')) void this.#speak();
    if (!['token', 'url', 'customerId', 'locale'].some((name) => changed.has(name))) return;
    this.#end();
    this.#begin();
  }

  override render(): TemplateResult {
    const { wording, session, view } = this;
    return html`<div
      class="page stack"
      lang=${wording.language}
      part="page"
      @countersign-open=${(event: CustomEvent) => this.#open(event)}
    >
      ${this.#warnings()} ${session === null ? nothing : view === 'home' ? nothing : this.#opened(session)}
      ${session === null ? nothing : keyed(session, html`<div class="stack" ?hidden=${view !== 'home'}>${this.#home(session)}</div>`)}
      <p part="doubt"><strong dir="auto">${this.#doubt}</strong></p>
    </div>`;
  }

  get #doubt(): string {
    return this.wording.doubt(this.cardNumber);
  }

  #warnings(): TemplateResult {
    const { wording, session, view } = this;
    const waits = view !== 'home' && (session?.questions.length ?? 0) > 0;
    return html`<div role="status" class="stack" part="warnings">
      ${session?.signedOut ? html`<p class="stale">${wording.text('signedOut')}</p>` : nothing}
      ${session?.stale && !session.signedOut && session.begun ? html`<p class="stale">${wording.text('stale')}</p>` : nothing}
      ${
        waits
          ? html`<div class="banner pair">
              <strong>${wording.text('waiting.banner')}</strong>
              <button type="button" class="main" part="button main" @click=${() => this.#show('home')}>
                ${wording.text('waiting.show')}
              </button>
            </div>`
          : nothing
      }
    </div>`;
  }

  #home(session: CustomerSession): TemplateResult {
    const { wording, texts } = this;
    return html`<countersign-waiting
        exportparts="question, display, code, button, yes, no, notice"
        .session=${session}
        .wording=${wording}
        .texts=${texts}
      ></countersign-waiting>
      <countersign-calling-now
        class="card"
        exportparts="verdict, relay, notice, button"
        .session=${session}
        .wording=${wording}
        .texts=${texts}
      ></countersign-calling-now>
      <countersign-enrolment
        exportparts="enrolment, button"
        .session=${session}
        .wording=${wording}
        .texts=${texts}
      ></countersign-enrolment>
      <countersign-push-offer .session=${session} .wording=${wording}></countersign-push-offer>
      <nav aria-labelledby="more" class="stack">
        <h2 id="more">${wording.text('moreHeading')}</h2>
        <ul class="tiles">
          ${VIEWS.map(
            ({ view, words }) =>
              html`<li>
                <button type="button" part="button tile" @click=${() => this.#show(view)}>
                  ${wording.text(words)}
                </button>
              </li>`,
          )}
        </ul>
      </nav>`;
  }

  #opened(session: CustomerSession): TemplateResult {
    const { wording, texts, begunReport } = this;
    const lookUp = (reference: string) => lookUpReference(session.connection!, reference);
    return html`<button type="button" class="back" part="button back" @click=${() => this.#show('home')}>
        ${wording.text('back')}
      </button>
      <div class="card opened">${viewOf(this.view, { session, wording, texts, begunReport, lookUp })}</div>`;
  }

  #open({ detail }: CustomEvent): void {
    const { view, channel, number, about } = detail as Record<string, string>;
    if (view !== 'report') return;
    this.#show('report', { channel: channel as Report['channel'], claimedNumber: number, about });
  }

  #show(view: View, begunReport: Partial<Report> = {}): void {
    this.begunReport = begunReport;
    this.view = view;
    void this.updateComplete.then(async () => {
      const part = this.renderRoot.querySelector<WaitingQuestions>(
        view === 'home' ? 'countersign-waiting' : '.opened > *',
      );
      await part?.focusHeading();
    });
  }

  #begin(): void {
    if (!this.token || this.session || !this.isConnected) return;
    const url = this.url || location.origin;
    this.#toldSignedOut = false;
    const { token, customerId } = this;
    const session = new CustomerSession({ url, token, customerId, locale: this.#tag });
    this.session = session;
    session.addEventListener('change', this.#redraw);
    void this.#speak();
    void session.start();
  }

  #end(): void {
    this.session?.removeEventListener('change', this.#redraw);
    this.session?.stop();
    this.session = null;
    this.texts = null;
    this.view = 'home';
  }

  get #tag(): string {
    return chooseTag(this.locale, document.documentElement.lang, navigator.language);
  }

  async #speak(): Promise<void> {
    this.wording = await loadWording(this.#tag);
  }

  #changed(): void {
    this.requestUpdate();
    const { session } = this;
    if (session?.connection && !this.texts) {
      void loadTexts(session.connection).then((texts) => {
        if (this.session === session && texts) this.texts = texts;
      });
    }
    if (!session?.signedOut || this.#toldSignedOut) return;
    this.#toldSignedOut = true;
    this.dispatchEvent(new CustomEvent('countersign-signed-out', { bubbles: true, composed: true }));
  }
}

define('countersign-customer', CountersignCustomer);
