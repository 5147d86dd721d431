import { connect } from 'node:net';
import { enrolment, signedAnswer } from './device.js';
import { type HttpAnswer, HttpConnections } from './http-connection.js';
import type { Operation } from './pace.js';

export interface CountersignTarget {
  readonly port: number;
  readonly tokens: { readonly app: string; readonly agent: string };
  readonly line: string;
  /** Customers with one live call, of whom verdicts are asked. */
  readonly rung: number;
  /** Customers with a device, who answer. */
  readonly answering: number;
  readonly connections: number;
}

export interface Answering {
  readonly id: string;
  readonly deviceId: string;
}

const PREPARING_AT_ONCE = 16;

/** What the load on Countersign is made of, through its public HTTP interface alone. */
export class CountersignLoad {
  private readonly http: HttpConnections;
  private readonly app: string;
  private readonly agent: string;
  private next = 0;

  /** With `answering`, devices that were enrolled before, the customers need not be prepared again. */
  constructor(
    private readonly target: CountersignTarget,
    readonly answering: Answering[] = [],
  ) {
    this.http = new HttpConnections(target.port, target.connections);
    const headers = (token: string): string => `authorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    this.app = headers(target.tokens.app);
    this.agent = headers(target.tokens.agent);
  }

  /** Enrols devices and declares calls. */
  async prepare(): Promise<void> {
    await inParallel(this.target.rung, async (n) => {
      await this.send(201, 'POST', '/v1/calls', this.agent, {
        customerId: `rung-${n}`,
        direction: 'outbound',
        line: this.target.line,
        purpose: 'A payment we stopped',
      });
    });
    await inParallel(this.target.answering, async (n) => {
      const id = `answering-${n}`;
      const { body } = await this.send(201, 'POST', `/v1/customers/${id}/devices`, this.app, enrolment(id));
      this.answering.push({ id, deviceId: (JSON.parse(body) as { id: string }).id });
    });
  }

  /** A phone rings: is it the bank? */
  readonly verdict: Operation = async () => {
    const n = (this.next += 1) % this.target.rung;
    const { body } = await this.send(200, 'POST', `/v1/customers/rung-${n}/call-verdicts`, this.app, {
      trigger: 'ringing',
      incomingNumber: this.target.line,
      handset: { inCall: false },
    });
    if (!body.includes('"verdict":"legitimate"')) throw new Error(`not legitimate: ${body.slice(0, 60)}`);
  };

  /** Declares a call and asks; what waited for the customer before is displaced. */
  readonly declare: Operation = async () => void (await this.declared());

  /** Declare with `verify`, list what waits, answer with a signature, read the outcome. */
  readonly roundTrip: Operation = async () => {
    const { device, call, question } = await this.ask();
    await this.send(200, 'POST', `/v1/verifications/${question.id}/answer`, this.app, {
      jws: signedAnswer(device.deviceId, question, call.verification.code),
    });
    const outcome = await this.send(200, 'GET', `/v1/verifications/${question.id}`, this.agent);
    if (!outcome.body.includes('"status":"confirmed"')) throw new Error('not confirmed');
  };

  /** A round trip whose latency is from the sending of the answer to its event on the agent's stream. */
  readonly answerToStream: Operation = async () => {
    const { device, call, question } = await this.ask();
    const stream = await openStream(
      this.target.port,
      this.target.tokens.agent,
      `/v1/calls/${call.id}/stream`,
      'event: verification.confirmed',
    );
    try {
      const body = { jws: signedAnswer(device.deviceId, question, call.verification.code) };
      const sent = performance.now();
      const answered = this.send(200, 'POST', `/v1/verifications/${question.id}/answer`, this.app, body);
      const heard = await stream.heard;
      await answered;
      return heard - sent;
    } finally {
      stream.close();
    }
  };

  private async ask(): Promise<{
    device: Answering;
    call: { id: string; verification: { code: string } };
    question: { id: string; challenge: string; display: object };
  }> {
    const { device, declared } = await this.declared();
    const call = JSON.parse(declared.body) as {
      id: string;
      verification: { code: string } | null;
      verificationUnavailable?: string;
    };
    if (!call.verification) throw new Error(`no verification: ${call.verificationUnavailable}`);
    const waiting = await this.send(200, 'GET', `/v1/customers/${device.id}/verifications?status=waiting`, this.app);
    const [question] = (JSON.parse(waiting.body) as { data: { id: string; challenge: string; display: object }[] })
      .data;
    if (!question) throw new Error('nothing waits');
    return { device, call: { id: call.id, verification: call.verification }, question };
  }

  private async declared(): Promise<{ device: Answering; declared: HttpAnswer }> {
    const device = this.answering[(this.next += 1) % this.answering.length]!;
    const declared = await this.send(201, 'POST', '/v1/calls', this.agent, {
      customerId: device.id,
      direction: 'outbound',
      purpose: 'A payment we stopped',
      verify: true,
    });
    return { device, declared };
  }

  private async send(
    expected: number,
    method: string,
    path: string,
    headers: string,
    body?: object,
  ): Promise<HttpAnswer> {
    const answer = await this.http.request(method, path, headers, body && JSON.stringify(body));
    if (answer.status !== expected)
      throw new Error(
        `${method} ${path.replace(/(rung|answering)-\d+|_[a-z0-9]{26}/g, '…')}: ${answer.status} ${answer.body.slice(0, 200)}`,
      );
    return answer;
  }
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: PREPARING_AT_ONCE }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

/** Opens a stream on a socket of its own; `heard` resolves to the moment at which `mark` came. */
function openStream(
  port: number,
  token: string,
  path: string,
  mark: string,
): Promise<{ heard: Promise<number>; close: () => void }> {
  return new Promise((opened, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    const heard = new Promise<number>((resolve, lost) => {
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('\r\n\r\n')) opened({ heard, close: () => socket.destroy() });
        if (text.includes(mark)) resolve(performance.now());
      });
      socket.once('close', () => lost(new Error('the stream was closed')));
    });
    heard.catch(reject);
    socket.once('error', reject);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`);
  });
}
