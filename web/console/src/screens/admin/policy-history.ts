import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';
import { namingOf } from './policy-naming.js';
import { shownValue } from './policy-values.js';

type PastPolicy = ItemOf<'/v1/policy/versions'>;
type Change = PastPolicy['changes'][number];

/** Who changed the policy, when, and what. Every version is kept. */
class PolicyHistoryScreen extends Screen {
  readonly #listing = new Listing<PastPolicy>((after) =>
    this.session.client.get('/v1/policy/versions', {
      query: { limit: 20, ...(after ? { after } : {}) },
      signal: this.signal,
    }),
  );

  protected override load(): Promise<void> {
    return this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { items, loaded } = this.#listing;
    return html`${this.heading(this.text('policyHistory.heading'))}
      <p><a href=${this.address('/policy')}>${this.text('policyHistory.back')}</a></p>
      ${this.status()}
      ${loaded && items.length === 0 ? html`<p class="empty">${this.text('policy.defaults')}</p>` : nothing}
      ${items.map((version) => this.#version(version))}
      ${pager(this.#listing, this.words, () => void this.attempt(() => this.#listing.more()))}`;
  }

  #version({ version, changedAt, changedBy, changes }: PastPolicy): TemplateResult {
    const caption = this.text('policy.version', { version, when: this.words.moment(changedAt) });
    return html`<section class="card stack">
      <h2>${caption}</h2>
      <p class="quiet">${this.text('policyHistory.by')} <bdi>${changedBy}</bdi></p>
      ${table<Change>({
        caption,
        items: changes,
        empty: this.text('policyHistory.same'),
        columns: [
          { words: this.text('policy.value'), cell: ({ field }) => this.#label(field) },
          {
            words: this.text('policyHistory.before'),
            cell: ({ before }) => html`<bdi class="pre">${shownValue(before, namingOf(this.words))}</bdi>`,
          },
          {
            words: this.text('policyHistory.after'),
            cell: ({ after }) => html`<bdi class="pre">${shownValue(after, namingOf(this.words))}</bdi>`,
          },
        ],
      })}
    </section>`;
  }

  #label(pointer: string): string {
    const path = pointer.slice(1).replaceAll('/', '.');
    return this.words.maybe(`policy.${path}`) ?? path;
  }
}

defineScreen('console-policy-history', PolicyHistoryScreen);
