import {
  type Answer,
  isKnownQuestion,
  type Outcome,
  prepareAnswer,
  type Prepared,
  type Question,
  type Reason,
  Refused,
  Unreachable,
} from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { noticeCard, noticeStyles } from '../notice-card.js';
import { define, Part } from '../part.js';
import type { Tone } from '../symbols.js';
import { questionWords, shownDisplay } from './shown-display.js';

/** A call that was confirmed can be over without this page knowing: for so long it is shown as going on. */
const GREEN_MILLISECONDS = 30_000;
/** More than this is said as a time of day. */
const COUNTED_SECONDS = 600;
const REASONS: readonly Reason[] = ['they_called_me', 'not_on_a_call', 'not_me', 'not_what_i_asked', 'pressured'];

/** An answer that was sent, at `sentAt` by the page's clock: what comes of it is of then, whenever it is heard of. */
interface Unanswered {
  readonly given: Answer;
  readonly answer: Prepared<Outcome>;
  readonly sentAt: number;
}

/**
 * One question, exactly as it is signed, and its answer: a yes with the code that the bank reads out, a no of equal
 * weight. What this version does not know can be answered with a no alone.
 */
export class CustomerQuestion extends Part {
  static override styles = [...Part.styles, noticeStyles];
  @property({ attribute: false }) question!: Question;
  /** Whether it waits no more, by an answer from elsewhere, in time or by the bank. */
  @property({ type: Boolean }) gone = false;
  @state() private outcome: Outcome | null = null;
  @state() private sayingNo = false;
  @state() private left = Infinity;
  /** Whether what was confirmed is so long ago, or so contradicted, that it is green no more. */
  @state() private past = false;
  /** What was sent without a reply: sent again, it is the same answer, counts once, and tells what came of it. */
  @state() private unanswered: Unanswered | null = null;
  #answeredAt = 0;
  #code = '';

  protected override onTick(): void {
    this.left = this.session?.secondsUntil(this.question.expiresAt) ?? 0;
    if (this.outcome && performance.now() - this.#answeredAt > GREEN_MILLISECONDS) this.past = true;
  }

  protected override onChange(): void {
    const word = this.session?.lastVerdict;
    if (this.outcome && this.#shouldHold && word && word !== 'legitimate') this.past = true;
  }

  /** A call that the bank placed is genuine for as long as verdicts say so too. */
  get #shouldHold(): boolean {
    return this.question.display['direction'] === 'outbound';
  }

  /** Whether it was answered here. */
  get answered(): boolean {
    return this.outcome !== null;
  }

  override render(): TemplateResult {
    return html`<article class="card stack" part="question">${this.#body()}</article>`;
  }

  #body(): TemplateResult {
    const { wording, outcome } = this;
    if (outcome) return this.#outcome(outcome);
    const closed = (this.gone || this.left <= 0) && !this.busy;
    if (closed && this.unanswered) return this.#notKnown(this.unanswered.given);
    if (closed)
      return html`<div role="status" class="stack">
        <p>${wording.text('waiting.gone')}</p>
        ${this.failure ? html`<p>${this.failure}</p>` : nothing}
        <p><strong>${wording.text('doubt')}</strong></p>
        ${this.button(wording.text('close'), () => this.tell('countersign-dismiss'))}
      </div>`;
    return html`<h3 tabindex="-1" dir="auto">${questionWords(this.question.display, wording, this.texts)}</h3>
      ${shownDisplay(this.question.display, wording)} ${this.sayingNo ? this.#reasons() : this.#answers()}
      ${this.status()}
      <p class="quiet small" aria-hidden="true">${this.#timeLeft}</p>`;
  }

  /** It is closed, and perhaps by the answer that was given here. */
  #notKnown(given: Answer): TemplateResult {
    const { wording } = this;
    return html`<div role="status" class="stack">
        <p><strong>${wording.text('answer.notKnown')}</strong></p>
        ${this.failure ? html`<p>${this.failure}</p>` : nothing}
      </div>
      ${this.button(wording.text('tryAgain'), () => void this.#send(given), 'main')}`;
  }

  get #timeLeft(): string {
    const { wording, left } = this;
    if (left > COUNTED_SECONDS) return wording.text('waiting.until', { time: wording.moment(this.question.expiresAt) });
    return wording.text('waiting.left', { seconds: Math.max(0, left) });
  }

  #answers(): TemplateResult {
    const { wording, question } = this;
    if (!this.session?.answerer) return html`<p><strong>${wording.text('waiting.noKey')}</strong></p>`;
    if (!isKnownQuestion(question))
      return html`<p><strong>${wording.text('question.unknown')}</strong></p>
        ${this.button(wording.text('question.no'), () => this.#sayNo())}`;
    return html`<form class="stack" @submit=${(event: Event) => this.#yes(event)}>
      ${question.asks.includes('code') ? this.#codeEntry() : nothing}
      <div class="pair">
        <button type="submit" part="button yes" aria-disabled=${this.busy}>${wording.text('question.yes')}</button>
        <button type="button" part="button no" aria-disabled=${this.busy} @click=${() => this.#sayNo()}>
          ${wording.text('question.no')}
        </button>
      </div>
    </form>`;
  }

  #codeEntry(): TemplateResult {
    return html`<div>
      <label for="code">${this.wording.text('question.code')}</label>
      <p class="quiet small" id="hint">${this.wording.text('question.codeHint')}</p>
      <input
        id="code"
        class="code"
        part="code"
        inputmode="numeric"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        maxlength="64"
        aria-describedby="hint"
        .value=${this.#code}
        @input=${(event: InputEvent) => (this.#code = (event.target as HTMLInputElement).value)}
      />
    </div>`;
  }

  #reasons(): TemplateResult {
    const { wording } = this;
    return html`<div class="stack" role="group" aria-labelledby="why">
      <p id="why" class="why" tabindex="-1"><strong>${wording.text('question.why')}</strong></p>
      ${this.button(wording.text('reason.none'), () => void this.#send({ answer: 'no' }))}
      ${REASONS.map((reason) =>
        this.button(
          this.texts?.of('reasons', reason) ?? wording.text(`reason.${reason}`),
          () => void this.#send({ answer: 'no', reason }),
        ),
      )}
      ${this.button(wording.text('question.backToQuestion'), () => (this.sayingNo = false), 'plain')}
    </div>`;
  }

  #outcome({ status, advice, findings }: Outcome): TemplateResult {
    const { wording } = this;
    const alarm = status === 'reported' || findings.includes('relay_suspected');
    if (status === 'confirmed' && this.past) return this.#confirmedBefore();
    const tone: Tone = status === 'confirmed' ? 'genuine' : alarm ? 'wrong' : 'unknown';
    const key = alarm
      ? 'outcome.reported'
      : status === 'confirmed' || status === 'denied'
        ? (`outcome.${status}` as const)
        : 'outcome.other';
    return html`<div role=${alarm ? 'alert' : 'status'} class="stack">
        ${noticeCard({ tone, word: wording.text(key), advice })}
      </div>
      ${this.button(wording.text('close'), () => this.tell('countersign-dismiss'))}`;
  }

  /** It was so then. What is so now is said by a verdict. */
  #confirmedBefore(): TemplateResult {
    const { wording } = this;
    return html`<div role="status" class="stack">
        <p><strong>${wording.text('outcome.past')}</strong></p>
        <p>${wording.text('outcome.pastWhat')}</p>
      </div>
      ${this.button(wording.text('close'), () => this.tell('countersign-dismiss'))}`;
  }

  #sayNo(): void {
    this.sayingNo = true;
    this.failure = '';
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.why')?.focus());
  }

  #yes(event: Event): void {
    event.preventDefault();
    const wanted = this.question.asks.includes('code');
    if (wanted && this.#code.trim() === '') {
      this.failure = this.wording.text('question.codeMissing');
      this.renderRoot.querySelector<HTMLElement>('#code')?.focus();
      return;
    }
    void this.#send({ answer: 'yes', ...(wanted ? { code: this.#code } : {}) });
  }

  async #send(given: Answer): Promise<void> {
    await this.attempt(
      async () => {
        const { connection, answerer } = this.session!;
        if (!connection || !answerer) return;
        try {
          const same = JSON.stringify(this.unanswered?.given) === JSON.stringify(given) ? this.unanswered : null;
          const answer = same?.answer ?? (await prepareAnswer(connection, answerer, this.question, given));
          const sentAt = same?.sentAt ?? performance.now();
          this.unanswered = { given, answer, sentAt };
          const outcome = await answer.send();
          this.#answeredAt = sentAt;
          this.past = performance.now() - sentAt > GREEN_MILLISECONDS;
          this.outcome = outcome;
        } catch (error) {
          if (error instanceof Unreachable || isUnderWay(error)) throw error;
          this.unanswered = null;
          if (!(error instanceof DOMException)) throw error;
          this.failure = this.wording.text('answer.declined');
          return;
        }
        void this.session?.refresh();
      },
      (error) => this.#explain(error),
    );
    if (this.failure && given.answer === 'yes') this.renderRoot.querySelector<HTMLElement>('#code')?.focus();
  }

  #explain({ problem, details }: Refused): string | null {
    const words = this.wording.maybe(`answer.${problem}`);
    return words && words.replace('{left}', String(details['attemptsLeft'] ?? ''));
  }
}

/** What was sent first is still being done: what comes of it is asked for again, and nothing else is sent. */
function isUnderWay(error: unknown): boolean {
  return error instanceof Refused && error.problem === 'idempotency-in-progress';
}

define('countersign-question', CustomerQuestion);
