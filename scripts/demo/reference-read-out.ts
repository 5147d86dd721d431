import { declareInbound, declareOutbound, newCustomerId, type Stage } from './stage.js';
import { Story } from './story.js';

/** The customer hangs up, rings the number on the card, and types the reference into the voice menu. */
export async function referenceReadOut(stage: Stage): Promise<void> {
  const story = new Story(
    'Maya has no app. She hangs up, rings the number on her card, and gives the reference.',
    stage.say,
  );
  const { body: outbound } = await story.step(
    'Amara rings Maya and gives her the reference of the call.',
    () => declareOutbound(stage, newCustomerId()),
    { status: 201, body: { verification: null, verificationUnavailable: 'no_device' } },
    ({ body }) => `${body.reference}; there is no phone to ask, and the call is declared all the same`,
  );
  const asTyped = outbound.reference.toLowerCase().replace('-', ' ');
  await story.step(
    `The voice menu looks up "${asTyped}", however Maya says it.`,
    () => stage.telephony.get(`/v1/references/${encodeURIComponent(asTyped)}`),
    { status: 200, body: { kind: 'call', genuine: true, state: 'live' } },
    ({ body }) => `it reads out: "${body.summary}"`,
  );
  const { body: inbound } = await story.step(
    'A fraudster rings the bank, and gets a reference for his own call.',
    () => declareInbound(stage, newCustomerId()),
    { status: 201 },
    ({ body }) => body.reference,
  );
  await story.step(
    "He gives it to his victim as proof. She rings the card's number and asks.",
    () => stage.telephony.get(`/v1/references/${inbound.reference}`),
    { status: 200, body: { kind: 'call', genuine: false } },
    ({ body }) => `it reads out: "${body.summary}"`,
  );
  await story.step(
    'He makes a reference up.',
    () => stage.telephony.get('/v1/references/AAAA-AAAB'),
    { status: 404 },
    () => 'there is no such reference',
  );
}
