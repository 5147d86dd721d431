import { type ListedDevice, revokeDevice } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { define, Part } from '../part.js';

/** The devices that can answer for the customer, each to be removed. */
export class CustomerDevices extends Part {
  @state() private asked: string | null = null;

  override render(): TemplateResult {
    const { wording, session } = this;
    const listed = [...(session?.listed ?? [])].sort(
      (a, b) => Number(a.revokedAt !== null) - Number(b.revokedAt !== null),
    );
    return html`<section class="stack" part="devices">
      <h2 tabindex="-1">${wording.text('devices.heading')}</h2>
      <p>${wording.text('devices.intro')}</p>
      ${listed.length === 0 ? html`<p>${wording.text('devices.none')}</p>` : nothing}
      ${listed.map((device) => this.#device(device))} ${this.status()}
    </section>`;
  }

  #device(device: ListedDevice): TemplateResult {
    const { wording, session } = this;
    const name = device.name || wording.text('devices.unnamed');
    const own = device.id === session?.device?.id;
    return html`<article class="card stack" part="device">
      <h3><bdi>${name}</bdi>${own ? html` <span class="quiet">(${wording.text('devices.this')})</span>` : nothing}</h3>
      <p class="quiet">
        ${wording.text('devices.enrolled')}: ${wording.moment(device.enrolledAt)}
        ${
          device.revokedAt === null
            ? nothing
            : html`<br />${wording.text('devices.revoked')}: ${wording.moment(device.revokedAt)}`
        }
      </p>
      ${device.revokedAt === null ? this.#revoking(device, name, own) : nothing}
    </article>`;
  }

  #revoking({ id }: ListedDevice, name: string, own: boolean): TemplateResult {
    const { wording } = this;
    if (this.asked !== id) return this.button(wording.text('devices.revoke', { name }), () => this.#ask(id));
    return html`<div class="stack" role="group" aria-labelledby="sure">
      <p id="sure" class="sure" tabindex="-1"><strong>${wording.text('devices.sure')}</strong></p>
      <div class="pair">
        ${this.button(wording.text('devices.sureYes'), () => void this.#revoke(id, own))}
        ${this.button(wording.text('back'), () => (this.asked = null))}
      </div>
    </div>`;
  }

  #ask(id: string): void {
    this.asked = id;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.sure')?.focus());
  }

  async #revoke(id: string, own: boolean): Promise<void> {
    await this.attempt(async () => {
      const session = this.session!;
      await revokeDevice(session.connection!, id);
      if (own) await session.store?.remove(session.connection!.customerId);
      await session.refreshDevice();
      this.asked = null;
      await this.focusHeading();
    });
  }
}

define('countersign-devices', CustomerDevices);
