import type { ReplyOf } from '@countersign/client';
import { html, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { table } from '../../parts/listing.js';
import { pairs } from '../../parts/pairs.js';
import { defineScreen, Screen } from '../../shell/screen.js';
import '../../parts/minute-chart.js';

type Campaign = ReplyOf<'get', '/v1/campaigns/{campaignId}'>;

const LOOK_MILLISECONDS = 5_000;

/** One wave, minute by minute, as a chart and in figures. */
class CampaignScreen extends Screen {
  @state() private campaign: Campaign | null = null;
  #looking: ReturnType<typeof setInterval> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#looking = setInterval(
      () =>
        this.campaign?.state === 'open' &&
        !this.busy &&
        void this.load().catch((error: unknown) => this.session.notice(error)),
      LOOK_MILLISECONDS,
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#looking) clearInterval(this.#looking);
  }

  protected override async load(): Promise<void> {
    const path = { campaignId: this.params['id']! };
    this.campaign = await this.session.client.get('/v1/campaigns/{campaignId}', { path, signal: this.signal });
  }

  protected override render(): TemplateResult {
    const { campaign, words } = this;
    if (!campaign) return html`${this.heading(this.text('campaigns.one'))} ${this.status()}`;
    const minutes = campaign.minutes.filter(({ reports, newCustomers }) => reports > 0 || newCustomers > 0);
    return html`${this.heading(
        this.text('campaigns.one'),
        badge(campaign.state === 'open' ? 'bad' : 'quiet', words.code('campaign', campaign.state)),
      )}
      ${this.status()}
      <div class="columns">
        <section class="card">${this.#facts(campaign)}</section>
        <section class="card stack">
          <h2>${this.text('campaigns.byMinute')}</h2>
          <console-minute-chart .minutes=${campaign.minutes} .words=${words}></console-minute-chart>
        </section>
      </div>
      <p class="actions">
        <a class="button" href=${this.address(`/reports?campaign=${campaign.id}`)}
          >${this.text('campaigns.itsReports')}</a
        >
      </p>
      <details>
        <summary>${this.text('campaigns.figures')}</summary>
        ${table({
          caption: this.text('campaigns.byMinute'),
          items: minutes,
          empty: this.text('campaigns.quiet'),
          columns: [
            { words: this.text('campaigns.minute'), cell: ({ minute }) => this.time(minute) },
            { words: this.text('campaigns.reports'), number: true, cell: ({ reports }) => words.number(reports) },
            {
              words: this.text('campaigns.newCustomers'),
              number: true,
              cell: ({ newCustomers }) => words.number(newCustomers),
            },
          ],
        })}
      </details>`;
  }

  #facts(campaign: Campaign): TemplateResult {
    const list = (items: readonly string[]): unknown =>
      items.length === 0 ? '–' : items.map((item) => html`<div><bdi>${item}</bdi></div>`);
    return pairs([
      [this.text('campaigns.customers'), this.words.number(campaign.customers)],
      [this.text('campaigns.reports'), this.words.number(campaign.reports)],
      [this.text('campaigns.numbers'), list(campaign.numbers)],
      [this.text('campaigns.senders'), list(campaign.senders)],
      [this.text('campaigns.hosts'), list(campaign.linkHosts)],
      [this.text('campaigns.first'), this.time(campaign.firstSeenAt)],
      [this.text('campaigns.last'), this.time(campaign.lastSeenAt)],
      [this.text('campaigns.opened'), this.time(campaign.openedAt)],
      [this.text('campaigns.closed'), this.time(campaign.closedAt)],
    ]);
  }
}

defineScreen('console-campaign', CampaignScreen);
