import { type EventRow, toCloudEvent } from './event.js';

/** Many streams are sent the same row; its text is made once. */
const TEXTS = new WeakMap<EventRow, string>();

/** An event as a stream sends it (WHATWG HTML §9.2.5). */
export function textOf(event: EventRow, tenantId: string): string {
  let text = TEXTS.get(event);
  if (text === undefined) {
    const cloudEvent = toCloudEvent(event, tenantId);
    text = `id: ${cloudEvent.id}\nevent: ${cloudEvent.type.replace(/^countersign\./, '')}\ndata: ${JSON.stringify(cloudEvent)}\n\n`;
    TEXTS.set(event, text);
  }
  return text;
}
