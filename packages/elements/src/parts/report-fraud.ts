import { type Advice, report, type Report, type ReportReceived } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { noticeCard, noticeStyles } from '../notice-card.js';
import { define, Part } from '../part.js';

const CHANNELS = [
  ['call', 'report.call'],
  ['sms', 'report.sms'],
  ['email', 'report.email'],
  ['letter', 'report.letterChannel'],
  ['other', 'report.other'],
] as const;
const SHARED = [
  'money_sent',
  'remote_access',
  'one_time_code',
  'card',
  'password',
  'pin',
  'personal_details',
  'identity_document',
] as const;

/** A report in three taps: how they came, what they have now, send. Then what to do at once. */
export class ReportFraud extends Part {
  static override styles = [...Part.styles, noticeStyles];
  /** Where the report begins from, such as a verdict on a call. */
  @property({ attribute: false }) begun: Partial<Report> = {};
  @state() private channel: Report['channel'] | null = null;
  @state() private received: ReportReceived | null = null;
  readonly #shared = new Set<string>();
  #number = '';
  #text = '';

  override connectedCallback(): void {
    super.connectedCallback();
    this.channel = this.begun.channel ?? null;
    this.#number = this.begun.claimedNumber ?? '';
  }

  override render(): TemplateResult {
    const { wording } = this;
    return html`<section class="stack" part="report">
      <h2 tabindex="-1">${wording.text(this.received ? 'report.done' : 'report.heading')}</h2>
      ${this.received ? this.#done(this.received) : this.channel === null ? this.#channels() : this.#form()}
      ${this.received ? nothing : this.status()}
    </section>`;
  }

  #channels(): TemplateResult {
    const { wording } = this;
    return html`<div class="stack" role="group" aria-labelledby="how">
      <p id="how"><strong>${wording.text('report.channel')}</strong></p>
      ${CHANNELS.map(([channel, words]) =>
        this.button(wording.text(words), () => {
          this.channel = channel;
          void this.focusHeading();
        }),
      )}
    </div>`;
  }

  #form(): TemplateResult {
    const { wording } = this;
    return html`<form class="stack" @submit=${(event: Event) => this.#send(event)}>
      <fieldset>
        <legend>${wording.text('report.shared')}</legend>
        <p class="quiet">${wording.text('report.sharedHint')}</p>
        ${SHARED.map(
          (one) =>
            html`<label class="check">
              <input type="checkbox" @change=${(event: Event) => this.#tick(one, event)} />
              ${wording.text(`report.shared.${one}`)}
            </label>`,
        )}
      </fieldset>
      <button type="submit" class="main" part="button main" aria-disabled=${this.busy}>
        ${wording.text('report.send')}
      </button>
      <details>
        <summary>${wording.text('report.details')}</summary>
        <div class="stack">
          <label
            >${wording.text('report.claimedNumber')}
            <input
              type="tel"
              autocomplete="off"
              maxlength="256"
              .value=${this.#number}
              @input=${(event: InputEvent) => (this.#number = (event.target as HTMLInputElement).value)}
            />
          </label>
          <label
            >${wording.text('report.text')}
            <textarea
              maxlength="20000"
              autocomplete="off"
              @input=${(event: InputEvent) => (this.#text = (event.target as HTMLTextAreaElement).value)}
            ></textarea>
          </label>
        </div>
      </details>
    </form>`;
  }

  #done({ reference, advice }: ReportReceived): TemplateResult {
    const { wording } = this;
    const all = (Array.isArray(advice) ? advice : [advice]) as readonly Advice[];
    return html`<div role="status" class="stack">
      ${noticeCard({ tone: 'note', word: wording.text('report.now'), advice: all })}
      <p>
        ${wording.text('report.reference')}: <strong><bdi>${reference}</bdi></strong>
      </p>
    </div>`;
  }

  #tick(one: string, event: Event): void {
    if ((event.target as HTMLInputElement).checked) this.#shared.add(one);
    else this.#shared.delete(one);
  }

  #send(event: Event): void {
    event.preventDefault();
    const [number, text] = [this.#number.trim(), this.#text];
    void this.attempt(
      async () => {
        this.received = await report(this.session!.connection!, {
          channel: this.channel!,
          ...(number === '' ? {} : { claimedNumber: number }),
          ...(text.trim() === '' ? {} : { text }),
          ...(this.#shared.size === 0 ? {} : { shared: [...this.#shared] }),
          ...(this.begun.about === undefined ? {} : { about: this.begun.about }),
        });
        void this.session!.refresh();
        void this.focusHeading();
      },
      ({ problem }) => (problem === 'report-limit' ? this.wording.text('report.limit') : null),
    );
  }
}

define('countersign-report', ReportFraud);
