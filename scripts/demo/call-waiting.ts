import type { Verdict } from '@countersign/device';
import { codeOf, declareInbound, declareOutbound, endCall, enrolPhone, readSignals, type Stage } from './stage.js';
import { Story } from './story.js';

/** Somebody rings while the customer is on the phone with the bank: that is no fraud, and never green. */
export async function callWaiting(stage: Stage): Promise<void> {
  const story = new Story('Maya is on the phone with the bank, and somebody else rings.', stage.say);
  const phone = await enrolPhone(stage, story);
  const placed = { inCall: true, outgoing: true, medium: 'cellular' } as const;
  const said = ({ verdict, advice }: Verdict): string => `${verdict}: "${advice.headline}"`;
  const inbound = await story.step(
    'Maya has rung the number on her card. Amara declares a call that came in.',
    () => declareInbound(stage, phone.customerId),
    { verification: { code: /^\d{6}$/ } },
  );
  await story.step(
    'A hospital rings her meanwhile, and shows no number. Her phone asks by itself.',
    () => phone.judge({ trigger: 'ringing', incomingNumber: 'Private number', handset: placed }),
    { verdict: 'unknown', reason: 'number_withheld' },
    said,
  );
  const asked = await phone.question();
  await story.step(
    'No alarm was raised, and no payment is held. Maya confirms that she phoned the bank.',
    async () => {
      const signals = await readSignals(stage, phone.customerId);
      const code = codeOf(inbound);
      return { signals, answer: await phone.answer(asked, { answer: 'yes', code, handset: placed }) };
    },
    { signals: { hold: false }, answer: { status: 'confirmed' } },
    ({ answer }) => answer.status,
  );
  await endCall(stage, inbound);
  await story.step(
    'Amara rings her back, and Maya confirms that call too.',
    async () => {
      const code = codeOf(await declareOutbound(stage, phone.customerId));
      const question = await phone.question();
      return phone.answer(question, { answer: 'yes', code, handset: { inCall: true, outgoing: false } });
    },
    { status: 'confirmed' },
    ({ status }) => status,
  );
  await story.step(
    'While they talk, another call rings, which shows the very line that Amara rings from.',
    () => {
      const handset = { inCall: true, outgoing: false };
      return phone.judge({ trigger: 'ringing', incomingNumber: stage.fraudLine, handset });
    },
    { verdict: 'unknown', reason: 'already_on_that_call', call: undefined },
    said,
  );
}
