import { type Statement, type TrustedKey, verifyEvidence } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { field } from '../../parts/fields.js';
import { table } from '../../parts/listing.js';
import { saveFile } from '../../parts/save-file.js';
import { defineScreen, Screen } from '../../shell/screen.js';

interface Found {
  readonly subjectId: string;
  readonly payload: unknown;
  readonly statements: readonly Statement[];
}

const TONES = { verified: 'good', failed: 'bad', not_verifiable: 'quiet' } as const;

/** An evidence, checked here in the browser against the published keys: nothing is taken on the service's word. */
class EvidenceScreen extends Screen {
  @state() private found: Found | null = null;

  protected override async load(): Promise<void> {
    this.found = null;
    const subjectId = this.params['id'];
    if (subjectId === undefined) return;
    const headers = { accept: 'application/jose' };
    const [response, keys] = await Promise.all([
      this.session.client.download('/v1/evidence/{subjectId}', { path: { subjectId }, headers, signal: this.signal }),
      this.session.client.get('/.well-known/jwks.json', { signal: this.signal }),
    ]);
    const jws = await response.text();
    const statements = verifyEvidence(jws, keys.keys as readonly TrustedKey[]);
    this.found = { subjectId, payload: payloadOf(jws), statements };
  }

  protected override render(): TemplateResult {
    const send = async ({ id = '' }: Readonly<Record<string, string>>): Promise<void> =>
      this.go(`/evidence/${encodeURIComponent(id.trim())}`);
    return html`${this.heading(this.text('evidence.heading'))}
      <p>${this.text('evidence.intro')}</p>
      <section class="card">
        ${this.form({
          send,
          fields: field({
            name: 'id',
            label: this.text('evidence.id'),
            hint: this.text('evidence.idHint'),
            value: this.params['id'] ?? '',
            required: true,
          }),
          submit: this.text('evidence.show'),
          label: this.text('evidence.heading'),
        })}
      </section>
      ${this.status()} ${this.found ? this.#evidence(this.found) : nothing}`;
  }

  #evidence({ subjectId, payload, statements }: Found): TemplateResult {
    const failed = statements.filter(({ result }) => result === 'failed').length;
    const open = statements.filter(({ result }) => result === 'not_verifiable').length;
    const outcome = failed > 0 ? 'failed' : open > 0 ? 'not_verifiable' : 'verified';
    const save = (): void =>
      void this.attempt(() => saveFile(this.session, `/v1/evidence/${subjectId}`), this.text('saved'));
    return html`<section class="card stack">
        <p>${badge(TONES[outcome], this.text(`evidence.${outcome}`))}</p>
        <p>${this.text(`evidence.${outcome}.what`, { failed, open, all: statements.length })}</p>
        <p class="actions">${this.button({ words: this.text('evidence.download'), key: 'v', run: save })}</p>
      </section>
      <section class="stack">
        <h2>${this.text('evidence.statements')}</h2>
        ${table<Statement>({
          caption: this.text('evidence.statements'),
          items: statements,
          empty: this.text('evidence.none'),
          rowClass: ({ result }) => (result === 'failed' ? 'alarm' : ''),
          columns: [
            {
              words: this.text('evidence.result'),
              cell: ({ result }) => badge(TONES[result], this.words.code('statement', result)),
            },
            { words: this.text('evidence.name'), cell: ({ name }) => name },
            { words: this.text('evidence.detail'), cell: ({ detail }) => html`<bdi>${detail}</bdi>` },
          ],
        })}
      </section>
      <details class="card">
        <summary>${this.text('evidence.content')}</summary>
        <pre tabindex="0">${JSON.stringify(payload, null, 2)}</pre>
      </details>`;
  }
}

/** What a compact JWS holds; null where it is none. Whether it is signed is said by the statements. */
function payloadOf(jws: string): unknown {
  try {
    const bytes = atob(jws.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0))));
  } catch {
    return null;
  }
}

defineScreen('console-evidence', EvidenceScreen);
