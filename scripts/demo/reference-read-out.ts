import { declareInbound, declareOutbound, newCustomerId, refusalOf, type Stage } from './stage.js';
import { Story } from './story.js';

/** The customer hangs up, rings the number on the card, and types the reference into the voice menu. */
export async function referenceReadOut(stage: Stage): Promise<void> {
  const story = new Story(
    'Maya has no app. She hangs up, rings the number on her card, and gives the reference.',
    stage.say,
  );
  const lookUp = (reference: string) => stage.telephony.get('/v1/references/{reference}', { path: { reference } });
  const outbound = await story.step(
    'Amara rings Maya and gives her the reference of the call.',
    () => declareOutbound(stage, newCustomerId()),
    { verification: null, verificationUnavailable: 'no_device' },
    ({ reference }) => `${reference}; there is no phone to ask, and the call is declared all the same`,
  );
  const asTyped = outbound.reference.toLowerCase().replace('-', ' ');
  await story.step(
    `The voice menu looks up "${asTyped}", however Maya says it.`,
    () => lookUp(asTyped),
    { kind: 'call', genuine: true, state: 'live' },
    ({ summary }) => `it reads out: "${summary}"`,
  );
  const inbound = await story.step(
    'A fraudster rings the bank, and gets a reference for his own call.',
    () => declareInbound(stage, newCustomerId()),
    { direction: 'inbound' },
    ({ reference }) => reference,
  );
  await story.step(
    "He gives it to his victim as proof. She rings the card's number and asks.",
    () => lookUp(inbound.reference),
    { kind: 'call', genuine: false },
    ({ summary }) => `it reads out: "${summary}"`,
  );
  await story.step(
    'He makes a reference up.',
    () => refusalOf(lookUp('AAAA-AAAB')),
    { status: 404 },
    () => 'there is no such reference',
  );
}
