import type { OptionsOf, ReplyOf } from '@countersign/client';
import type { Outcome, Reason } from '@countersign/device';
import type { CustomerPhone } from './customer-phone.js';
import { codeOf, enrolPhone, refusalOf, type Stage, titleOf } from './stage.js';
import { Story } from './story.js';

type Change = ReplyOf<'post', '/v1/changes'>;
type PolicyDocument = OptionsOf<'put', '/v1/policy'>['body'];

const NUMBER = '+447700900123';
const OLD_ACCOUNT = { holder: 'Oak Joinery Ltd', iban: 'GB33BUKB20201555555555' };
const NEW_ACCOUNT = { holder: 'Oak Joinery Ltd', iban: 'GB82WEST12345698765432' };
const RELEASE_LIMIT_MS = 60_000;

/** What a demo cannot wait for: a device that is three days old, a day of cooling-off, the hours in which customers are rung. */
const SHORT_WAITS = {
  device: { ageSeconds: 0 },
  changes: { coolingOffSeconds: 1 },
  callbacks: { opens: '00:00', closes: '24:00' },
};

/** A change of a payee's account, from request to release. */
export async function genuineChange(stage: Stage): Promise<void> {
  const story = new Story('Maya pays her joiner, who has a new account. She asks the bank to change it.', stage.say);
  await withShortWaits(stage, story, async () => {
    const phone = await customerOnFile(stage, story);
    const change = await askForChange(
      stage,
      story,
      phone,
      'phone',
      'Amara enters the change. It is held: nothing is changed until every proof is in.',
    );
    await story.step(
      "Maya's app shows what would change, masked, and how it was asked for. She signs exactly that: yes.",
      () => answer(phone, 'yes'),
      { status: 'confirmed' },
    );
    await callBack(stage, story, phone);
    const proved = await story.step(
      'Both proofs are in. The change is still held for the cooling-off time.',
      () => readChange(stage, change),
      { proofs: { 0: { proof: 'app', status: 'in' }, 1: { proof: 'callback', status: 'in', by: 'ben', via: 'app' } } },
      ({ releaseAfter }) => `not released before ${releaseAfter.slice(11, 19)}`,
    );
    await story.step(
      'Then it is released by itself.',
      () => untilReleased(stage, proved),
      { status: 'released', releasedAt: /^\d{4}-/ },
      ({ reference }) => `released, under the reference ${reference}`,
    );
  });
}

/** A change that a fraudster asks for by e-mail, from request to refusal. */
export async function fraudulentChange(stage: Stage): Promise<void> {
  const story = new Story(
    'A fraudster has taken over Maya\'s e-mail, and writes to the bank: "Please change my joiner\'s account."',
    stage.say,
  );
  await withShortWaits(stage, story, async () => {
    const phone = await customerOnFile(stage, story);
    const change = await askForChange(
      stage,
      story,
      phone,
      'email',
      'Amara enters what the e-mail asks for. It is held.',
    );
    await story.step(
      'The fraudster wants to be rung back on a new number. The bank rings only the number that was on file before, and it is never Amara who rings.',
      () => refusalOf(claimAs(stage, phone, 'agent')),
      { status: 422, slug: 'same-agent' },
      (refused) => `refused: "${titleOf(refused)}"`,
    );
    await story.step(
      'Maya\'s app asks her. She answers: "No, that was not me."',
      () => answer(phone, 'no', 'not_me'),
      { status: 'denied' },
      ({ status, advice }) => `${status}: "${advice.headline}"`,
    );
    await story.step(
      'The change is refused for good, and the callback is called off.',
      () => readChange(stage, change),
      { status: 'refused', refusedBecause: 'denied' },
      ({ status, refusedBecause }) => `${status}, because it was ${refusedBecause}`,
    );
    await story.step(
      'Ben tries to approve it all the same.',
      () => refusalOf(stage.otherAgent.post('/v1/changes/{changeId}/approve', { path: { changeId: change.id } })),
      { status: 409 },
      (refused) => `refused: "${titleOf(refused)}"`,
    );
  });
}

async function withShortWaits(stage: Stage, story: Story, play: () => Promise<void>): Promise<void> {
  const { version: _version, changedAt: _changedAt, ...before } = await stage.admin.get('/v1/policy');
  await story.step(
    "For this story the bank's policy is set to wait seconds where it would wait days; afterwards it is put back.",
    () => putPolicy(stage, { ...before, ...mergeShortWaits(before) }),
    { changes: SHORT_WAITS.changes },
  );
  try {
    await play();
  } finally {
    await putPolicy(stage, before);
  }
}

function mergeShortWaits(policy: PolicyDocument): PolicyDocument {
  const { device, changes, callbacks } = SHORT_WAITS;
  return {
    device: { ...policy.device, ...device },
    changes: { ...policy.changes, ...changes },
    callbacks: { ...policy.callbacks, ...callbacks },
  };
}

async function putPolicy(stage: Stage, body: PolicyDocument) {
  const current = await stage.admin.download('/v1/policy');
  await current.body?.cancel();
  return stage.admin.put('/v1/policy', { body, headers: { 'if-match': current.headers.get('etag')! } });
}

async function customerOnFile(stage: Stage, story: Story): Promise<CustomerPhone> {
  const phone = await enrolPhone(stage, story);
  const { customerId } = phone;
  await story.step(
    'The bank has had her phone number on file for years.',
    () =>
      stage.admin.put('/v1/customers/{customerId}', {
        path: { customerId },
        body: { phoneNumbers: [{ number: NUMBER, since: '2019-05-01T00:00:00Z' }] },
      }),
    { phoneNumbers: { 0: { number: NUMBER } } },
  );
  return phone;
}

function askForChange(
  stage: Stage,
  story: Story,
  { customerId }: CustomerPhone,
  askedThrough: 'phone' | 'email',
  words: string,
): Promise<Change> {
  const [before, after] = [OLD_ACCOUNT, NEW_ACCOUNT];
  return story.step(
    words,
    () =>
      stage.agent.post('/v1/changes', { body: { customerId, subject: 'payee_account', before, after, askedThrough } }),
    { status: 'held', rules: { proofs: ['app', 'callback'] } },
    ({ rules, before: from, after: to }) =>
      `held, until ${rules.proofs.join(' and ')} are in; ${from?.account} would become ${to?.account}`,
  );
}

async function answer(phone: CustomerPhone, yesOrNo: 'yes' | 'no', reason?: Reason): Promise<Outcome> {
  const given = { answer: yesOrNo, ...(reason ? { reason } : {}) };
  return phone.answer(await phone.question('change'), given);
}

async function claimAs(stage: Stage, { customerId }: CustomerPhone, who: 'agent' | 'otherAgent') {
  const { data } = await stage[who].get('/v1/callbacks', { query: { customerId } });
  const path = { callbackId: data[0]!.id };
  return stage[who].post('/v1/callbacks/{callbackId}/claim', { path, body: { line: stage.fraudLine } });
}

async function callBack(stage: Stage, story: Story, phone: CustomerPhone): Promise<void> {
  const claimed = await story.step(
    'Another agent, Ben, takes the callback. The number is shown to him once, and that is logged.',
    () => claimAs(stage, phone, 'otherAgent'),
    { number: NUMBER, call: { state: 'live', verification: { code: /^\d{6}$/ } } },
    ({ number }) => `he dials ${number}, the number on file`,
  );
  await story.step(
    "Maya's phone rings, and asks by itself.",
    () => phone.judge({ trigger: 'ringing', incomingNumber: stage.fraudLine }),
    { verdict: 'legitimate' },
    ({ verdict, call }) => `${verdict}: ${call!.agentName}`,
  );
  await story.step(
    'Ben reads his code out, Maya types it and says yes.',
    async () => {
      const handset = { inCall: true, outgoing: false };
      return phone.answer(await phone.question('callback'), { answer: 'yes', code: codeOf(claimed.call), handset });
    },
    { status: 'confirmed' },
  );
  await story.step(
    'Ben records the outcome. It counts only because Maya confirmed this very call.',
    () =>
      stage.otherAgent.post('/v1/callbacks/{callbackId}/outcome', {
        path: { callbackId: claimed.callback.id },
        body: { result: 'verified' },
      }),
    { status: 'verified', verifiedVia: 'app' },
  );
}

function readChange(stage: Stage, { id: changeId }: { readonly id: string }) {
  return stage.agent.get('/v1/changes/{changeId}', { path: { changeId } });
}

async function untilReleased(stage: Stage, change: { readonly id: string }) {
  for (const start = Date.now(); ;) {
    const now = await readChange(stage, change);
    if (now.status !== 'held' || Date.now() - start > RELEASE_LIMIT_MS) return now;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
