import type { Verdict } from '@countersign/device';
import { declareOutbound, enrolPhone, type Stage } from './stage.js';
import { Story } from './story.js';

/** A fraudster rings, with the bank's own number forged or with another. */
export async function spoofedCall(stage: Stage): Promise<void> {
  const story = new Story('A fraudster rings Maya and says: "I am calling from your bank."', stage.say);
  const phone = await enrolPhone(stage, story);
  const hangUp = { code: 'hang_up', headline: /Hang up/ };
  const said = ({ verdict, advice }: Verdict): string => `${verdict}: "${advice.headline}"`;
  await story.step(
    "He forges the bank's own number. Her phone asks, and nobody at the bank has declared a call.",
    () => phone.judge({ trigger: 'ringing', incomingNumber: stage.fraudLine }),
    { verdict: 'not_legitimate', reason: 'no_live_call', advice: hangUp },
    said,
  );
  await story.step(
    'He forges the number on her card. The bank never calls out from it.',
    () => phone.judge({ trigger: 'ringing', incomingNumber: stage.cardLine }),
    { verdict: 'not_legitimate', reason: 'inbound_only_line', advice: hangUp },
    said,
  );
  await story.step(
    'He calls from a mobile of his own. Maya asks her app herself.',
    () =>
      phone.judge({
        trigger: 'customer',
        incomingNumber: '+447700900999',
        handset: { inCall: true, outgoing: false },
      }),
    { verdict: 'not_legitimate', reason: 'not_our_line' },
    said,
  );
  await story.step(
    'He waits until the bank is really on the phone with her, and calls in between from his mobile.',
    async () => {
      await declareOutbound(stage, phone.customerId);
      return phone.judge({ trigger: 'customer', incomingNumber: '+447700900999' });
    },
    { verdict: 'not_legitimate', reason: 'not_our_line' },
    said,
  );
}
