import { Problem } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';
import { editorOf, type Texts } from './policy-editors.js';
import { namingOf } from './policy-naming.js';
import {
  differencesOf,
  type Document,
  isLines,
  type PolicyDifference,
  type PolicyValue,
  readAs,
  shownValue,
  valuesOf,
  withValue,
  written,
} from './policy-values.js';

interface Version {
  readonly etag: string;
  readonly version: number;
  readonly changedAt: string | null;
  readonly document: Document;
}

/** The policy as a form. What would change is shown before it is saved; what somebody else changed meanwhile is, too. */
class PolicyScreen extends Screen {
  @state() private base: Version | null = null;
  @state() private edited: Document = {};
  /** What is typed and is no value yet, by its path. */
  @state() private unread: Readonly<Record<string, string>> = {};
  /** The version that somebody else made while this one was edited. */
  @state() private conflict: Version | null = null;
  @state() private texts: Texts | null = null;

  protected override async load(): Promise<void> {
    this.base = await this.#read();
    this.edited = this.base.document;
    this.unread = {};
    this.conflict = null;
    this.texts ??= await this.session.client.get('/v1/texts', { signal: this.signal });
  }

  async #read(): Promise<Version> {
    const response = await this.session.client.download('/v1/policy', {
      headers: { accept: 'application/json' },
      signal: this.signal,
    });
    const { version, changedAt, ...document } = (await response.json()) as {
      version: number;
      changedAt: string | null;
    };
    return { etag: response.headers.get('etag') ?? `"${version}"`, version, changedAt, document: document as Document };
  }

  protected override refused(error: unknown): void {
    if (!(error instanceof Problem) || error.status !== 412) return;
    void this.#read().then(
      (conflict) => (this.conflict = conflict),
      () => undefined,
    );
  }

  protected override render(): TemplateResult {
    const { base } = this;
    if (!base) return html`${this.heading(this.text('policy.heading'))} ${this.status()}`;
    const differences = differencesOf(base.document, this.edited);
    return html`${this.heading(this.text('policy.heading'))}
      <p class="quiet">
        ${base.changedAt ? this.text('policy.version', { version: base.version, when: this.words.moment(base.changedAt) }) : this.text('policy.defaults')}
        · <a href=${this.address('/policy/history')}>${this.text('policyHistory.heading')}</a>
      </p>
      ${this.status()} ${this.conflict ? this.#conflict(base, this.conflict) : nothing} ${this.#changes(differences)}
      <form class="stack" aria-label=${this.text('policy.heading')} @submit=${(event: Event) => event.preventDefault()}>
        ${sectionsOf(base.document).map(
          ([section, values]) =>
            html`<section class="card stack">
              <h2>${this.words.code('policy', section)}</h2>
              <div class="fields">${values.map((value) => this.#field(value))}</div>
            </section>`,
        )}
      </form>`;
  }

  #changes(differences: readonly PolicyDifference[]): TemplateResult {
    const unread = Object.keys(this.unread);
    return html`<section class="card stack" aria-labelledby="would-change">
      <h2 id="would-change">${this.text('policy.wouldChange')}</h2>
      ${this.#table(this.text('policy.mine'), differences, this.text('policy.nothing'))}
      ${unread.length > 0 ? html`<p class="notice failure">${this.text('policy.unread', { fields: unread.join(', ') })}</p>` : nothing}
      <p class="actions">
        ${this.button({
          words: this.text('policy.save'),
          kind: 'main',
          key: 's',
          disabled: differences.length === 0 || unread.length > 0 || this.conflict !== null,
          run: () => void this.attempt(() => this.#save(), this.text('policy.saved')),
        })}
        ${this.button({
          words: this.text('policy.undo'),
          disabled: differences.length === 0 && unread.length === 0,
          run: () => void this.attempt(() => this.load()),
        })}
      </p>
    </section>`;
  }

  #table(caption: string, differences: readonly PolicyDifference[], empty: string): TemplateResult {
    return table<PolicyDifference>({
      caption,
      items: differences,
      empty,
      columns: [
        { words: this.text('policy.value'), cell: ({ path }) => this.#label(path) },
        {
          words: this.text('policy.now'),
          cell: ({ before }) => html`<bdi class="pre">${shownValue(before, namingOf(this.words))}</bdi>`,
        },
        {
          words: this.text('policy.then'),
          cell: ({ after }) => html`<bdi class="pre">${shownValue(after, namingOf(this.words))}</bdi>`,
        },
      ],
    });
  }

  #conflict(base: Version, conflict: Version): TemplateResult {
    const goOn = (): void => {
      const mine = differencesOf(base.document, this.edited);
      this.base = conflict;
      this.edited = mine.reduce((document, { path, after }) => withValue(document, path, after), conflict.document);
      this.conflict = null;
      this.failure = null;
    };
    return html`<section class="notice failure stack">
      <h2>${this.text('policy.conflict')}</h2>
      <p>${this.text('policy.conflictWhat')}</p>
      ${this.#table(this.text('policy.theirs'), differencesOf(base.document, conflict.document), this.text('policy.nothing'))}
      <p class="actions">${this.button({ words: this.text('policy.goOn'), run: goOn })}</p>
    </section>`;
  }

  async #save(): Promise<void> {
    const base = this.base!;
    const changed = differencesOf(base.document, this.edited).reduce(
      (document, { path, after }) => withValue(document, path, after),
      base.document,
    );
    await this.session.client.put('/v1/policy', { body: changed as never, headers: { 'if-match': base.etag } });
    await this.load();
  }

  #field(was: PolicyValue): TemplateResult {
    const { path, value } = was;
    const id = `p-${path.replaceAll('.', '-')}`;
    const now = valuesOf(this.edited).find((one) => one.path === path)?.value ?? value;
    const set = (edited: unknown): void => void (this.edited = withValue(this.edited, path, edited));
    const editor = editorOf({ path, value: now }, { words: this.words, texts: this.texts, set });
    if (editor) return editor;
    const typed = this.unread[path] ?? this.#typedOf({ path, value: now });
    const invalid = this.unread[path] !== undefined;
    const onInput = (event: Event): void => this.#type(was, (event.target as HTMLInputElement).value);
    const plain = typeof value === 'number' || typeof value === 'string';
    const hint =
      typeof now === 'number' && /Seconds$/.test(path)
        ? this.words.seconds(now)
        : plain
          ? ''
          : this.text(isLines(was) ? 'policy.lines' : 'policy.json');
    return html`<div class="field ${plain ? '' : 'wide'}">
      <label for=${id}>${this.#label(path)}</label>
      ${
        plain
          ? html`<input
              id=${id}
              inputmode=${typeof value === 'number' ? 'numeric' : 'text'}
              autocomplete="off"
              .value=${typed}
              aria-invalid=${invalid}
              aria-describedby="${id}-hint"
              @input=${onInput}
            />`
          : html`<textarea
              id=${id}
              rows="3"
              .value=${typed}
              aria-invalid=${invalid}
              aria-describedby="${id}-hint"
              @input=${onInput}
            ></textarea>`
      }
      <p class="hint" id="${id}-hint">${invalid ? this.text('policy.notRead') : hint}</p>
    </div>`;
  }

  #type(was: PolicyValue, typed: string): void {
    const { path } = was;
    try {
      this.edited = withValue(this.edited, path, readAs(was, typed));
      this.unread = Object.fromEntries(Object.entries(this.unread).filter(([name]) => name !== path));
    } catch {
      this.unread = { ...this.unread, [path]: typed };
    }
  }

  #typedOf(value: PolicyValue): string {
    return isLines(value) && (value.value as unknown[]).length === 0 ? '' : written(value.value);
  }

  #label(path: string): string {
    const name = path.split('.').at(-1)!;
    return this.words.maybe(`policy.${path}`) ?? readable(name);
  }
}

/** The sections of a policy; what stands by itself comes together at the end. */
function sectionsOf(document: Document): [string, PolicyValue[]][] {
  const sections = new Map<string, PolicyValue[]>();
  for (const value of valuesOf(document)) {
    const section = value.path.includes('.') ? value.path.split('.')[0]! : 'general';
    sections.set(section, [...(sections.get(section) ?? []), value]);
  }
  return [...sections].sort(([one], [other]) => Number(one === 'general') - Number(other === 'general'));
}

/** `lifetimeSeconds` as words, where the messages have none. */
function readable(name: string): string {
  const words = name.replace(/([A-Z])/g, ' $1').toLowerCase();
  return words[0]!.toUpperCase() + words.slice(1);
}

defineScreen('console-policy', PolicyScreen);
