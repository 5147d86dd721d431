import { askVerdict, declareOutbound, enrolPhone, type Stage } from './stage.js';
import { Story } from './story.js';

/** A fraudster rings, with the bank's own number forged or with another. */
export async function spoofedCall(stage: Stage): Promise<void> {
  const story = new Story('A fraudster rings Maya and says: "I am calling from your bank."', stage.say);
  const { customerId } = await enrolPhone(stage, story);
  const advice = { code: 'hang_up', headline: /Hang up/ };
  const said = ({ body }: { body: { verdict: string; advice: { headline: string } } }): string =>
    `${body.verdict}: "${body.advice.headline}"`;
  await story.step(
    "He forges the bank's own number. Her phone asks, and nobody at the bank has declared a call.",
    () => askVerdict(stage, customerId, { trigger: 'ringing', incomingNumber: stage.fraudLine }),
    { status: 200, body: { verdict: 'not_legitimate', reason: 'no_live_call', advice } },
    said,
  );
  await story.step(
    'He forges the number on her card. The bank never calls out from it.',
    () => askVerdict(stage, customerId, { trigger: 'ringing', incomingNumber: stage.cardLine }),
    { status: 200, body: { verdict: 'not_legitimate', reason: 'inbound_only_line', advice } },
    said,
  );
  await story.step(
    'He calls from a mobile of his own. Maya asks her app herself.',
    () =>
      askVerdict(stage, customerId, {
        trigger: 'customer',
        incomingNumber: '+447700900999',
        handset: { inCall: true, outgoing: false },
      }),
    { status: 200, body: { verdict: 'not_legitimate', reason: 'not_our_line' } },
    said,
  );
  await story.step(
    'He waits until the bank is really on the phone with her, and calls in between from his mobile.',
    async () => {
      await declareOutbound(stage, customerId);
      return askVerdict(stage, customerId, { trigger: 'customer', incomingNumber: '+447700900999' });
    },
    { status: 200, body: { verdict: 'not_legitimate', reason: 'not_our_line' } },
    said,
  );
}
