import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge, toneOf } from '../../parts/badges.js';
import { pairs } from '../../parts/pairs.js';
import { table } from '../../parts/listing.js';
import { defineScreen, keyCap, Screen } from '../../shell/screen.js';

type Change = ReplyOf<'get', '/v1/changes/{changeId}'>;
type Proof = Change['proofs'][number];

const LOOK_MILLISECONDS = 3_000;

/** One change: what it waits for, and what can be done about it. Looked at again while it is held. */
class ChangeScreen extends Screen {
  @state() private change: Change | null = null;
  #looking: ReturnType<typeof setInterval> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#looking = setInterval(
      () => this.change?.status === 'held' && !this.busy && void this.#look(),
      LOOK_MILLISECONDS,
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#looking) clearInterval(this.#looking);
  }

  get #path(): { readonly changeId: string } {
    return { changeId: this.params['id']! };
  }

  protected override async load(): Promise<void> {
    this.change = await this.session.client.get('/v1/changes/{changeId}', { path: this.#path, signal: this.signal });
  }

  async #look(): Promise<void> {
    await Promise.resolve(this.load()).catch((error: unknown) => this.session.notice(error));
  }

  protected override render(): TemplateResult {
    const { change } = this;
    if (!change) return html`${this.heading(this.text('changes.one'))} ${this.status()}`;
    return html`${this.heading(
        this.words.code('subject', change.subject),
        badge(toneOf(change.status), this.words.code('change', change.status)),
      )}
      ${this.status()}
      <p>${this.words.code('changeSays', change.status)}</p>
      ${change.refusedBecause ? html`<p class="notice failure">${this.words.code('refusedBecause', change.refusedBecause)}</p>` : nothing}
      ${change.findings.map((finding) => html`<p class="notice">${this.words.code('finding', finding)}</p>`)}
      <div class="columns">
        <section class="card stack">
          <h2>${this.text('changes.details')}</h2>
          ${this.#facts(change)}
        </section>
        <section class="card stack">
          <h2>${this.text('changes.what')}</h2>
          ${this.#what(change)}
        </section>
      </div>
      <section class="stack">
        <h2>${this.text('changes.proofs')}</h2>
        ${this.#proofs(change)}
      </section>
      ${change.status === 'held' ? this.#actions(change) : nothing}`;
  }

  #facts(change: Change): TemplateResult {
    return pairs([
      [this.text('reference'), change.reference],
      [this.text('customer'), html`<bdi>${change.customerId}</bdi>`],
      [this.text('changes.askedThrough'), this.words.code('askedThrough', change.askedThrough)],
      [this.text('changes.askedBy'), change.askedBy],
      [this.text('changes.requestedAt'), this.time(change.requestedAt)],
      [this.text('changes.releaseAfter'), this.time(change.releaseAfter)],
      [this.text('changes.expiresAt'), this.time(change.expiresAt)],
      ...(change.atRisk ? [[this.text('changes.amount'), this.#money(change.atRisk)] as const] : []),
      ...(change.releasedAt ? [[this.text('changes.releasedAt'), this.time(change.releasedAt)] as const] : []),
    ]);
  }

  #money({ amount, currency }: { readonly amount: number; readonly currency: string }): string {
    return new Intl.NumberFormat(this.words.locale, { style: 'currency', currency }).format(amount);
  }

  #what({ before, after, checks }: Change): TemplateResult {
    return html`<h3>${this.text('changes.before')}</h3>
      ${this.#side(before)}
      <h3>${this.text('changes.after')}</h3>
      ${this.#side(after)} ${Object.entries(checks).map(([check, outcome]) => this.#check(check, outcome))}`;
  }

  /** What an outside check said. One that could not be made is no good sign. */
  #check(check: string, outcome: unknown): TemplateResult {
    const { result, suggestedName } = Object(outcome) as { result?: unknown; suggestedName?: unknown };
    return html`<p>
      ${this.words.code('check', check)}:
      <strong>${this.words.code('checkResult', String(result ?? 'unavailable'))}</strong>
      ${typeof suggestedName === 'string' ? html`<bdi>${suggestedName}</bdi>` : nothing}
    </p>`;
  }

  #side(details: unknown): TemplateResult {
    if (typeof details !== 'object' || details === null)
      return html`<p class="quiet">${this.text('changes.notGiven')}</p>`;
    return pairs(
      Object.entries(details).map(([name, value]) => [
        this.words.code('field', name),
        html`<bdi>${Array.isArray(value) ? value.join(', ') : String(value)}</bdi>`,
      ]),
    );
  }

  #proofs({ proofs }: Change): TemplateResult {
    return table<Proof>({
      caption: this.text('changes.proofs'),
      items: proofs,
      empty: this.text('changes.noProofs'),
      columns: [
        { words: this.text('changes.proof'), cell: ({ proof }) => this.words.code('proof', proof) },
        {
          words: this.text('state'),
          cell: ({ status }) =>
            badge(status === 'missing' ? 'quiet' : toneOf(status), this.words.code('proofStatus', status)),
        },
        { words: this.text('changes.by'), cell: ({ by }) => by ?? '–' },
        { words: this.text('changes.at'), cell: ({ at }) => this.time(at ?? null) },
      ],
    });
  }

  #actions(change: Change): TemplateResult {
    const missing = (proof: Proof['proof']): boolean =>
      change.proofs.some((one) => one.proof === proof && one.status !== 'in');
    const own = change.askedBy === this.session.me.subject;
    const act = (
      words: string,
      key: string,
      done: string,
      action: () => Promise<unknown>,
      danger = false,
    ): TemplateResult =>
      this.button({
        words,
        key,
        ...(danger ? { kind: 'danger' as const } : {}),
        run: () => void this.attempt(async () => void (await action(), await this.load()), done),
      });
    const path = this.#path;
    return html`<div class="actions">
        ${
          missing('second_agent') && this.session.can('approveChange') && !own
            ? act(this.text('changes.approve'), 'a', this.text('changes.approved'), () =>
                this.session.post('/v1/changes/{changeId}/approve', { path }),
              )
            : nothing
        }
        ${
          missing('app')
            ? act(this.text('changes.ask'), 's', this.text('changes.asked'), () =>
                this.session.post('/v1/changes/{changeId}/ask', { path }),
              )
            : nothing
        }
        ${
          missing('callback')
            ? act(this.text('changes.callback'), 'b', this.text('changes.callbackAsked'), () =>
                this.session.post('/v1/changes/{changeId}/callback', { path }),
              )
            : nothing
        }
        ${
          missing('letter')
            ? html`<a
                class="button"
                href=${this.address(`/changes/${change.id}/letter`)}
                data-key="l"
                aria-keyshortcuts="Alt+L"
              >
                ${this.text('changes.letter')}${keyCap('l')}
              </a>`
            : nothing
        }
        ${act(this.text('changes.withdraw'), 'w', this.text('changes.withdrawn'), () => this.session.post('/v1/changes/{changeId}/withdraw', { path }), true)}
      </div>
      ${missing('second_agent') && own ? html`<p class="hint">${this.text('changes.notYourself')}</p>` : nothing}`;
  }
}

defineScreen('console-change', ChangeScreen);
