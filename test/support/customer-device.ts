import { type Answer, answerPayload } from '@countersign/device';
import { KeptPhone } from '../../scripts/phone/kept-phone.js';
import type { Reply, ServiceClient } from './service-client.js';

/** What the app was given to show. */
export interface Question {
  readonly id: string;
  readonly challenge: string;
  readonly display: object;
  readonly asks: readonly string[];
}

export interface CustomerAnswer {
  readonly answer: 'yes' | 'no';
  readonly code?: string;
  readonly reason?: string;
  readonly handset?: {
    readonly inCall: boolean;
    readonly outgoing?: boolean;
    readonly medium?: 'cellular' | 'voip' | 'unknown';
  };
}

/** A customer's phone that signs as the device kit does, says what a test likes, and shows each reply as it came. */
export class CustomerDevice extends KeptPhone {
  /** Enrols at the bank and keeps the offline secrets that come back encrypted. */
  async enrol(app: ServiceClient, name = 'My phone'): Promise<Reply> {
    const reply = await app.post(`/v1/customers/${this.customerId}/devices`, await this.enrolmentBody(name));
    if (reply.status === 201) this.enrolled(reply.body);
    return reply;
  }

  /** Signs exactly what was shown together with the customer's answer. */
  async signAnswer(question: Question, answer: CustomerAnswer, claims: object = {}): Promise<string> {
    const payload = await answerPayload(
      { ...question, display: { ...question.display } },
      answer as Answer,
      Date.now(),
    );
    return this.sign({ alg: this.algorithm, kid: this.id, typ: 'answer+jws' }, { ...payload, ...claims });
  }

  async answer(app: ServiceClient, question: Question, answer: CustomerAnswer): Promise<Reply> {
    return app.post(`/v1/verifications/${question.id}/answer`, { jws: await this.signAnswer(question, answer) });
  }

  /** What waits for the customer, or null. */
  async waitingQuestion(app: ServiceClient): Promise<Question | null> {
    const { body } = await app.get(`/v1/customers/${this.customerId}/verifications?status=waiting`);
    return body.data[0] ?? null;
  }
}
