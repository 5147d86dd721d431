import { html, nothing, type TemplateResult } from 'lit';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly type?: 'text' | 'number' | 'datetime-local' | 'url' | 'email' | 'password';
  readonly hint?: string | TemplateResult;
  readonly required?: boolean;
  readonly most?: number;
  readonly onInput?: (value: string) => void;
}

/** A labelled field. What is typed into it is nobody's but the request's: no browser keeps it. */
export function field({
  name,
  label,
  value = '',
  type = 'text',
  hint,
  required = false,
  most = 256,
  onInput,
}: Field): TemplateResult {
  return html`<div class="field">
    <label for="f-${name}">${label}</label>
    <input
      id="f-${name}"
      name=${name}
      type=${type}
      .value=${value}
      maxlength=${type === 'text' ? most : nothing}
      ?required=${required}
      autocomplete="off"
      spellcheck="false"
      aria-describedby=${hint ? `h-${name}` : nothing}
      @input=${(event: InputEvent) => onInput?.((event.target as HTMLInputElement).value)}
    />
    ${hint ? html`<p class="hint" id="h-${name}">${hint}</p>` : nothing}
  </div>`;
}

export function area({
  name,
  label,
  value = '',
  hint,
  required = false,
  most = 10_000,
  onInput,
}: Field): TemplateResult {
  return html`<div class="field wide">
    <label for="f-${name}">${label}</label>
    <textarea
      id="f-${name}"
      name=${name}
      .value=${value}
      maxlength=${most}
      ?required=${required}
      autocomplete="off"
      rows="4"
      aria-describedby=${hint ? `h-${name}` : nothing}
      @input=${(event: InputEvent) => onInput?.((event.target as HTMLTextAreaElement).value)}
    ></textarea>
    ${hint ? html`<p class="hint" id="h-${name}">${hint}</p>` : nothing}
  </div>`;
}

export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly words: string }[];
  readonly value?: string;
  readonly onChange?: (value: string) => void;
}

export function choice({ name, label, options, value, onChange }: Choice): TemplateResult {
  return html`<div class="field">
    <label for="f-${name}">${label}</label>
    <select
      id="f-${name}"
      name=${name}
      @change=${(event: Event) => onChange?.((event.target as HTMLSelectElement).value)}
    >
      ${options.map((option) => html`<option value=${option.value} ?selected=${option.value === value}>${option.words}</option>`)}
    </select>
  </div>`;
}

/** The fields that were filled in. */
export function filled(values: Readonly<Record<string, string>>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, (values[name] ?? '').trim()]).filter(([, value]) => value !== ''),
  ) as Record<string, string>;
}

/** What a `datetime-local` says, as an instant; the viewer's zone is meant. */
export function instant(value: string | undefined): string | undefined {
  const date = value ? new Date(value) : null;
  return date && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}
