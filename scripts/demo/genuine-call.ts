import {
  AGENT,
  askVerdict,
  declareOutbound,
  DEPARTMENT,
  enrolPhone,
  PURPOSE,
  readQuestion,
  type Stage,
} from './stage.js';
import { Story } from './story.js';

/** The bank rings, proves itself first, and the agent sees the customer's signed answer while still on the line. */
export async function genuineCall(stage: Stage): Promise<void> {
  const story = new Story('The bank rings Maya. Is it really the bank?', stage.say);
  const phone = await enrolPhone(stage, story);
  const { body: call } = await story.step(
    `${AGENT} of ${DEPARTMENT} rings Maya, and her desktop declares the call.`,
    () => declareOutbound(stage, phone.customerId),
    {
      status: 201,
      body: {
        state: 'live',
        direction: 'outbound',
        reference: /^\w{4}-\w{4}$/,
        verification: { status: 'waiting', code: /^\d{6}$/ },
      },
    },
    ({ body }) => `reference ${body.reference}; a six-digit code stands on Amara's screen alone`,
  );
  await story.step(
    "Maya's phone rings, and asks by itself whether this call is the bank's.",
    () =>
      askVerdict(stage, phone.customerId, {
        trigger: 'ringing',
        incomingNumber: stage.fraudLine,
        handset: { inCall: false },
      }),
    {
      status: 200,
      body: { verdict: 'legitimate', reason: 'live_call', call: { id: call.id, agentName: AGENT, purpose: PURPOSE } },
    },
    ({ body }) => `${body.verdict}: ${body.call.agentName}, about "${body.call.purpose}"`,
  );
  const stream = await stage.agent.stream(`/v1/calls/${call.id}/stream`);
  try {
    const question = await story.step(
      'Maya picks up. Her app asks her about this very call.',
      () => readQuestion(stage, phone),
      {
        id: call.verification.id,
        asks: ['answer', 'code'],
        display: { question: 'are_you_talking_to_us', agentName: AGENT, department: DEPARTMENT, purpose: PURPOSE },
      },
      () => `"Are you talking to ${AGENT} of ${DEPARTMENT}, about: ${PURPOSE}?"`,
    );
    await story.step(
      `Amara reads the code out, ${call.verification.code}: the bank proves itself first. Maya types it, and her phone signs what she saw.`,
      () =>
        phone.answer(stage.app, question, {
          answer: 'yes',
          code: call.verification.code,
          handset: { inCall: true, outgoing: false },
        }),
      { status: 200, body: { status: 'confirmed', findings: ['new_device'] } },
      ({ body }) => `${body.status}, with the note ${body.findings.join(', ')}: the phone was enrolled only just now`,
    );
    await story.step(
      "Amara's screen hears of it while she is talking.",
      () => stream.waitFor('verification.confirmed'),
      { data: { subject: call.verification.id, data: { answer: 'yes', findings: ['new_device'] } } },
      ({ event }) => event,
    );
  } finally {
    stream.close();
  }
  await story.step(
    "They hang up. From now on no call is Amara's any more.",
    async () => {
      await stage.agent.post(`/v1/calls/${call.id}/end`);
      return askVerdict(stage, phone.customerId, { trigger: 'ringing', incomingNumber: stage.fraudLine });
    },
    { status: 200, body: { verdict: 'not_legitimate', reason: 'no_live_call' } },
    ({ body }) => `the same number rings again: ${body.verdict}`,
  );
}
