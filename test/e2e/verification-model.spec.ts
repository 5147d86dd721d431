import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CustomerAnswer, CustomerDevice, type Question } from '../support/customer-device.js';
import type { Reply } from '../support/service-client.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

const POLICY = { pushBudget: { perMinute: 20, sinceConfirmed: 100 }, attempts: { codeFailures: 3 } };
const MOST_STARTS = 18;

/** What may happen to a customer, in any order and by anybody. */
type Step =
  | { do: 'declare'; direction: 'outbound' | 'inbound' }
  | { do: 'renew' | 'cancel' | 'end' | 'lapse' | 'unlock' | 'ask' }
  | { do: 'revoke'; device: 0 | 1 }
  | {
      do: 'answer';
      device: 0 | 1;
      question: 'newest' | 'older';
      code: 'right' | 'wrong' | 'none' | 'older';
      answer: CustomerAnswer['answer'];
      reason?: string;
      handset?: CustomerAnswer['handset'];
    };

const handset = fc.option(
  fc.record({ inCall: fc.constant(true), outgoing: fc.boolean() }, { requiredKeys: ['inCall'] }),
  { nil: undefined },
);
const device = fc.constantFrom(0 as const, 1 as const);
const answerStep = fc.record({
  do: fc.constant('answer' as const),
  device: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0 as const) },
    { weight: 1, arbitrary: fc.constant(1 as const) },
  ),
  question: fc.oneof(
    { weight: 5, arbitrary: fc.constant('newest' as const) },
    { weight: 1, arbitrary: fc.constant('older' as const) },
  ),
  code: fc.oneof(
    { weight: 5, arbitrary: fc.constant('right' as const) },
    { weight: 4, arbitrary: fc.constantFrom('wrong' as const, 'none' as const, 'older' as const) },
  ),
  answer: fc.oneof(
    { weight: 6, arbitrary: fc.constant('yes' as const) },
    { weight: 1, arbitrary: fc.constant('no' as const) },
  ),
  reason: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('they_called_me', 'not_me', 'pressured') },
  ),
  handset: fc.oneof({ weight: 8, arbitrary: handset }, { weight: 1, arbitrary: fc.constant({ inCall: false }) }),
});
/** Somebody who mishears: without them, few walks come as far as the lock. */
const mishears = fc.constant<Step>({ do: 'answer', device: 0, question: 'newest', code: 'wrong', answer: 'yes' });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: mishears },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('declare' as const),
      direction: fc.constantFrom('outbound' as const, 'inbound' as const),
    }),
  },
  { weight: 9, arbitrary: answerStep },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'renew' as const,
        'renew' as const,
        'cancel' as const,
        'end' as const,
        'lapse' as const,
        'unlock' as const,
        'ask' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), device }) },
);

interface Asked {
  readonly question: Question;
  readonly code: string;
  readonly call: Call;
  /** As the model has it; the service is held to it. */
  status: string;
}

interface Call {
  readonly id: string;
  readonly direction: 'outbound' | 'inbound';
  live: boolean;
  relay: boolean;
}

/** What a reader of the contract would expect, in as few words as possible. */
class Model {
  readonly calls: Call[] = [];
  readonly asked: Asked[] = [];
  readonly revoked = new Set<number>();
  failures = 0;
  locked = false;

  get waiting(): Asked | undefined {
    return this.asked.find(({ status }) => status === 'waiting');
  }

  /** Whether what the handset says cannot be: a no is refuted by nothing but a call that came in while the bank was rung. */
  private conflicts(
    answer: CustomerAnswer['answer'],
    rung: boolean,
    said: NonNullable<CustomerAnswer['handset']>,
  ): boolean {
    if (answer === 'no') return !rung && said.inCall && said.outgoing === false;
    return !said.inCall || (said.outgoing !== undefined && said.outgoing === rung);
  }

  /** The outcome that the contract asks for: an HTTP status, and what the verification becomes. */
  expectAnswer(
    step: Step & { do: 'answer' },
    asked: Asked,
    code: string | undefined,
  ): { http: number; status: string } {
    if (asked.status !== 'waiting') return { http: 409, status: asked.status };
    if (this.revoked.has(step.device)) return { http: 422, status: 'waiting' };
    if (step.answer === 'yes' && !asked.call.live) return { http: 409, status: 'waiting' };
    const rung = asked.call.direction === 'outbound';
    const said = step.handset;
    const relay =
      asked.call.relay ||
      (!rung && step.reason === 'they_called_me') ||
      (said !== undefined && this.conflicts(step.answer, rung, said));
    if (relay || step.reason === 'pressured' || (step.answer === 'yes' && step.reason !== undefined)) {
      if (relay) asked.call.relay = true;
      return { http: 200, status: 'reported' };
    }
    if (step.answer === 'no') return { http: 200, status: 'denied' };
    if (code === undefined) return { http: 422, status: 'waiting' };
    if (code === asked.code) {
      this.failures = 0;
      return { http: 200, status: 'confirmed' };
    }
    this.failures += 1;
    this.locked = this.failures >= POLICY.attempts.codeFailures;
    return this.locked ? { http: 423, status: 'locked' } : { http: 422, status: 'waiting' };
  }
}

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  expect(await service.admin.put('/v1/policy', POLICY, { headers: { 'If-Match': '"0"' } })).toMatchObject({
    status: 200,
  });
});
afterAll(() => service.stop());

/** One customer's life, played against the model and the service at once. */
class Walk {
  readonly model = new Model();
  readonly happened = new Set<string>();

  private constructor(
    readonly customerId: string,
    readonly devices: readonly CustomerDevice[],
  ) {}

  static async begin(): Promise<Walk> {
    const customerId = newCustomerId();
    const devices = await Promise.all([CustomerDevice.make(customerId), CustomerDevice.make(customerId, 'EdDSA')]);
    for (const device of devices) expect(await device.enrol(service.app)).toMatchObject({ status: 201 });
    return new Walk(customerId, devices);
  }

  async take(step: Step): Promise<void> {
    const { model } = this;
    const call = model.calls.at(-1);
    switch (step.do) {
      case 'declare':
        return this.start(
          () =>
            service.amara.post('/v1/calls', {
              customerId: this.customerId,
              direction: step.direction,
              purpose: 'A walk',
              verify: true,
            }),
          step.direction,
        );
      case 'renew':
        return call ? this.start(() => service.amara.post(`/v1/calls/${call.id}/verification`), call) : undefined;
      case 'cancel': {
        const asked = model.asked.at(-1);
        if (!asked) return;
        const reply = await service.amara.post(`/v1/verifications/${asked.question.id}/cancel`);
        expect(reply.status).toBe(asked.status === 'waiting' ? 200 : 409);
        if (asked.status === 'waiting') asked.status = 'cancelled';
        return;
      }
      case 'end': {
        if (!call) return;
        expect((await service.amara.post(`/v1/calls/${call.id}/end`)).status).toBe(call.live ? 200 : 409);
        call.live = false;
        for (const asked of model.asked)
          if (asked.call === call && asked.status === 'waiting') asked.status = 'cancelled';
        return;
      }
      case 'lapse': {
        if (!model.waiting) return;
        await service.sql(
          `UPDATE verifications SET expires_at = now() - interval '1 second' WHERE customer_id = $1 AND status = 'waiting'`,
          [this.customerId],
        );
        model.waiting.status = 'expired';
        return;
      }
      case 'unlock': {
        expect((await service.admin.post(`/v1/customers/${this.customerId}/unlock`)).status).toBe(200);
        // Without a lock there is nothing to lift, and the count goes on.
        if (model.locked) [model.locked, model.failures] = [false, 0];
        return;
      }
      case 'ask': {
        await onceReached(() =>
          service.app.post(`/v1/customers/${this.customerId}/call-verdicts`, { trigger: 'customer' }),
        );
        if (!model.calls.some(({ live, direction }) => live && direction === 'outbound'))
          for (const one of model.calls) if (one.live) one.relay = true;
        return;
      }
      case 'revoke': {
        expect(
          (await service.app.delete(`/v1/customers/${this.customerId}/devices/${this.devices[step.device]!.id}`))
            .status,
        ).toBe(204);
        model.revoked.add(step.device);
        return;
      }
      case 'answer':
        return this.answer(step);
    }
  }

  private async start(ask: () => Promise<Reply>, on: Call | 'outbound' | 'inbound'): Promise<void> {
    const { model } = this;
    if (model.asked.length >= MOST_STARTS) return;
    const reply = await ask();
    const refused = model.locked ? 'locked' : model.revoked.size === this.devices.length ? 'no_device' : null;
    if (typeof on !== 'string')
      expect(reply.status).toBe(!on.live ? 409 : refused === 'locked' ? 423 : refused ? 422 : 201);
    else
      expect(reply).toMatchObject({
        status: 201,
        body: refused
          ? { verification: null, verificationUnavailable: refused }
          : { verification: { status: 'waiting', attemptsLeft: POLICY.attempts.codeFailures - model.failures } },
      });
    const call = typeof on === 'string' ? { id: reply.body.id as string, direction: on, live: true, relay: false } : on;
    if (typeof on === 'string') model.calls.push(call);
    const started = typeof on === 'string' ? reply.body.verification : reply.status === 201 ? reply.body : null;
    if (!started) return;
    if (model.waiting) model.waiting.status = 'cancelled';
    const question = (await this.devices[0]!.waitingQuestion(service.app))!;
    expect(question.id).toBe(started.id);
    model.asked.push({ question, code: started.code as string, call, status: 'waiting' });
  }

  private async answer(step: Step & { do: 'answer' }): Promise<void> {
    const { model } = this;
    const asked = model.asked.at(step.question === 'newest' ? -1 : -2);
    if (!asked) return;
    const other = asked.code === '000000' ? '000001' : '000000';
    const code = { right: asked.code, wrong: other, none: undefined, older: model.asked.at(-3)?.code ?? other }[
      step.code
    ];
    const reply = await this.devices[step.device]!.answer(service.app, asked.question, {
      answer: step.answer,
      code,
      reason: step.reason,
      handset: step.handset,
    });
    const expected = model.expectAnswer(step, asked, code);
    expect({ step, http: reply.status }).toEqual({ step, http: expected.http });
    if (reply.status === 200) expect(reply.body.status).toBe(expected.status);
    asked.status = expected.status;
    this.happened.add(`${reply.status} ${expected.status}`);
  }

  /** The store agrees with the model, and the log with the store: one closing event for each that is closed. */
  async agree(): Promise<void> {
    // What has lapsed may still say waiting, until somebody looks; and the sweeper may look at any moment: all is read at one.
    const rows = await service.sql<{
      id: string;
      status: string;
      due: boolean;
      answer: string | null;
      device: boolean;
      closings: string[];
    }>(
      `SELECT id, status, status = 'waiting' AND expires_at <= now() AS due, answer, device_id IS NOT NULL AS device,
              ARRAY(SELECT e.type FROM events e WHERE e.customer_id = $1 AND e.about = 'ver' AND e.about_id = v.id
                       AND e.type ~ '\\.(confirmed|denied|reported|expired|cancelled|locked)$') AS closings
         FROM verifications v WHERE customer_id = $1 ORDER BY id`,
      [this.customerId],
    );
    const stored = rows.map(({ due, status }) => (due ? 'expired' : status));
    expect(stored).toEqual(this.model.asked.map(({ status }) => status));
    expect(
      rows.filter(({ status, answer, device }) => status === 'confirmed' && !(answer === 'yes' && device)),
    ).toEqual([]);
    for (const { id, status, closings } of rows)
      expect([id, closings]).toEqual([id, status === 'waiting' ? [] : [`countersign.verification.${status}`]]);
  }
}

describe('any sequence of calls, answers, renewals, lapses, locks and revocations', () => {
  it(
    'confirms only with the right code, a live device and a matching direction, and leaves no terminal state',
    { timeout: 120_000 },
    async () => {
      const seen = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
          const walk = await Walk.begin();
          for (const one of steps) {
            await walk.take(one);
            await walk.agree();
          }
          for (const outcome of walk.happened) seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        }),
        { numRuns: Number(process.env.WALKS ?? 30), interruptAfterTimeLimit: 90_000, markInterruptAsFailure: false },
      );
      expect([...seen.keys()].some((outcome) => outcome.startsWith('409'))).toBe(true);
      // A walk that never comes by what it is about proves nothing.
      expect([...seen.keys()]).toEqual(
        expect.arrayContaining(['200 confirmed', '200 reported', '200 denied', '422 waiting', '423 locked']),
      );
    },
  );
});
