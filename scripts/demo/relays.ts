import { AgentScreen } from './agent-screen.js';
import { codeOf, declareInbound, enrolPhone, readSignals, type Stage } from './stage.js';
import { Story } from './story.js';

const ON_A_CALL_THAT_CAME_IN = { inCall: true, outgoing: false };

/** Somebody rings the bank as Maya while a fraudster has Maya on the line; her own answer shows it. */
export async function relayByAnswer(stage: Stage): Promise<void> {
  const story = new Story(
    'A fraudster has Maya on the phone, and his accomplice rings the bank in her name.',
    stage.say,
  );
  const phone = await enrolPhone(stage, story);
  const call = await story.step(
    'The accomplice rings the bank: "I am Maya." Amara\'s desktop declares a call that came in.',
    () => declareInbound(stage, phone.customerId),
    { direction: 'inbound', verification: { status: 'waiting' } },
  );
  const screen = new AgentScreen(stage.agent, call.id);
  try {
    const question = await story.step(
      "Maya's app asks a neutral question, and shows nothing that a fraudster could use.",
      () => phone.question(),
      { display: { question: 'did_you_phone_us', agentName: undefined, purpose: undefined, direction: undefined } },
      () => '"Did you phone us?"',
    );
    await story.step(
      'Maya answers: "No, they called me."',
      () => phone.answer(question, { answer: 'no', reason: 'they_called_me' }),
      { status: 'reported', findings: ['relay_suspected', 'new_device'], advice: { code: 'someone_rang_as_you' } },
      ({ status, findings, advice }) => `${status}, ${findings[0]}: "${advice.headline}"`,
    );
    await story.step(
      "Amara's screen warns her while the accomplice is still talking.",
      async () => {
        await screen.hear('countersign.verification.reported');
        return screen.hear('countersign.call.relay_suspected');
      },
      { subject: call.id },
      ({ type }) => type,
    );
  } finally {
    screen.close();
  }
}

/** The same, and Maya was coached to say yes and has the right code; the handset alone shows it. */
export async function relayByHandset(stage: Stage): Promise<void> {
  const story = new Story(
    'The same again, but the fraudster has coached Maya: "Just tap yes, and type the code that I read to you."',
    stage.say,
  );
  const phone = await enrolPhone(stage, story);
  const call = await story.step(
    'The accomplice rings the bank as Maya, and hears the code from Amara.',
    () => declareInbound(stage, phone.customerId),
    { verification: { code: /^\d{6}$/ } },
    (declared) => `the fraudster reads ${codeOf(declared)} to Maya`,
  );
  const question = await phone.question();
  await story.step(
    'Maya taps yes and types the right code. But her phone knows that its call came in, and she did not dial.',
    () =>
      phone.answer(question, {
        answer: 'yes',
        code: codeOf(call),
        handset: ON_A_CALL_THAT_CAME_IN,
      }),
    { status: 'reported', findings: ['relay_suspected', 'handset_mismatch', 'new_device'] },
    ({ status, findings, advice }) => `${status}, ${findings.slice(0, 2).join(', ')}: "${advice.headline}"`,
  );
  await story.step(
    "Amara's desktop shows the call as a suspected relay; nothing was confirmed.",
    () => stage.agent.get('/v1/calls/{callId}', { path: { callId: call.id } }),
    { relaySuspectedAt: /^\d{4}-/, verification: { status: 'reported' } },
  );
}

/** Maya asks her app about the caller; the verdict itself raises the alarm on the call in her name. */
export async function relayByVerdict(stage: Stage): Promise<void> {
  const story = new Story('The same again, but Maya asks her app whether her caller is the bank.', stage.say);
  const phone = await enrolPhone(stage, story);
  const call = await story.step(
    'The accomplice is on the line with Amara as Maya.',
    () => declareInbound(stage, phone.customerId),
    { direction: 'inbound' },
  );
  const screen = new AgentScreen(stage.agent, call.id);
  try {
    await story.step(
      'Maya asks: is the person who called me my bank?',
      () => phone.judge({ trigger: 'customer', handset: ON_A_CALL_THAT_CAME_IN }),
      { verdict: 'not_legitimate', reason: 'someone_rang_as_you' },
      ({ verdict, advice }) => `${verdict}: "${advice.headline}"`,
    );
    await story.step(
      "Her question alone raises the alarm on Amara's screen.",
      () => screen.hear('countersign.call.relay_suspected'),
      { subject: call.id, data: { shownBy: 'verdict' } },
      ({ type }) => type,
    );
  } finally {
    screen.close();
  }
  const question = await phone.question();
  await story.step(
    'From then on not even a yes with the right code confirms anything.',
    () => phone.answer(question, { answer: 'yes', code: codeOf(call) }),
    { status: 'reported' },
    ({ status }) => status,
  );
  await story.step(
    'A payment screen that asks is told to hold the payment.',
    () => readSignals(stage, phone.customerId),
    { hold: true },
    ({ reasons }) => `hold, because of ${reasons.map(({ type }) => type).join(', ')}`,
  );
}
