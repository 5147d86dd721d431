import type { CustomerDevice } from './customer-device.js';
import { declareInbound, declareOutbound, enrolPhone, type Stage } from './stage.js';
import { Story } from './story.js';

/** Maya's phone has no data connection: codes that both sides work out from the time. */
export async function offlineProof(stage: Stage): Promise<void> {
  const story = new Story('Maya has no data connection.', stage.say);
  const phone = await enrolPhone(stage, story);
  const { body: outbound } = await story.step('Amara rings her.', () => declareOutbound(stage, phone.customerId), {
    status: 201,
  });
  await story.step(
    "Amara reads out the bank's code of this half minute. Maya's app shows the same without a connection.",
    () => readOut(stage, phone, outbound.id),
    { status: 200, shownByTheApp: true },
    ({ code }) => `${code}: it is the bank`,
  );
  await story.step(
    'Amara may not ask Maya for a code on a call that the bank placed: that is what fraudsters do.',
    () =>
      stage.agent.post(`/v1/calls/${outbound.id}/offline-proof`, { customerProof: phone.offlineCode('customerProof') }),
    { status: 422, body: { type: /\/problems\/wrong-direction$/ } },
    ({ body }) => `refused: "${body.title}"`,
  );
  await stage.agent.post(`/v1/calls/${outbound.id}/end`);
  const { body: inbound } = await story.step(
    'Later Maya rings the bank from the road.',
    () => declareInbound(stage, phone.customerId),
    { status: 201, body: { direction: 'inbound' } },
  );
  const code = phone.offlineCode('customerProof');
  await story.step(
    `On a call that she placed, Maya may read out her own code, ${code}.`,
    () => stage.agent.post(`/v1/calls/${inbound.id}/offline-proof`, { customerProof: code }),
    { status: 200, body: { customerProved: true, findings: ['new_device'] } },
    ({ body }) => `accepted, with the note ${body.findings.join(', ')}`,
  );
  await story.step(
    'Somebody overheard it and says it again. Each code counts once.',
    () => stage.agent.post(`/v1/calls/${inbound.id}/offline-proof`, { customerProof: code }),
    { status: 422, body: { type: /\/problems\/offline-proof-mismatch$/ } },
    ({ body }) => `refused: "${body.title}"`,
  );
}

/** The half minute may end between the two sides, so the app's code is taken before and after. */
async function readOut(
  stage: Stage,
  phone: CustomerDevice,
  callId: string,
): Promise<{ status: number; code: string; shownByTheApp: boolean }> {
  const before = phone.offlineCode('bankProof');
  const { status, body } = await stage.agent.post(`/v1/calls/${callId}/offline-proof`);
  return {
    status,
    code: body.bankProof,
    shownByTheApp: [before, phone.offlineCode('bankProof')].includes(body.bankProof),
  };
}
