import {
  type Enrolment,
  generateDecryptionKey,
  generateSigningKey,
  type Passkey,
  type Prepared,
  prepareEnrolment,
  preparePasskeyEnrolment,
  Refused,
  Unreachable,
  webCryptoKey,
} from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { define, Part } from '../part.js';

type Enrolled = Enrolment & { passkey?: Passkey; signing?: CryptoKeyPair };

/** Sets this browser up to answer: by a passkey, or by a key that it keeps and cannot give away. */
export class DeviceEnrolment extends Part {
  @state() private passkeys = typeof PublicKeyCredential === 'function';
  #name: string | null = null;
  /** What was sent without a reply: pressed again, it is the same request, and sets up one device. */
  #unanswered: { readonly by: string; readonly enrolment: Prepared<Enrolled> } | null = null;

  override render(): TemplateResult {
    const { wording, session } = this;
    const state = session?.enrolled;
    if (!session || state === 'asking' || state === 'yes') return html`${nothing}`;
    return html`<section class="card stack" part="enrolment">
      <h2 tabindex="-1">${wording.text('enrol.heading')}</h2>
      <p>${wording.text('enrol.intro')}</p>
      ${state === 'evicted' ? html`<p>${wording.text('enrol.evicted')}</p>` : nothing}
      ${state === 'revoked' ? html`<p>${wording.text('enrol.revoked')}</p>` : nothing}
      <p><strong>${wording.text('enrol.pressed')}</strong></p>
      <div>
        <label for="name">${wording.text('enrol.name')}</label>
        <input
          id="name"
          maxlength="80"
          autocomplete="off"
          .value=${this.#name ?? wording.text('enrol.nameDefault')}
          @input=${(event: InputEvent) => (this.#name = (event.target as HTMLInputElement).value)}
        />
      </div>
      ${this.passkeys ? this.button(wording.text('enrol.passkey'), () => void this.#withPasskey(), 'main') : nothing}
      ${this.button(wording.text('enrol.key'), () => void this.#withKey(), this.passkeys ? 'plain' : 'main')}
      ${this.status()}
    </section>`;
  }

  get #chosenName(): string {
    const { wording } = this;
    return (this.#name ?? wording.text('enrol.nameDefault')).trim() || wording.text('enrol.nameDefault');
  }

  #withPasskey(): Promise<void> {
    return this.attempt(
      async () => {
        try {
          await this.#enrol('passkey', async (name, decryptionKey) =>
            preparePasskeyEnrolment(this.session!.connection!, { name, decryptionKey }),
          );
        } catch (error) {
          const notHere = error instanceof Refused && (error.status === 404 || error.status === 403);
          if (!notHere && !(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
          if (notHere) this.passkeys = false;
          this.failure = this.wording.text('enrol.noPasskey');
        }
      },
      explainLimit(this.wording.text('enrol.limit')),
    );
  }

  #withKey(): Promise<void> {
    return this.attempt(
      async () => {
        const { connection, store } = this.session!;
        if (!store) {
          this.failure = this.wording.text('enrol.noStorage');
          return;
        }
        await this.#enrol('key', async (name, decryptionKey) => {
          const signing = await generateSigningKey();
          const device = { name, platform: 'web', key: webCryptoKey(signing), decryptionKey } as const;
          const enrolment = await prepareEnrolment(connection!, device);
          return { send: async () => ({ ...(await enrolment.send()), signing }) };
        });
      },
      explainLimit(this.wording.text('enrol.limit')),
    );
  }

  async #enrol(
    way: 'passkey' | 'key',
    prepare: (name: string, decryptionKey: CryptoKeyPair) => Promise<Prepared<Enrolled>>,
  ): Promise<void> {
    const name = this.#chosenName;
    const by = JSON.stringify([way, name]);
    const again = this.#unanswered?.by === by ? this.#unanswered.enrolment : null;
    const enrolment = again ?? (await prepare(name, await generateDecryptionKey()));
    this.#unanswered = { by, enrolment };
    try {
      await this.#keep(await enrolment.send());
      this.#unanswered = null;
    } catch (error) {
      const isUnderWay = error instanceof Refused && error.problem === 'idempotency-in-progress';
      if (error instanceof Unreachable || isUnderWay) throw error;
      this.#unanswered = null;
      // What was sent before never arrived, and is too old by now: it is made anew.
      if (!again || !(error instanceof Refused) || error.status !== 422) throw error;
      await this.#enrol(way, prepare);
    }
  }

  async #keep({ id, offlineKeys, passkey, signing }: Enrolled): Promise<void> {
    const session = this.session!;
    const device = {
      id,
      customerId: session.connection!.customerId,
      ...(signing ? { signing } : {}),
      ...(passkey ? { passkey } : {}),
      ...(offlineKeys ? { offline: offlineKeys } : {}),
    };
    await session.store?.save(device);
    await session.refreshDevice();
    this.tell('countersign-enrolled');
  }
}

function explainLimit(words: string): (error: Refused) => string | null {
  return ({ problem }) => (problem === 'device-limit' ? words : null);
}

define('countersign-enrolment', DeviceEnrolment);
