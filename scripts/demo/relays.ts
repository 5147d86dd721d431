import { askVerdict, declareInbound, enrolPhone, readQuestion, type Stage } from './stage.js';
import { Story } from './story.js';

const ON_A_CALL_THAT_CAME_IN = { inCall: true, outgoing: false };

/** Somebody rings the bank as Maya while a fraudster has Maya on the line; her own answer shows it. */
export async function relayByAnswer(stage: Stage): Promise<void> {
  const story = new Story(
    'A fraudster has Maya on the phone, and his accomplice rings the bank in her name.',
    stage.say,
  );
  const phone = await enrolPhone(stage, story);
  const { body: call } = await story.step(
    'The accomplice rings the bank: "I am Maya." Amara\'s desktop declares a call that came in.',
    () => declareInbound(stage, phone.customerId),
    { status: 201, body: { direction: 'inbound', verification: { status: 'waiting' } } },
  );
  const stream = await stage.agent.stream(`/v1/calls/${call.id}/stream`);
  try {
    const question = await story.step(
      "Maya's app asks a neutral question, and shows nothing that a fraudster could use.",
      () => readQuestion(stage, phone),
      { display: { question: 'did_you_phone_us', agentName: undefined, purpose: undefined, direction: undefined } },
      () => '"Did you phone us?"',
    );
    await story.step(
      'Maya answers: "No, they called me."',
      () => phone.answer(stage.app, question, { answer: 'no', reason: 'they_called_me' }),
      {
        status: 200,
        body: {
          status: 'reported',
          findings: ['relay_suspected', 'new_device'],
          advice: { code: 'someone_rang_as_you' },
        },
      },
      ({ body }) => `${body.status}, ${body.findings[0]}: "${body.advice.headline}"`,
    );
    await story.step(
      "Amara's screen warns her while the accomplice is still talking.",
      async () => {
        await stream.waitFor('verification.reported');
        return stream.waitFor('call.relay_suspected');
      },
      { data: { subject: call.id } },
      ({ event }) => event,
    );
  } finally {
    stream.close();
  }
}

/** The same, and Maya was coached to say yes and has the right code; the handset alone shows it. */
export async function relayByHandset(stage: Stage): Promise<void> {
  const story = new Story(
    'The same again, but the fraudster has coached Maya: "Just tap yes, and type the code that I read to you."',
    stage.say,
  );
  const phone = await enrolPhone(stage, story);
  const { body: call } = await story.step(
    'The accomplice rings the bank as Maya, and hears the code from Amara.',
    () => declareInbound(stage, phone.customerId),
    { status: 201, body: { verification: { code: /^\d{6}$/ } } },
    ({ body }) => `the fraudster reads ${body.verification.code} to Maya`,
  );
  const question = await readQuestion(stage, phone);
  await story.step(
    'Maya taps yes and types the right code. But her phone knows that its call came in, and she did not dial.',
    () =>
      phone.answer(stage.app, question, {
        answer: 'yes',
        code: call.verification.code,
        handset: ON_A_CALL_THAT_CAME_IN,
      }),
    { status: 200, body: { status: 'reported', findings: ['relay_suspected', 'handset_mismatch', 'new_device'] } },
    ({ body }) => `${body.status}, ${body.findings.slice(0, 2).join(', ')}: "${body.advice.headline}"`,
  );
  await story.step(
    "Amara's desktop shows the call as a suspected relay; nothing was confirmed.",
    () => stage.agent.get(`/v1/calls/${call.id}`),
    { status: 200, body: { relaySuspectedAt: /^\d{4}-/, verification: { status: 'reported' } } },
  );
}

/** Maya asks her app about the caller; the verdict itself raises the alarm on the call in her name. */
export async function relayByVerdict(stage: Stage): Promise<void> {
  const story = new Story('The same again, but Maya asks her app whether her caller is the bank.', stage.say);
  const phone = await enrolPhone(stage, story);
  const { body: call } = await story.step(
    'The accomplice is on the line with Amara as Maya.',
    () => declareInbound(stage, phone.customerId),
    { status: 201 },
  );
  const stream = await stage.agent.stream(`/v1/calls/${call.id}/stream`);
  try {
    await story.step(
      'Maya asks: is the person who called me my bank?',
      () => askVerdict(stage, phone.customerId, { trigger: 'customer', handset: ON_A_CALL_THAT_CAME_IN }),
      { status: 200, body: { verdict: 'not_legitimate', reason: 'someone_rang_as_you' } },
      ({ body }) => `${body.verdict}: "${body.advice.headline}"`,
    );
    await story.step(
      "Her question alone raises the alarm on Amara's screen.",
      () => stream.waitFor('call.relay_suspected'),
      { data: { subject: call.id, data: { shownBy: 'verdict' } } },
      ({ event }) => event,
    );
  } finally {
    stream.close();
  }
  const question = await readQuestion(stage, phone);
  await story.step(
    'From then on not even a yes with the right code confirms anything.',
    () => phone.answer(stage.app, question, { answer: 'yes', code: call.verification.code }),
    { status: 200, body: { status: 'reported' } },
    ({ body }) => body.status,
  );
  await story.step(
    'A payment screen that asks is told to hold the payment.',
    () => stage.app.get(`/v1/customers/${phone.customerId}/signals`),
    { status: 200, body: { hold: true } },
    ({ body }) => `hold, because of ${body.reasons.map((reason: { type: string }) => reason.type).join(', ')}`,
  );
}
