import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Session } from '../session/session.js';
import type { Words, WordKey } from '../messages/words.js';
import { type Failure, failureOf } from './failures.js';

export interface ButtonOptions {
  readonly words: string;
  readonly run: () => void;
  readonly kind?: 'main' | 'danger' | 'small';
  /** The letter that does the same together with Alt. */
  readonly key?: string;
  readonly disabled?: boolean;
}

/** One screen of the console. It is drawn into the page itself, whose style sheet is one file. */
export abstract class Screen extends LitElement {
  @property({ attribute: false }) session!: Session;
  /** What stands in the address's path. */
  @property({ attribute: false }) params: Readonly<Record<string, string>> = {};
  /** What stands in its query: filters, and nothing personal. */
  @property({ attribute: false }) query = new URLSearchParams();
  @state() protected failure: Failure | null = null;
  @state() protected done = '';
  @state() protected busy = false;
  readonly #left = new AbortController();
  #shown = '';
  readonly #changed = (): void => this.requestUpdate();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.session.addEventListener('change', this.#changed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session.removeEventListener('change', this.#changed);
    this.#left.abort();
  }

  /** Aborts when the screen is left. */
  protected get signal(): AbortSignal {
    return AbortSignal.any([this.#left.signal, this.session.signal]);
  }

  protected get words(): Words {
    return this.session.words;
  }

  protected text(key: WordKey, values?: Readonly<Record<string, string | number>>): string {
    return this.words.text(key, values);
  }

  protected override willUpdate(_changed: PropertyValues): void {
    const shown = JSON.stringify([this.params, this.query.toString()]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    void this.attempt(() => this.load());
  }

  /** A heading that is drawn anew, such as once its screen has been read, keeps the focus that it was given. */
  protected override update(changed: PropertyValues): void {
    const { activeElement } = document;
    const onHeading = activeElement?.matches('h1') && this.contains(activeElement);
    super.update(changed);
    if (onHeading && !this.contains(document.activeElement)) this.querySelector('h1')?.focus();
  }

  /** Reads what the screen shows; again whenever its address changes. */
  protected load(): Promise<void> | void {}

  /** Does one thing at a time, and says what became of it. A control that is busy keeps its place and the focus. */
  protected async attempt(action: () => Promise<void> | void, done = ''): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failure = null;
    this.done = '';
    try {
      await action();
      this.done = done;
    } catch (error) {
      if (this.#left.signal.aborted) return;
      this.session.notice(error);
      this.failure = failureOf(error, this.words);
      this.refused(error);
    } finally {
      this.busy = false;
    }
  }

  /** What a screen does about a failure beside saying it. */
  protected refused(_error: unknown): void {}

  protected heading(words: string, more: TemplateResult | typeof nothing = nothing): TemplateResult {
    return html`<div class="heading">
      <h1 tabindex="-1">${words}</h1>
      ${more}
    </div>`;
  }

  /** Where it is said what became of something. It is there from the first, so that it is heard. */
  protected status(): TemplateResult {
    const { failure } = this;
    return html`<div role="status" class="status">
      ${this.busy ? html`<p class="quiet">${this.text('working')}</p>` : nothing}
      ${
        failure
          ? html`<div class="notice failure">
              <p><strong>${failure.words}</strong></p>
              ${this.#fieldList(failure)}
              ${
                failure.requestId
                  ? html`<p class="quiet small">${this.text('failed.requestId', { id: failure.requestId })}</p>`
                  : nothing
              }
            </div>`
          : nothing
      }
      ${this.done !== '' && !this.busy ? html`<p class="notice done">${this.done}</p>` : nothing}
    </div>`;
  }

  #fieldList({ fields }: Failure): TemplateResult | typeof nothing {
    const entries = Object.entries(fields);
    if (entries.length === 0) return nothing;
    return html`<ul>
      ${entries.map(([name, detail]) => html`<li><strong>${this.words.code('field', name.split('.').at(-1)!)}</strong>: ${detail}</li>`)}
    </ul>`;
  }

  protected button({ words, run, kind, key, disabled = false }: ButtonOptions): TemplateResult {
    return html`<button
      type="button"
      class=${kind ?? ''}
      aria-disabled=${this.busy || disabled}
      data-key=${key ?? nothing}
      aria-keyshortcuts=${key ? `Alt+${key.toUpperCase()}` : nothing}
      @click=${() => this.busy || disabled || run()}
    >
      ${words}${key ? keyCap(key) : nothing}
    </button>`;
  }

  /** A form whose sending is attempted; its values go to `send` as they were typed. */
  protected form(options: {
    readonly send: (values: Readonly<Record<string, string>>, form: HTMLFormElement) => Promise<void>;
    readonly fields: TemplateResult | readonly TemplateResult[];
    readonly submit: string;
    readonly label?: string;
    readonly done?: string;
    readonly key?: string;
    /** Where it cannot be undone. */
    readonly kind?: 'danger';
  }): TemplateResult {
    const onSubmit = (event: SubmitEvent): void => {
      event.preventDefault();
      const form = event.currentTarget as HTMLFormElement;
      const values: Record<string, string> = {};
      for (const [name, value] of new FormData(form)) if (typeof value === 'string') values[name] = value;
      void this.attempt(() => options.send(values, form), options.done);
    };
    return html`<form class="stack" aria-label=${options.label ?? nothing} @submit=${onSubmit}>
      ${options.fields}
      <p class="actions">
        <button
          class=${options.kind ?? 'main'}
          type="submit"
          aria-disabled=${this.busy}
          data-key=${options.key ?? nothing}
          aria-keyshortcuts=${options.key ? `Alt+${options.key.toUpperCase()}` : nothing}
        >
          ${options.submit}${options.key ? keyCap(options.key) : nothing}
        </button>
      </p>
    </form>`;
  }

  protected time(moment: string | null): TemplateResult {
    return moment === null
      ? html`<span class="quiet">–</span>`
      : html`<time datetime=${moment}>${this.words.moment(moment)}</time>`;
  }

  /** In which zone a time is meant that somebody types. */
  protected get zone(): string {
    return this.text('zone', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  }

  /** An address of the console. */
  protected address(path: string): string {
    return `/console/${this.session.settings.tenant}${path}`;
  }

  protected go(path: string): void {
    this.dispatchEvent(new CustomEvent('console-go', { detail: this.address(path), bubbles: true }));
  }
}

/** A key as it is shown on its control. */
export function keyCap(key: string): TemplateResult {
  return html` <kbd aria-hidden="true">Alt ${key.toUpperCase()}</kbd>`;
}

/** Defines a screen once. */
export function defineScreen(name: string, screen: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, screen);
}
