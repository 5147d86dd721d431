import { AgentScreen } from './agent-screen.js';
import { AGENT, codeOf, declareOutbound, DEPARTMENT, endCall, enrolPhone, PURPOSE, type Stage } from './stage.js';
import { Story } from './story.js';

/** The bank rings, proves itself first, and the agent sees the customer's signed answer while still on the line. */
export async function genuineCall(stage: Stage): Promise<void> {
  const story = new Story('The bank rings Maya. Is it really the bank?', stage.say);
  const phone = await enrolPhone(stage, story);
  const call = await story.step(
    `${AGENT} of ${DEPARTMENT} rings Maya, and her desktop declares the call.`,
    () => declareOutbound(stage, phone.customerId),
    {
      state: 'live',
      direction: 'outbound',
      reference: /^\w{4}-\w{4}$/,
      verification: { status: 'waiting', code: /^\d{6}$/ },
    },
    ({ reference }) => `reference ${reference}; a six-digit code stands on Amara's screen alone`,
  );
  await story.step(
    "Maya's phone rings, and asks by itself whether this call is the bank's.",
    () => phone.judge({ trigger: 'ringing', incomingNumber: stage.fraudLine, handset: { inCall: false } }),
    { verdict: 'legitimate', reason: 'live_call', call: { id: call.id, agentName: AGENT, purpose: PURPOSE } },
    ({ verdict, call: shown }) => `${verdict}: ${shown!.agentName}, about "${shown!.purpose}"`,
  );
  const screen = new AgentScreen(stage.agent, call.id);
  try {
    const question = await story.step(
      'Maya picks up. Her app asks her about this very call.',
      () => phone.question(),
      {
        id: call.verification!.id,
        asks: ['answer', 'code'],
        display: { question: 'are_you_talking_to_us', agentName: AGENT, department: DEPARTMENT, purpose: PURPOSE },
      },
      () => `"Are you talking to ${AGENT} of ${DEPARTMENT}, about: ${PURPOSE}?"`,
    );
    await story.step(
      `Amara reads the code out, ${codeOf(call)}: the bank proves itself first. Maya types it, and her phone signs what she saw.`,
      () =>
        phone.answer(question, {
          answer: 'yes',
          code: codeOf(call),
          handset: { inCall: true, outgoing: false },
        }),
      { status: 'confirmed', findings: ['new_device'] },
      ({ status, findings }) => `${status}, with the note ${findings.join(', ')}: the phone was enrolled only just now`,
    );
    await story.step(
      "Amara's screen hears of it while she is talking.",
      () => screen.hear('countersign.verification.confirmed'),
      { subject: call.verification!.id, data: { answer: 'yes', findings: ['new_device'] } },
      ({ type }) => type,
    );
  } finally {
    screen.close();
  }
  await story.step(
    "They hang up. From now on no call is Amara's any more.",
    async () => {
      await endCall(stage, call);
      return phone.judge({ trigger: 'ringing', incomingNumber: stage.fraudLine });
    },
    { verdict: 'not_legitimate', reason: 'no_live_call' },
    ({ verdict }) => `the same number rings again: ${verdict}`,
  );
}
