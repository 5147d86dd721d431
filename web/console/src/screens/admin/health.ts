import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { table } from '../../parts/listing.js';
import { pairs } from '../../parts/pairs.js';
import type { WordKey } from '../../messages/words.js';
import { defineScreen, Screen } from '../../shell/screen.js';

interface Lag {
  readonly words: WordKey;
  readonly metric: string;
  /** Above this many seconds somebody should look. */
  readonly most: number;
}

const LAGS: readonly Lag[] = [
  { words: 'health.relay', metric: 'countersign_relay_lag_seconds', most: 30 },
  { words: 'health.unsealed', metric: 'countersign_unsealed_seconds', most: 120 },
  { words: 'health.held', metric: 'countersign_log_held_back_seconds', most: 60 },
  { words: 'health.clock', metric: 'countersign_clock_skew_seconds', most: 2 },
  { words: 'health.keys', metric: 'countersign_issuer_keys_age_seconds', most: 86_400 },
];
const LOOK_MILLISECONDS = 5_000;

interface State {
  readonly ready: boolean;
  readonly metrics: ReadonlyMap<string, number> | null;
  readonly checkpoint: string | null;
  readonly keys: readonly { readonly kid: string }[];
  readonly at: Date;
}

/** Whether the service is well, and how far behind it is. */
class HealthScreen extends Screen {
  @state() private health: State | null = null;
  #looking: ReturnType<typeof setInterval> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#looking = setInterval(() => !this.busy && void this.load().catch(() => undefined), LOOK_MILLISECONDS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#looking) clearInterval(this.#looking);
  }

  protected override async load(): Promise<void> {
    const { client, settings } = this.session;
    const { signal } = this;
    const text = (response: Response): Promise<string> => response.text();
    const [ready, metrics, checkpoint, keys] = await Promise.all([
      fetch('/health/ready', { cache: 'no-store', credentials: 'omit', signal }).then(
        ({ ok }) => ok,
        () => false,
      ),
      client
        .download('/metrics', { signal })
        .then(text)
        .then(readMetrics, () => null),
      client.download('/log/checkpoint', { query: { tenant: settings.tenant }, signal }).then(text, () => null),
      client.get('/.well-known/jwks.json', { signal }),
    ]);
    this.health = { ready, metrics, checkpoint, keys: keys.keys, at: new Date() };
  }

  protected override render(): TemplateResult {
    const { health } = this;
    return html`${this.heading(this.text('health.heading'))} ${this.status()} ${health ? this.#health(health) : nothing}`;
  }

  #health({ ready, metrics, checkpoint, keys, at }: State): TemplateResult {
    const [origin, size] = checkpoint?.split('\n') ?? [];
    return html`<section class="card stack">
        <p>${badge(ready ? 'good' : 'bad', this.text(ready ? 'health.ready' : 'health.notReady'))}</p>
        <p class="quiet">${this.text('health.at', { time: this.words.moment(at) })}</p>
        ${pairs([
          [this.text('health.origin'), origin ?? '–'],
          [this.text('health.size'), size ?? '–'],
          [this.text('health.signing'), keys.map(({ kid }) => html`<div>${kid}</div>`)],
        ])}
      </section>
      <section class="stack">
        <h2>${this.text('health.lags')}</h2>
        ${
          metrics === null
            ? html`<p class="empty">${this.text('health.noMetrics')}</p>`
            : table<Lag>({
                caption: this.text('health.lags'),
                items: LAGS.filter(({ metric }) => metrics.has(metric)),
                empty: this.text('health.noLags'),
                columns: [
                  {
                    words: this.text('state'),
                    cell: ({ metric, most }) => this.#verdict(Math.abs(metrics.get(metric)!) <= most),
                  },
                  { words: this.text('health.what'), cell: ({ words }) => this.text(words) },
                  {
                    words: this.text('health.seconds'),
                    number: true,
                    cell: ({ metric }) => this.words.number(Math.round(Math.abs(metrics.get(metric)!) * 10) / 10),
                  },
                  { words: this.text('health.most'), number: true, cell: ({ most }) => this.words.number(most) },
                ],
              })
        }
      </section>`;
  }

  #verdict(fine: boolean): TemplateResult {
    return badge(fine ? 'good' : 'bad', this.text(fine ? 'health.fine' : 'health.late'));
  }
}

/** The greatest value of each metric (Prometheus text format). */
function readMetrics(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_]+)(?:\{[^}]*\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || !Number.isFinite(Number(value))) continue;
    found.set(name, Math.max(found.get(name) ?? -Infinity, Number(value)));
  }
  return found;
}

defineScreen('console-health', HealthScreen);
