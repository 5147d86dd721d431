import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { badge } from '../../parts/badges.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Campaign = ItemOf<'/v1/campaigns'>;

const LOOK_MILLISECONDS = 5_000;

/** Waves of fraud that many customers report. Looked at again all the time. */
class CampaignsScreen extends Screen {
  #looking: ReturnType<typeof setInterval> | null = null;
  readonly #listing = new Listing<Campaign>((after) =>
    this.session.client.get('/v1/campaigns', {
      query: { limit: 50, state: this.#state, ...(after ? { after } : {}) },
      signal: this.signal,
    }),
  );

  get #state(): 'open' | 'closed' {
    return this.query.get('state') === 'closed' ? 'closed' : 'open';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#looking = setInterval(() => {
      if (this.#listing.loaded && !this.busy)
        void this.#listing.load().then(
          () => this.requestUpdate(),
          () => undefined,
        );
    }, LOOK_MILLISECONDS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#looking) clearInterval(this.#looking);
  }

  protected override async load(): Promise<void> {
    this.#listing.items = [];
    await this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    return html`${this.heading(this.text('campaigns.heading'))}
      <ul class="tabs">
        ${(['open', 'closed'] as const).map(
          (one) =>
            html`<li>
              <a href=${this.address(`/campaigns?state=${one}`)} aria-current=${one === this.#state}
                >${words.code('campaign', one)}</a
              >
            </li>`,
        )}
      </ul>
      ${this.status()}
      ${
        this.#listing.loaded
          ? table<Campaign>({
              caption: this.text('campaigns.heading'),
              items: this.#listing.items,
              empty: this.text(`campaigns.none.${this.#state}`),
              columns: [
                {
                  words: this.text('state'),
                  cell: ({ state }) => badge(state === 'open' ? 'bad' : 'quiet', words.code('campaign', state)),
                },
                {
                  words: this.text('campaigns.by'),
                  cell: (campaign) => html`<bdi>${markOf(campaign) || this.text('campaigns.wording')}</bdi>`,
                },
                {
                  words: this.text('campaigns.customers'),
                  number: true,
                  cell: ({ customers }) => words.number(customers),
                },
                { words: this.text('campaigns.reports'), number: true, cell: ({ reports }) => words.number(reports) },
                {
                  words: this.text('campaigns.lastMinute'),
                  number: true,
                  cell: ({ reportsLastMinute }) => words.number(reportsLastMinute),
                },
                { words: this.text('campaigns.first'), cell: ({ firstSeenAt }) => this.time(firstSeenAt) },
                { words: this.text('campaigns.last'), cell: ({ lastSeenAt }) => this.time(lastSeenAt) },
                {
                  words: this.text('actions'),
                  cell: (campaign) =>
                    html`<a
                      class="button"
                      href=${this.address(`/campaigns/${campaign.id}`)}
                      aria-label=${this.text('campaigns.openOf', { mark: markOf(campaign) })}
                    >
                      ${this.text('open')}
                    </a>`,
                },
              ],
            })
          : nothing
      }
      ${pager(this.#listing, words, () => void this.attempt(() => this.#listing.more()))}`;
  }
}

/** By what the reports of a campaign are alike. */
function markOf({ numbers, senders, linkHosts }: Campaign): string {
  return [...numbers, ...senders, ...linkHosts].slice(0, 3).join(', ');
}

defineScreen('console-campaigns', CampaignsScreen);
