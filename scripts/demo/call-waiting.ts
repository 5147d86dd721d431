import { askVerdict, declareInbound, declareOutbound, enrolPhone, readQuestion, type Stage } from './stage.js';
import { Story } from './story.js';

/** Somebody rings while the customer is on the phone with the bank: that is no fraud, and never green. */
export async function callWaiting(stage: Stage): Promise<void> {
  const story = new Story('Maya is on the phone with the bank, and somebody else rings.', stage.say);
  const phone = await enrolPhone(stage, story);
  const placed = { inCall: true, outgoing: true, medium: 'cellular' } as const;
  const said = ({ body }: { body: { verdict: string; advice: { headline: string } } }): string =>
    `${body.verdict}: "${body.advice.headline}"`;
  const { body: inbound } = await story.step(
    'Maya has rung the number on her card. Amara declares a call that came in.',
    () => declareInbound(stage, phone.customerId),
    { status: 201, body: { verification: { code: /^\d{6}$/ } } },
  );
  await story.step(
    'A hospital rings her meanwhile, and shows no number. Her phone asks by itself.',
    () =>
      askVerdict(stage, phone.customerId, { trigger: 'ringing', incomingNumber: 'Private number', handset: placed }),
    { status: 200, body: { verdict: 'unknown', reason: 'number_withheld' } },
    said,
  );
  const asked = await readQuestion(stage, phone);
  await story.step(
    'No alarm was raised, and no payment is held. Maya confirms that she phoned the bank.',
    async () => {
      const { body: signals } = await stage.app.get(`/v1/customers/${phone.customerId}/signals`);
      const { code } = inbound.verification;
      return { signals, answer: await phone.answer(stage.app, asked, { answer: 'yes', code, handset: placed }) };
    },
    { signals: { hold: false }, answer: { status: 200, body: { status: 'confirmed' } } },
    ({ answer }) => answer.body.status,
  );
  await stage.agent.post(`/v1/calls/${inbound.id}/end`);
  await story.step(
    'Amara rings her back, and Maya confirms that call too.',
    async () => {
      const declared = await declareOutbound(stage, phone.customerId);
      const { code } = declared.body.verification;
      const question = await readQuestion(stage, phone);
      return phone.answer(stage.app, question, { answer: 'yes', code, handset: { inCall: true, outgoing: false } });
    },
    { status: 200, body: { status: 'confirmed' } },
    ({ body }) => body.status,
  );
  await story.step(
    'While they talk, another call rings, which shows the very line that Amara rings from.',
    () => {
      const handset = { inCall: true, outgoing: false };
      return askVerdict(stage, phone.customerId, { trigger: 'ringing', incomingNumber: stage.fraudLine, handset });
    },
    { status: 200, body: { verdict: 'unknown', reason: 'already_on_that_call', call: undefined } },
    said,
  );
}
