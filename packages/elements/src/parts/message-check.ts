import { checkMessage, type MessageVerdict } from '@countersign/device';
import { css, html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { noticeCard, noticeStyles } from '../notice-card.js';
import { define, Part } from '../part.js';
import type { Tone } from '../symbols.js';
import { markDifferences, type Piece } from './differences.js';

const TONES: Readonly<Record<MessageVerdict['verdict'], Tone>> = {
  genuine: 'genuine',
  altered: 'wrong',
  not_ours: 'wrong',
  unknown: 'unknown',
};

/** Whether a message is the bank's. What differs is marked in it; nothing that was pasted ever becomes a link. */
export class MessageCheck extends Part {
  static override styles = [
    ...Part.styles,
    noticeStyles,
    css`
      mark {
        background: var(--countersign-mark);
        color: var(--countersign-on-mark);
        font-weight: 700;
        outline: 2px solid currentColor;
        text-decoration: underline wavy;
      }
      .pasted {
        border-inline-start: 4px solid var(--countersign-edge);
        padding-inline-start: 0.75rem;
        white-space: pre-wrap;
      }
    `,
  ];
  @state() private checked: MessageVerdict | null = null;
  #sender = '';
  #text = '';

  override render(): TemplateResult {
    const { wording, checked } = this;
    return html`<section class="stack" part="message-check">
      <h2 tabindex="-1">${wording.text('message.heading')}</h2>
      <div role="status" class="stack">${checked ? this.#verdict(checked) : nothing}</div>
      ${checked ? this.button(wording.text('message.another'), () => this.#another()) : this.#form()}
    </section>`;
  }

  #form(): TemplateResult {
    const { wording } = this;
    return html`<p>${wording.text('message.intro')}</p>
      <form class="stack" @submit=${(event: Event) => this.#check(event)}>
        <div>
          <label for="sender">${wording.text('message.sender')}</label>
          <input
            id="sender"
            autocomplete="off"
            maxlength="256"
            .value=${this.#sender}
            @input=${(event: InputEvent) => (this.#sender = (event.target as HTMLInputElement).value)}
          />
        </div>
        <div>
          <label for="text">${wording.text('message.text')}</label>
          <textarea
            id="text"
            autocomplete="off"
            spellcheck="false"
            maxlength="20000"
            .value=${this.#text}
            @input=${(event: InputEvent) => (this.#text = (event.target as HTMLTextAreaElement).value)}
          ></textarea>
        </div>
        <button type="submit" class="main" part="button main" aria-disabled=${this.busy}>
          ${wording.text('message.send')}
        </button>
      </form>
      ${this.status()}`;
  }

  #verdict({ verdict, advice, differences }: MessageVerdict): TemplateResult {
    const { wording } = this;
    const received = differences.map((one) => (typeof one['received'] === 'string' ? one['received'] : ''));
    const pieces = markDifferences(this.#text, received);
    return html`${noticeCard({ tone: TONES[verdict] ?? 'unknown', word: wording.text(`message.${verdict}`), advice })}
    ${
      differences.length === 0
        ? nothing
        : html`<h3>${wording.text('message.differences')}</h3>
            <ul class="stack">
              ${differences.map((one) => this.#difference(one))}
            </ul>
            ${
              pieces.some(({ marked }) => marked)
                ? html`<h3>${wording.text('message.marked')}</h3>
                    <p class="pasted" dir="auto" part="message">${pieces.map(drawn)}</p>`
                : nothing
            }`
    }`;
  }

  #difference({ field, received, sent }: Readonly<Record<string, unknown>>): TemplateResult {
    const { wording } = this;
    const nothingSent = wording.text('message.nothing');
    return html`<li class="tight">
      <strong>${wording.maybe(`message.field.${String(field)}`) ?? String(field)}</strong>
      <p>
        ${wording.text('message.yours')}: <mark><bdi>${String(received ?? nothingSent)}</bdi></mark>
      </p>
      <p>${wording.text('message.ours')}: <bdi>${typeof sent === 'string' ? sent : nothingSent}</bdi></p>
    </li>`;
  }

  #check(event: Event): void {
    event.preventDefault();
    if (this.#text.trim() === '') {
      this.failure = this.wording.text('message.empty');
      this.renderRoot.querySelector<HTMLElement>('#text')?.focus();
      return;
    }
    const sender = this.#sender.trim();
    void this.attempt(async () => {
      const message = { text: this.#text, ...(sender === '' ? {} : { sender }) };
      this.checked = await checkMessage(this.session!.connection!, message);
      void this.focusHeading();
    });
  }

  #another(): void {
    this.checked = null;
    this.#text = '';
    this.#sender = '';
    void this.focusHeading();
  }
}

function drawn({ text, marked }: Piece): TemplateResult | string {
  return marked ? html`<mark>${text}</mark>` : text;
}

define('countersign-message-check', MessageCheck);
