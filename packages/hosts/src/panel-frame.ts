import type { FromPanel, PanelSettings, ToPanel } from './panel-messages.js';
import type { PanelPort } from './panel-port.js';

export type PanelEvent = Extract<FromPanel, { type: 'event' }>;

/**
 * The panel in a frame of a desktop's page. It sends to the panel's own origin and hears it alone. What is shown before
 * the panel is ready is sent once it is.
 */
export class PanelFrame implements PanelPort {
  readonly #origin: string;
  readonly #window: Window;
  readonly #waiting: ToPanel[] = [];
  #ready = false;
  readonly #hear = (event: MessageEvent): void => this.#receive(event);

  constructor(
    private readonly frame: HTMLIFrameElement,
    private readonly onEvent: (event: PanelEvent) => void = () => undefined,
  ) {
    this.#origin = new URL(frame.src).origin;
    this.#window = frame.ownerDocument.defaultView!;
    this.#window.addEventListener('message', this.#hear);
  }

  show(settings: PanelSettings): void {
    this.#send({ countersign: 1, type: 'settings', settings });
  }

  clear(): void {
    this.#send({ countersign: 1, type: 'clear' });
  }

  /** Hears no more of the panel. */
  close(): void {
    this.#window.removeEventListener('message', this.#hear);
  }

  #send(message: ToPanel): void {
    if (this.#ready) this.frame.contentWindow?.postMessage(message, this.#origin);
    else this.#waiting.push(message);
  }

  #receive({ origin, source, data }: MessageEvent): void {
    if (origin !== this.#origin || source !== this.frame.contentWindow) return;
    const message = Object(data) as FromPanel;
    if (message.countersign !== 1) return;
    if (message.type === 'event') return this.onEvent(message);
    this.#ready = true;
    for (const waiting of this.#waiting.splice(0)) this.#send(waiting);
  }
}
