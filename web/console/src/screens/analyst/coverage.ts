import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Coverage = ReplyOf<'get', '/v1/coverage'>;
type Share = Coverage['data'][number];

const DAY_MILLISECONDS = 86_400_000;
const DAYS = [1, 7, 30] as const;
const GROUPS = ['team', 'line'] as const;

/** How many of the bank's own calls were declared: an undeclared call looks like a fraud to whom it is placed. */
class CoverageScreen extends Screen {
  @state() private coverage: Coverage | null = null;

  get #by(): (typeof GROUPS)[number] {
    return this.query.get('by') === 'line' ? 'line' : 'team';
  }

  get #days(): (typeof DAYS)[number] {
    return DAYS.find((days) => String(days) === this.query.get('days')) ?? 1;
  }

  protected override async load(): Promise<void> {
    this.coverage = null;
    const from = new Date(Date.now() - this.#days * DAY_MILLISECONDS).toISOString();
    this.coverage = await this.session.client.get('/v1/coverage', {
      query: { from, by: this.#by },
      signal: this.signal,
    });
  }

  protected override render(): TemplateResult {
    return html`${this.heading(this.text('coverage.heading'))}
      <p>${this.text('coverage.intro')}</p>
      ${this.#tabs(
        GROUPS,
        this.#by,
        (by) => `by=${by}&days=${this.#days}`,
        (by) => this.text(`coverage.by.${by}`),
      )}
      ${this.#tabs(
        DAYS,
        this.#days,
        (days) => `by=${this.#by}&days=${days}`,
        (days) => this.words.seconds(days * 86_400),
      )}
      ${this.status()} ${this.coverage ? this.#shares(this.coverage) : nothing}`;
  }

  #tabs<One extends string | number>(
    all: readonly One[],
    here: One,
    query: (one: One) => string,
    words: (one: One) => string,
  ): TemplateResult {
    return html`<ul class="tabs">
      ${all.map(
        (one) =>
          html`<li>
            <a href=${this.address(`/coverage?${query(one)}`)} aria-current=${one === here}>${words(one)}</a>
          </li>`,
      )}
    </ul>`;
  }

  #shares(coverage: Coverage): TemplateResult {
    const { words } = this;
    return html`<ul class="tiles">
        <li><span class="figure">${this.#percent(coverage.share)}</span> ${this.text('coverage.share')}</li>
        <li><span class="figure">${words.number(coverage.undeclared)}</span> ${this.text('coverage.undeclared')}</li>
        <li><span class="figure">${words.number(coverage.total)}</span> ${this.text('coverage.total')}</li>
      </ul>
      ${table<Share>({
        caption: this.text('coverage.heading'),
        items: coverage.data,
        empty: this.text('coverage.none'),
        columns: [
          {
            words: this.text(`coverage.by.${this.#by}`),
            cell: ({ line, team }) => html`<bdi>${line ?? team ?? this.text('coverage.noTeam')}</bdi>`,
          },
          { words: this.text('coverage.share'), number: true, cell: ({ share }) => this.#percent(share) },
          { words: this.text('coverage.undeclared'), number: true, cell: ({ undeclared }) => words.number(undeclared) },
          { words: this.text('coverage.total'), number: true, cell: ({ total }) => words.number(total) },
        ],
      })}`;
  }

  #percent(share: number | null): string {
    if (share === null) return '–';
    const options = { style: 'percent', maximumFractionDigits: 1 } as const;
    return new Intl.NumberFormat(this.words.locale, options).format(share);
  }
}

defineScreen('console-coverage', CoverageScreen);
