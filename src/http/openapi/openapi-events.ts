import type { OpenAPIObject } from '@nestjs/swagger';
import { EVENT_CATALOGUE } from '../../events/catalogue.js';
import type { EventKind } from '../../events/event-members.js';

type Schema = Record<string, unknown>;

/** The bank's own id of the customer, and the call in which it happened, where there is one. */
const COMMON: Schema = { customerId: { type: 'string' }, callId: { type: 'string' } };
/** CloudEvents 1.0, but for `type` and `data`. */
const ENVELOPE: Schema = {
  specversion: { type: 'string', const: '1.0' },
  id: { type: 'string' },
  source: { type: 'string' },
  subject: { type: 'string' },
  time: { type: 'string', format: 'date-time' },
  datacontenttype: { type: 'string', const: 'application/json' },
};
const OMITTED: Schema = {
  type: 'object',
  required: ['omitted'],
  properties: { ...COMMON, omitted: { type: 'boolean', const: true } },
};
const TEST_MEANING = 'Nothing has happened: `POST /v1/webhooks/{id}/test` sent this.';

/**
 * Says of every type of the catalogue what it is about and what its data holds: as a schema of its own, as an alternative
 * of what `GET /v1/events` lists, and in the `webhooks` section of OpenAPI 3.1. Changes the document.
 */
export function describeEvents(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const types = Object.entries<EventKind>(EVENT_CATALOGUE);
  for (const [type, kind] of types) schemas[nameOf(type)] = eventSchema(type, kind);
  const references = types.map(([type]) => ({ $ref: referenceTo(type) }));
  const mapping = Object.fromEntries(types.map(([type]) => [type, referenceTo(type)]));
  schemas.CloudEventReply = {
    description: 'CloudEvents 1.0, one of the types of this service.',
    oneOf: references,
    discriminator: { propertyName: 'type', mapping },
  };
  (document as { webhooks?: unknown }).webhooks = {
    ...Object.fromEntries(
      types.map(([type, { meaning }]) => [type, webhook(meaning, deliveredSchema(referenceTo(type)))]),
    ),
    'countersign.webhook.test': webhook(TEST_MEANING, { type: 'object' }),
  };
}

function eventSchema(type: string, { meaning, data }: EventKind): Schema {
  const named = {
    type: { type: 'string', const: type },
    data: { ...data, properties: { ...COMMON, ...data.properties } },
  };
  return {
    description: meaning,
    type: 'object',
    required: [...Object.keys(ENVELOPE), 'type', 'data'],
    properties: { ...ENVELOPE, ...named },
  };
}

/** What would be longer than a webhook may be goes without its data, which `GET /v1/events` has. */
function deliveredSchema(reference: string): Schema {
  return { anyOf: [{ $ref: reference }, { type: 'object', properties: { data: OMITTED } }] };
}

function webhook(summary: string, schema: Schema): Schema {
  return {
    post: {
      summary,
      description:
        'Signed as Standard Webhooks 1.0 says, with `webhook-id`, `webhook-timestamp` and `webhook-signature`. See docs/webhooks.md.',
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: { '2XX': { description: 'Taken. Anything else is tried again.' } },
    },
  };
}

const referenceTo = (type: string): string => `#/components/schemas/${nameOf(type)}`;

/** `countersign.call.relay_suspected` is `CallRelaySuspectedEvent`. */
function nameOf(type: string): string {
  const words = type
    .split(/[._]/)
    .slice(1)
    .map((word) => word[0]!.toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}
