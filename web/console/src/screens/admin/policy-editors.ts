import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import type { Words, WordKey } from '../../messages/words.js';
import type { PolicyValue } from './policy-values.js';

export type Texts = ReplyOf<'get', '/v1/texts'>;

/** What an editor draws, and where what is edited goes. */
export interface Editing {
  readonly words: Words;
  /** Our own words, by code: which codes there are, and what holds where the bank says nothing. */
  readonly texts: Texts | null;
  readonly set: (value: unknown) => void;
}

type Row = Readonly<Record<string, unknown>>;

interface RowField {
  readonly name: string;
  readonly kind: 'choice' | 'line' | 'lines' | 'checks';
  /** Which there are to choose from. */
  readonly options?: (texts: Texts | null) => readonly string[];
  /** Where the words of an option are. */
  readonly of?: string;
  readonly optional?: true;
}

const SUBJECTS = ['payout_account', 'payee_account', 'phone_number', 'postal_address', 'email'];
const ASKED_THROUGH = ['app', 'phone', 'branch', 'email', 'letter'];
const PROOFS = ['app', 'callback', 'letter', 'second_agent'];
const TEXT_KINDS = ['questions', 'reasons', 'findings', 'references'] as const;

/** The values that are lists of records, each with the fields of one. */
const RECORDS: Readonly<Record<string, readonly RowField[]>> = {
  'changes.rules': [
    { name: 'subject', kind: 'choice', options: () => SUBJECTS, of: 'subject', optional: true },
    { name: 'askedThrough', kind: 'choice', options: () => ASKED_THROUGH, of: 'askedThrough', optional: true },
    { name: 'proofs', kind: 'checks', options: () => PROOFS, of: 'proof' },
  ],
  advice: [
    { name: 'code', kind: 'choice', options: (texts) => Object.keys(texts?.advice ?? {}) },
    { name: 'locale', kind: 'line' },
    { name: 'headline', kind: 'line' },
    { name: 'steps', kind: 'lines' },
  ],
  texts: [
    { name: 'key', kind: 'choice', options: textKeys },
    { name: 'locale', kind: 'line' },
    { name: 'text', kind: 'line' },
  ],
  neverAskIn: [
    { name: 'locale', kind: 'line' },
    { name: 'lines', kind: 'lines' },
  ],
};

function textKeys(texts: Texts | null): string[] {
  if (!texts) return [];
  const all = texts as unknown as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  return TEXT_KINDS.flatMap((kind) => Object.keys(all[kind] ?? {}).map((code) => `${kind}.${code}`));
}

/** The editor of a value that is more than one number, text or list of lines; null where it is not. */
export function editorOf({ path, value }: PolicyValue, editing: Editing): TemplateResult | null {
  const fields = RECORDS[path];
  if (fields && Array.isArray(value)) return recordsEditor(path, fields, value as Row[], editing);
  if (path === 'callbacks.days' && Array.isArray(value)) return daysEditor(value as number[], editing);
  if (typeof value === 'boolean') return switchEditor(path, value, editing);
  if (typeof value === 'object' && value !== null && 'currency' in value) return amountEditor(path, value, editing);
  return null;
}

function labelOf(words: Words, path: string): string {
  return words.maybe(`policy.${path}`) ?? path;
}

function recordsEditor(path: string, fields: readonly RowField[], rows: Row[], editing: Editing): TemplateResult {
  const { words, set } = editing;
  const put = (index: number, row: Row): void => set(rows.map((one, at) => (at === index ? row : one)));
  return html`<fieldset class="field wide stack">
    <legend>${labelOf(words, path)}</legend>
    ${rows.length === 0 ? html`<p class="hint">${words.text('policy.noRecords')}</p>` : nothing}
    ${rows.map(
      (row, index) =>
        html`<fieldset class="record">
          <legend>${words.text('policy.record', { number: index + 1 })}</legend>
          <div class="fields">
            ${fields.map((field) => rowField({ id: `p-${path.replace('.', '-')}-${index}`, field, row, put: (next) => put(index, next) }, editing))}
          </div>
          <p class="actions">
            <button
              type="button"
              class="small"
              aria-label=${words.text('policy.removeRecord', { number: index + 1, of: labelOf(words, path) })}
              @click=${() => set(rows.filter((_, at) => at !== index))}
            >
              ${words.text('remove')}
            </button>
          </p>
        </fieldset>`,
    )}
    <p class="actions">
      <button
        type="button"
        class="small"
        aria-label=${words.text('policy.addRecord', { of: labelOf(words, path) })}
        @click=${() => set([...rows, emptyRow(fields, editing)])}
      >
        ${words.text('policy.add')}
      </button>
    </p>
  </fieldset>`;
}

/** A new record: the first of what has to be chosen, and nothing of what is to be written. */
function emptyRow(fields: readonly RowField[], { texts }: Editing): Row {
  return Object.fromEntries(
    fields.flatMap(({ name, kind, options, optional }): [string, unknown][] => {
      if (optional) return [];
      if (kind === 'checks' || kind === 'lines') return [[name, []]];
      return [[name, kind === 'choice' ? (options!(texts)[0] ?? '') : '']];
    }),
  );
}

interface RowFieldOptions {
  readonly id: string;
  readonly field: RowField;
  readonly row: Row;
  readonly put: (row: Row) => void;
}

function rowField({ id, field, row, put }: RowFieldOptions, { words, texts }: Editing): TemplateResult {
  const { name, kind, options, of, optional } = field;
  const label = words.text(`policyField.${name}` as WordKey);
  const own = `${id}-${name}`;
  const take = (value: unknown): void => {
    const others = Object.entries(row).filter(([key]) => key !== name);
    put(Object.fromEntries(optional && value === '' ? others : [...others, [name, value]]));
  };
  const value = row[name] ?? '';
  const shown = (option: string): string => (of ? words.code(of, option) : withOwnWords(option, texts));
  if (kind === 'checks') {
    const chosen = Array.isArray(value) ? (value as string[]) : [];
    const toggle = (option: string, on: boolean): void =>
      take(options!(texts).filter((one) => (one === option ? on : chosen.includes(one))));
    return html`<fieldset class="field">
      <legend>${label}</legend>
      ${options!(texts).map((option) => check(shown(option), chosen.includes(option), (on) => toggle(option, on)))}
    </fieldset>`;
  }
  if (kind === 'choice') {
    const all = [...(optional ? [''] : []), ...options!(texts)];
    const known = all.includes(String(value)) ? all : [...all, String(value)];
    return html`<div class="field">
      <label for=${own}>${label}</label>
      <select id=${own} @change=${(event: Event) => take((event.target as HTMLSelectElement).value)}>
        ${known.map(
          (option) =>
            html`<option value=${option} ?selected=${option === value}>
              ${option === '' ? words.text('policy.any') : shown(option)}
            </option>`,
        )}
      </select>
    </div>`;
  }
  if (kind === 'lines')
    return html`<div class="field wide">
      <label for=${own}>${label}</label>
      <textarea
        id=${own}
        rows="2"
        autocomplete="off"
        aria-describedby="${own}-hint"
        .value=${Array.isArray(value) ? value.join('\n') : ''}
        @input=${(event: Event) => take(lines((event.target as HTMLTextAreaElement).value))}
      ></textarea>
      <p class="hint" id="${own}-hint">${words.text('policy.lines')}</p>
    </div>`;
  return html`<div class="field ${name === 'locale' ? '' : 'wide'}">
    <label for=${own}>${label}</label>
    <input
      id=${own}
      autocomplete="off"
      .value=${String(value)}
      @input=${(event: Event) => take((event.target as HTMLInputElement).value)}
    />
  </div>`;
}

/** A code of ours with what we say by it, so that nobody has to know it. */
function withOwnWords(code: string, texts: Texts | null): string {
  const all = (texts ?? {}) as unknown as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  const [kind = '', name = ''] = code.split('.');
  const said = all[kind]?.[name] ?? (all['advice']?.[code] as { readonly headline?: unknown } | undefined)?.headline;
  return typeof said === 'string' ? `${code}: ${said}` : code;
}

function lines(typed: string): string[] {
  return typed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function check(words: string, on: boolean, take: (on: boolean) => void): TemplateResult {
  return html`<label class="check"
    ><input
      type="checkbox"
      .checked=${on}
      @change=${(event: Event) => take((event.target as HTMLInputElement).checked)}
    />${words}</label
  >`;
}

/** The days of the week (ISO: 1 is Monday), each by its name. */
function daysEditor(days: readonly number[], { words, set }: Editing): TemplateResult {
  // The first of January 2024 was a Monday.
  const nameOf = (day: number): string =>
    new Intl.DateTimeFormat(words.locale, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, day));
  return html`<fieldset class="field wide">
    <legend>${words.text('policy.callbacks.days')}</legend>
    <div class="actions">
      ${[1, 2, 3, 4, 5, 6, 7].map((day) => check(nameOf(day), days.includes(day), (on) => set([1, 2, 3, 4, 5, 6, 7].filter((one) => (one === day ? on : days.includes(one))))))}
    </div>
  </fieldset>`;
}

function switchEditor(path: string, value: boolean, { words, set }: Editing): TemplateResult {
  return html`<div class="field">${check(labelOf(words, path), value, set)}</div>`;
}

/** An amount with its currency. What is no number stays as it is typed, and is refused when it is saved. */
function amountEditor(path: string, value: object, { words, set }: Editing): TemplateResult {
  const { amount, currency } = value as { readonly amount: unknown; readonly currency: unknown };
  const id = `p-${path.replaceAll('.', '-')}`;
  const number = (typed: string): unknown => (/^\d+$/.test(typed.trim()) ? Number(typed) : typed);
  return html`<fieldset class="field">
    <legend>${labelOf(words, path)}</legend>
    <div class="amount">
      <input
        id=${id}
        inputmode="numeric"
        autocomplete="off"
        aria-label=${words.text('policyField.amount')}
        .value=${String(amount)}
        @input=${(event: Event) => set({ amount: number((event.target as HTMLInputElement).value), currency })}
      />
      <input
        autocomplete="off"
        maxlength="3"
        aria-label=${words.text('changes.currency')}
        .value=${String(currency)}
        @input=${(event: Event) => set({ amount, currency: (event.target as HTMLInputElement).value.toUpperCase() })}
      />
    </div>
  </fieldset>`;
}
