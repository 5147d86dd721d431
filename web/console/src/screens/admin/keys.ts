import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { table } from '../../parts/listing.js';
import { pairs } from '../../parts/pairs.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Issuer = ReplyOf<'get', '/v1/issuers'>['data'][number];
type SigningKey = ReplyOf<'get', '/v1/signing-keys'>['data'][number];

/** Whose tokens are taken, how their keys stand, and with which keys this service signs. */
class KeysScreen extends Screen {
  @state() private issuers: readonly Issuer[] = [];
  @state() private keys: readonly SigningKey[] | null = null;

  protected override async load(): Promise<void> {
    const { client } = this.session;
    const { signal } = this;
    const [issuers, keys] = await Promise.all([
      client.get('/v1/issuers', { signal }),
      client.get('/v1/signing-keys', { signal }),
    ]);
    this.issuers = issuers.data;
    this.keys = keys.data;
  }

  protected override render(): TemplateResult {
    return html`${this.heading(this.text('keys.heading'))} ${this.status()}
      ${this.issuers.map((issuer) => this.#issuer(issuer))} ${this.keys ? this.#signing(this.keys) : nothing}
      <p>
        ${this.button({ words: this.text('refresh'), key: 'r', run: () => void this.attempt(() => this.load()) })}
      </p>`;
  }

  #issuer({ issuer, of, audiences, algorithms, keys, keysFetchedAt, lastFailure }: Issuer): TemplateResult {
    const kinds = of.map((one) => this.words.code('issuerOf', one)).join(', ');
    return html`<section class="card stack">
      <h2><bdi>${issuer}</bdi></h2>
      <p>
        ${
          keysFetchedAt === null
            ? badge('quiet', this.text('keys.notNeeded'))
            : lastFailure
              ? badge('bad', this.text('keys.failed'))
              : badge('good', this.text('keys.fine'))
        }
      </p>
      ${pairs([
        [this.text('keys.of'), kinds],
        [this.text('keys.audiences'), audiences.join(', ')],
        [this.text('keys.algorithms'), algorithms.join(', ')],
        [
          this.text('keys.atHand'),
          keys.length === 0
            ? '–'
            : keys.map(({ kid, alg, kty }) => html`<div><bdi>${kid ?? '–'}</bdi> (${alg ?? kty ?? '–'})</div>`),
        ],
        [this.text('keys.fetched'), this.time(keysFetchedAt)],
        ...(lastFailure
          ? [
              [
                this.text('keys.lastFailure'),
                html`${this.words.code('keyFailure', lastFailure.why)}, ${this.time(lastFailure.at)}`,
              ] as const,
            ]
          : []),
      ])}
    </section>`;
  }

  #signing(keys: readonly SigningKey[]): TemplateResult {
    return html`<section class="stack">
      <h2>${this.text('keys.signing')}</h2>
      ${table<SigningKey>({
        caption: this.text('keys.signing'),
        items: keys,
        empty: this.text('keys.none'),
        columns: [
          {
            words: this.text('state'),
            cell: ({ current }) =>
              current ? badge('good', this.text('keys.current')) : badge('quiet', this.text('keys.former')),
          },
          { words: this.text('keys.id'), cell: ({ kid }) => html`<bdi>${kid}</bdi>` },
          { words: this.text('keys.algorithm'), cell: ({ algorithm }) => algorithm },
          { words: this.text('keys.since'), cell: ({ firstUsedAt }) => this.time(firstUsedAt) },
        ],
      })}
    </section>`;
  }
}

defineScreen('console-keys', KeysScreen);
