import { applyDecorators, Inject, Injectable } from '@nestjs/common';
import { ApiHeader, ApiOkResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problems } from '../http/api-problems.js';
import { PROVIDED } from '../config/provided.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { Metrics } from '../observability/metrics.js';
import { streamEvents, type StreamOptions } from './event-stream.js';
import { EventTail } from './event-tail.js';
import { OpenStreams } from './open-streams.js';

/** Opens live streams for the routes that have one. */
@Injectable()
export class EventStreams {
  private readonly streams: OpenStreams;

  constructor(
    private readonly databases: Databases,
    private readonly tail: EventTail,
    private readonly clock: Clock,
    metrics: Metrics,
    @Inject(PROVIDED.mostConnections) most: number,
  ) {
    this.streams = new OpenStreams({
      room: () => ({ most, tenants: databases.all().length }),
      isServed: (tenantId) => !databases.isSuspended(tenantId),
      refused: () => metrics.shed.inc({ class: 'stream' }),
    });
    // Whoever is still served resumes, with a token that is taken now.
    databases.onChange((changed) => {
      for (const tenantId of changed) this.streams.endOf(tenantId);
    });
  }

  /** Ends every stream, and lets none be opened from then on. */
  end(): void {
    this.streams.end();
  }

  /** Resolves once the stream is open. @throws Problem 400 for a Last-Event-ID that this stream never had, 503 where the service is stopping or the tenant has its share. */
  async open(
    caller: { tenantId: string; expiresAt: Date },
    what: Pick<StreamOptions, 'filter' | 'from'>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    // As this process's own clock will show it: a timer goes by that one.
    const until = new Date(Date.now() + caller.expiresAt.getTime() - this.clock.milliseconds());
    await streamEvents({
      ...what,
      request,
      reply,
      database: this.databases.of(caller.tenantId),
      tail: this.tail,
      until,
      open: this.streams,
    });
  }
}

/** A stream is text; what stands in each `data` is one of the types of this service. */
export const EVENT_STREAM_SCHEMA = {
  type: 'string',
  contentMediaType: 'application/json',
  contentSchema: { $ref: '#/components/schemas/CloudEventReply' },
} as { type: string };

/** Documents a route that answers with server-sent events. */
export function ApiEventStream(example: string): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'The last `id` that was read, such as evt_01jd3f6q8zfk1rz1m3v9w1c2aa.',
    }),
    ApiOkResponse({
      description: 'The stream.',
      content: {
        'text/event-stream': {
          schema: EVENT_STREAM_SCHEMA,
          example: `id: evt_01jd3f6q8zfk1rz1m3v9w1c2aa\nevent: ${example}\ndata: {"specversion":"1.0",…}\n\n`,
        },
      },
    }),
    Problems('malformed-request'),
  );
}
