import { type CloudEvent, type EventRow, toCloudEvent } from '../events/event.js';
import { toTypeId } from '../ids/ids.js';

/** Standard Webhooks asks for less than 20 kB. */
const MOST_BYTES = 20_000;

export interface WebhookMessage {
  readonly id: string;
  readonly body: string;
}

/** What is posted of an event: a CloudEvent in its JSON form. What would be too long goes without its data, which the event log has. */
export function messageOf(event: EventRow, tenantId: string): WebhookMessage {
  const whole = toCloudEvent(event, tenantId);
  const body = JSON.stringify(whole);
  if (Buffer.byteLength(body) < MOST_BYTES) return { id: whole.id, body };
  const { customerId, callId } = whole.data;
  return { id: whole.id, body: JSON.stringify({ ...whole, data: { customerId, callId, omitted: true } }) };
}

/** What is posted for a test. */
export function testMessage(deliveryEventId: string, webhookId: string, tenantId: string, now: Date): WebhookMessage {
  const event: CloudEvent = {
    specversion: '1.0',
    id: toTypeId('evt', deliveryEventId),
    source: `urn:countersign:${tenantId}`,
    type: 'countersign.webhook.test',
    subject: toTypeId('whk', webhookId),
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data: {},
  };
  return { id: event.id, body: JSON.stringify(event) };
}
