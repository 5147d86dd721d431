import type { Question } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import type { Wording } from '../messages/messages.js';
import type { ServiceTexts } from '../service-texts.js';

const MOMENTS: readonly string[] = ['startedAt', 'askedAt'];
/** Members whose values are words of the service, not of people. */
const CODED: readonly string[] = ['direction', 'subject', 'askedThrough'];

/**
 * Draws `display`, all of it and nothing beside it: it is what the answer signs. A member that this version does not
 * know stands under its own name, as it came.
 */
export function shownDisplay(display: Question['display'], wording: Wording): TemplateResult {
  const { question: _, neverAsk, ...members } = display;
  const rows = Object.entries(members).filter(([, value]) => value !== null);
  return html`${rows.length > 0 ? html`<dl part="display">${rows.map((row) => member(row, wording))}</dl>` : nothing}
  ${neverAsk === undefined ? nothing : neverAsked(neverAsk, wording)}`;
}

/** The question's words: the bank's where it gives any, else the element's, else the question as it came. */
export function questionWords(display: Question['display'], wording: Wording, texts: ServiceTexts | null): string {
  const { question } = display;
  if (typeof question !== 'string') return JSON.stringify(question ?? null);
  return texts?.of('questions', question) ?? wording.maybe(`question.${question}`) ?? question;
}

function member([name, value]: [string, unknown], wording: Wording): TemplateResult {
  return html`<div>
    <dt>${wording.maybe(`display.${name}`) ?? html`<bdi>${name}</bdi>`}</dt>
    <dd>${drawn(name, value, wording)}</dd>
  </div>`;
}

function drawn(name: string, value: unknown, wording: Wording): TemplateResult {
  if (typeof value === 'string') {
    if (MOMENTS.includes(name)) return html`<time datetime=${value}>${wording.moment(value)}</time>`;
    const words = CODED.includes(name) ? wording.maybe(`value.${value}`) : null;
    return html`<bdi>${words ?? value}</bdi>`;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const members = Object.entries(value).filter(([, inner]) => inner !== null);
    return html`<dl>${members.map((row) => member(row, wording))}</dl>`;
  }
  return html`<bdi>${JSON.stringify(value)}</bdi>`;
}

function neverAsked(neverAsk: unknown, wording: Wording): TemplateResult {
  const list = Array.isArray(neverAsk) ? neverAsk : [neverAsk];
  return html`<div class="tight" part="never-ask">
    <p class="small"><strong>${wording.text('question.neverAsk')}</strong></p>
    <ul class="small" dir="auto">
      ${list.map((one) => html`<li>${typeof one === 'string' ? one : JSON.stringify(one)}</li>`)}
    </ul>
  </div>`;
}
