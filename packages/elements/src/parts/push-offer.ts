import { pushKey, subscribeToPush } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { define, Part } from '../part.js';

/** Offers to be told when the bank asks, where the page has a service worker and the bank sends pushes. */
export class PushOffer extends Part {
  @state() private offered: 'no' | 'yes' | 'on' | 'denied' = 'no';
  #key = '';
  #asked = false;

  protected override onChange(): void {
    if (this.#asked || this.session?.enrolled !== 'yes') return;
    this.#asked = true;
    void this.#look();
  }

  override render(): TemplateResult {
    const { wording, offered } = this;
    if (offered === 'no') return html`${nothing}`;
    return html`<section class="stack" part="push">
      ${offered === 'yes' ? this.button(wording.text('push.ask'), () => void this.#subscribe()) : nothing}
      <p role="status" class="quiet">
        ${this.failure || (offered === 'yes' ? nothing : wording.text(offered === 'on' ? 'push.on' : 'push.denied'))}
      </p>
    </section>`;
  }

  async #look(): Promise<void> {
    try {
      if (!('serviceWorker' in navigator) || !('PushManager' in globalThis)) return;
      const registration = await navigator.serviceWorker.getRegistration();
      if (!registration) return;
      this.#key = await pushKey(this.session!.connection!);
      if (Notification.permission === 'denied') this.offered = 'no';
      else this.offered = (await registration.pushManager.getSubscription()) ? 'on' : 'yes';
    } catch {
      this.offered = 'no';
    }
  }

  #subscribe(): Promise<void> {
    return this.attempt(async () => {
      if ((await Notification.requestPermission()) !== 'granted') {
        this.offered = 'denied';
        return;
      }
      const registration = await navigator.serviceWorker.ready;
      const options = { userVisibleOnly: true, applicationServerKey: this.#key };
      const subscription = await registration.pushManager.subscribe(options).catch(() => null);
      const { endpoint, keys } = subscription?.toJSON() ?? {};
      if (!endpoint || !keys?.['p256dh'] || !keys['auth']) {
        this.failure = this.wording.text('push.failed');
        return;
      }
      const target = { kind: 'webpush', endpoint, keys: { p256dh: keys['p256dh'], auth: keys['auth'] } } as const;
      await subscribeToPush(this.session!.connection!, target);
      this.offered = 'on';
    });
  }
}

define('countersign-push-offer', PushOffer);
