import { randomUUID } from 'node:crypto';
import { signCompact } from './device.js';
import { type HttpAnswer, HttpConnections } from './http-connection.js';
import type { Operation } from './pace.js';

export interface PeerTarget {
  readonly port: number;
  readonly customers: number;
  readonly connections: number;
}

const JSON_BODY = 'content-type: application/json\r\n';
const FORM_BODY = `content-type: application/x-www-form-urlencoded\r\nauthorization: Basic ${Buffer.from('bank:bench-secret').toString('base64')}\r\n`;

/** Whatever the peers answer with. */
interface PeerAnswer {
  readonly call?: object | null;
  readonly data?: readonly { readonly id: string; readonly challenge: string }[];
  readonly status?: string;
  readonly auth_req_id?: string;
  readonly id_token?: string;
}

class Peer {
  protected next = 0;
  private readonly http: HttpConnections;

  constructor(protected readonly target: PeerTarget) {
    this.http = new HttpConnections(target.port, target.connections);
  }

  protected customer(): string {
    return `customer-${(this.next += 1) % this.target.customers}`;
  }

  protected async send(
    expected: number,
    method: string,
    path: string,
    headers: string,
    body?: string,
  ): Promise<PeerAnswer> {
    const answer: HttpAnswer = await this.http.request(method, path, headers, body);
    if (answer.status !== expected)
      throw new Error(`${method} ${path.split('/')[1]}: ${answer.status} ${answer.body.slice(0, 200)}`);
    return (answer.body === '' ? {} : JSON.parse(answer.body)) as PeerAnswer;
  }
}

/** The load on bare Fastify with a plain pool. */
export class FastifyLoad extends Peer {
  /** One read by index. */
  readonly read: Operation = async () => {
    const { call } = await this.send(200, 'GET', `/customers/${this.customer()}/call`, '');
    if (!call) throw new Error('no call');
  };

  readonly roundTrip: Operation = async () => {
    const customerId = this.customer();
    await this.send(
      201,
      'POST',
      '/verifications',
      JSON_BODY,
      JSON.stringify({ customerId, agentId: 'amara', purpose: 'A payment we stopped' }),
    );
    const question = (await this.send(200, 'GET', `/customers/${customerId}/verifications`, '')).data![0]!;
    const jws = signCompact(
      { kid: customerId },
      { verification: question.id, challenge: question.challenge, answer: 'yes' },
    );
    await this.send(200, 'POST', `/verifications/${question.id}/answer`, JSON_BODY, JSON.stringify({ jws }));
    const { status } = await this.send(200, 'GET', `/verifications/${question.id}`, '');
    if (status !== 'confirmed') throw new Error('not confirmed');
  };
}

/** The load on CIBA (OpenID Connect Client-Initiated Backchannel Authentication 1.0, poll mode). */
export class CibaLoad extends Peer {
  readonly roundTrip: Operation = async () => {
    const customerId = this.customer();
    const form = new URLSearchParams({
      scope: 'openid',
      login_hint: customerId,
      binding_message: randomUUID().slice(0, 8),
    });
    const { auth_req_id: authReqId } = await this.send(200, 'POST', '/backchannel', FORM_BODY, form.toString());
    const { data } = await this.send(200, 'GET', `/pending/${customerId}`, '');
    const { id } = data!.at(-1)!;
    await this.send(
      204,
      'POST',
      '/decisions',
      JSON_BODY,
      JSON.stringify({ jws: signCompact({ kid: customerId }, { request: id, answer: 'yes' }) }),
    );
    const token = new URLSearchParams({ grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: authReqId! });
    const { id_token: idToken } = await this.send(200, 'POST', '/token', FORM_BODY, token.toString());
    if (!idToken) throw new Error('no token');
  };
}
