import type { Question } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { state } from 'lit/decorators.js';
import { define, Part } from '../part.js';
import type { CustomerQuestion } from './question.js';
import './question.js';

/** What waits for an answer. A question that was looked at stays until it is closed by hand: nothing vanishes unexplained. */
export class WaitingQuestions extends Part {
  @state() private kept: ReadonlyMap<string, Question> = new Map();
  readonly #dismissed = new Set<string>();

  override render(): TemplateResult {
    const { wording, session } = this;
    const waiting = new Set(session?.questions.map(({ id }) => id));
    const all = [...this.kept.values()];
    return html`<section class="stack" part="waiting">
      <div role="status" class="stack">
        ${all.length > 0 ? html`<h2 tabindex="-1">${wording.text('waiting.heading')}</h2>` : nothing}
        ${
          all.length === 0 && session?.begun && !session.stale
            ? html`<p class="quiet">${wording.text('waiting.none')}</p>`
            : nothing
        }
      </div>
      ${repeat(
        all,
        ({ id }) => id,
        (question) =>
          html`<countersign-question
            exportparts="question, display, code, button, yes, no, notice"
            .session=${session}
            .wording=${wording}
            .texts=${this.texts}
            .question=${question}
            .gone=${!waiting.has(question.id)}
            @countersign-dismiss=${() => this.#dismiss(question.id)}
          ></countersign-question>`,
      )}
    </section>`;
  }

  protected override onChange(): void {
    const questions = this.session?.questions ?? [];
    const fresh = questions.filter(({ id }) => !this.#dismissed.has(id) && !this.kept.has(id));
    if (fresh.length > 0) this.kept = new Map([...fresh.map((one) => [one.id, one] as const), ...this.kept]);
  }

  #dismiss(id: string): void {
    this.#dismissed.add(id);
    this.kept = new Map([...this.kept].filter(([kept]) => kept !== id));
    this.tell('countersign-dismissed');
  }

  /** Whether something here has to be looked at. */
  get open(): boolean {
    return [...this.renderRoot.querySelectorAll<CustomerQuestion>('countersign-question')].some((one) => !one.answered);
  }
}

define('countersign-waiting', WaitingQuestions);
