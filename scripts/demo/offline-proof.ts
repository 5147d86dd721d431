import type { CustomerPhone } from './customer-phone.js';
import {
  type Call,
  declareInbound,
  declareOutbound,
  endCall,
  enrolPhone,
  refusalOf,
  type Stage,
  titleOf,
} from './stage.js';
import { Story } from './story.js';

/** Maya's phone has no data connection: codes that both sides work out from the time. */
export async function offlineProof(stage: Stage): Promise<void> {
  const story = new Story('Maya has no data connection.', stage.say);
  const phone = await enrolPhone(stage, story);
  const prove = ({ id: callId }: Call, customerProof: string) =>
    stage.agent.post('/v1/calls/{callId}/offline-proof', { path: { callId }, body: { customerProof } });
  const outbound = await story.step('Amara rings her.', () => declareOutbound(stage, phone.customerId), {
    direction: 'outbound',
  });
  await story.step(
    "Amara reads out the bank's code of this half minute. Maya's app shows the same without a connection.",
    () => readOut(stage, phone, outbound.id),
    { shownByTheApp: true },
    ({ code }) => `${code}: it is the bank`,
  );
  await story.step(
    'Amara may not ask Maya for a code on a call that the bank placed: that is what fraudsters do.',
    async () => refusalOf(prove(outbound, await phone.offlineCode('customerProof'))),
    { status: 422, slug: 'wrong-direction' },
    (refused) => `refused: "${titleOf(refused)}"`,
  );
  await endCall(stage, outbound);
  const inbound = await story.step(
    'Later Maya rings the bank from the road.',
    () => declareInbound(stage, phone.customerId),
    { direction: 'inbound' },
  );
  const code = await phone.offlineCode('customerProof');
  await story.step(
    `On a call that she placed, Maya may read out her own code, ${code}.`,
    () => prove(inbound, code),
    { customerProved: true, findings: ['new_device'] },
    ({ findings }) => `accepted, with the note ${findings?.join(', ')}`,
  );
  await story.step(
    'Somebody overheard it and says it again. Each code counts once.',
    () => refusalOf(prove(inbound, code)),
    { status: 422, slug: 'offline-proof-mismatch' },
    (refused) => `refused: "${titleOf(refused)}"`,
  );
}

/** The half minute may end between the two sides, so the app's code is taken before and after. */
async function readOut(
  stage: Stage,
  phone: CustomerPhone,
  callId: string,
): Promise<{ code: string; shownByTheApp: boolean }> {
  const before = await phone.offlineCode('bankProof');
  const { bankProof } = await stage.agent.post('/v1/calls/{callId}/offline-proof', { path: { callId } });
  const code = bankProof ?? 'none';
  return { code, shownByTheApp: [before, await phone.offlineCode('bankProof')].includes(code) };
}
