import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { EventStreams } from '../events/event-streams.js';
import { Databases } from '../database/databases.js';
import { Refusal } from '../refusals/refusal.js';
import { sightOf } from './call-owner.policy.js';
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

  /**
   * Opens the stream of the calls of a team or an agent. @throws Refusal 403 for those of others, unless an analyst asks.
   */
  async openAll(
    caller: Principal,
    { agentId, team }: { agentId: string | null; team: string | null },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const sight = sightOf(caller);
    const whose =
      agentId !== null || team !== null
        ? { ...(agentId === null ? {} : { agentId }), ...(team === null ? {} : { team }) }
        : caller.department === null
          ? { agentId: caller.subject }
          : { team: caller.department };
    if (!sight.all && whose.agentId !== sight.me && (whose.team === undefined || whose.team !== sight.team))
      throw new Refusal('not-your-team');
    await this.streams.open(caller, { filter: { ...whose, about: ['call', 'ver'] }, from: 'now' }, request, reply);
  }
}
