import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { EventStreams } from '../events/event-streams.js';
import { Databases } from '../database/databases.js';
import { CallsService } from './calls.service.js';

@Injectable()
export class CallStreamService {
  constructor(
    private readonly databases: Databases,
    private readonly calls: CallsService,
    private readonly streams: EventStreams,
  ) {}

  /** Opens the stream of a call's events. @throws Problem 404. */
  async open(caller: Principal, callId: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const database = this.databases.of(caller.tenantId);
    const { id } = await this.calls.find(database, callId);
    await this.streams.open(caller, { filter: { callId: id }, from: 'beginning' }, request, reply);
  }
}
