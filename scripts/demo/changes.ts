import type { CustomerDevice } from './customer-device.js';
import type { Reply } from './service-client.js';
import { enrolPhone, type Stage } from './stage.js';
import { Story } from './story.js';

const NUMBER = '+447700900123';
const OLD_ACCOUNT = { holder: 'Oak Joinery Ltd', iban: 'GB33BUKB20201555555555' };
const NEW_ACCOUNT = { holder: 'Oak Joinery Ltd', iban: 'GB82WEST12345698765432' };
const RELEASE_LIMIT_MS = 15_000;

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
    const { body: change } = await askForChange(
      stage,
      story,
      phone,
      'phone',
      'Amara enters the change. It is held: nothing is changed until every proof is in.',
    );
    await story.step(
      "Maya's app shows what would change, masked, and how it was asked for. She signs exactly that: yes.",
      () => answer(stage, phone, 'yes'),
      { status: 200, body: { status: 'confirmed' } },
    );
    await callBack(stage, story, phone);
    const { body: proved } = await story.step(
      'Both proofs are in. The change is still held for the cooling-off time.',
      () => stage.agent.get(`/v1/changes/${change.id}`),
      {
        status: 200,
        body: {
          proofs: { 0: { proof: 'app', status: 'in' }, 1: { proof: 'callback', status: 'in', by: 'ben', via: 'app' } },
        },
      },
      ({ body }) => `not released before ${body.releaseAfter.slice(11, 19)}`,
    );
    await story.step(
      'Then it is released by itself.',
      () => untilReleased(stage, proved.id),
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
    const { body: change } = await askForChange(
      stage,
      story,
      phone,
      'email',
      'Amara enters what the e-mail asks for. It is held.',
    );
    await story.step(
      'The fraudster wants to be rung back on a new number. The bank rings only the number that was on file before, and it is never Amara who rings.',
      () => claimAs(stage, phone, 'agent'),
      { status: 422, body: { type: /\/problems\/same-agent$/ } },
      ({ body }) => `refused: "${body.title}"`,
    );
    await story.step(
      'Maya\'s app asks her. She answers: "No, that was not me."',
      () => answer(stage, phone, 'no', 'not_me'),
      { status: 200, body: { status: 'denied' } },
      ({ body }) => `${body.status}: "${body.advice.headline}"`,
    );
    await story.step(
      'The change is refused for good, and the callback is called off.',
      () => stage.agent.get(`/v1/changes/${change.id}`),
      { status: 200, body: { status: 'refused', refusedBecause: 'denied' } },
      ({ body }) => `${body.status}, because it was ${body.refusedBecause}`,
    );
    await story.step(
      'Ben tries to approve it all the same.',
      () => stage.otherAgent.post(`/v1/changes/${change.id}/approve`),
      { status: 409 },
      ({ body }) => `refused: "${body.title}"`,
    );
  });
}

async function withShortWaits(stage: Stage, story: Story, play: () => Promise<void>): Promise<void> {
  const { body: before } = await stage.admin.get('/v1/policy');
  await story.step(
    "For this story the bank's policy is set to wait seconds where it would wait days; afterwards it is put back.",
    () => putPolicy(stage, { ...documentOf(before), ...mergeShortWaits(before) }),
    { status: 200 },
  );
  try {
    await play();
  } finally {
    await putPolicy(stage, documentOf(before));
  }
}

function mergeShortWaits(policy: Record<string, object>): object {
  return Object.fromEntries(
    Object.entries(SHORT_WAITS).map(([section, values]) => [section, { ...policy[section], ...values }]),
  );
}

function documentOf({ version: _version, changedAt: _changedAt, ...document }: Record<string, unknown>): object {
  return document;
}

async function putPolicy(stage: Stage, document: object): Promise<Reply> {
  const current = await stage.admin.get('/v1/policy');
  return stage.admin.put('/v1/policy', document, { headers: { 'if-match': current.headers.get('etag')! } });
}

async function customerOnFile(stage: Stage, story: Story): Promise<CustomerDevice> {
  const phone = await enrolPhone(stage, story);
  await story.step(
    'The bank has had her phone number on file for years.',
    () =>
      stage.admin.put(`/v1/customers/${phone.customerId}`, {
        phoneNumbers: [{ number: NUMBER, since: '2019-05-01T00:00:00Z' }],
      }),
    { status: 200 },
  );
  return phone;
}

function askForChange(
  stage: Stage,
  story: Story,
  phone: CustomerDevice,
  askedThrough: string,
  words: string,
): Promise<Reply> {
  return story.step(
    words,
    () =>
      stage.agent.post('/v1/changes', {
        customerId: phone.customerId,
        subject: 'payee_account',
        before: OLD_ACCOUNT,
        after: NEW_ACCOUNT,
        askedThrough,
      }),
    { status: 201, body: { status: 'held', rules: { proofs: ['app', 'callback'] } } },
    ({ body }) =>
      `held, until ${body.rules.proofs.join(' and ')} are in; ${body.before.account} would become ${body.after.account}`,
  );
}

async function waiting(stage: Stage, phone: CustomerDevice, kind: string) {
  const { body } = await stage.app.get(`/v1/customers/${phone.customerId}/verifications?status=waiting`);
  const question = body.data.find((candidate: { kind: string }) => candidate.kind === kind);
  if (!question) throw new Error(`no question about a ${kind} waits for the customer`);
  return question;
}

async function answer(stage: Stage, phone: CustomerDevice, yesOrNo: 'yes' | 'no', reason?: string): Promise<Reply> {
  return phone.answer(stage.app, await waiting(stage, phone, 'change'), {
    answer: yesOrNo,
    ...(reason ? { reason } : {}),
  });
}

async function claimAs(stage: Stage, phone: CustomerDevice, who: 'agent' | 'otherAgent'): Promise<Reply> {
  const { body } = await stage[who].get(`/v1/callbacks?customerId=${phone.customerId}`);
  return stage[who].post(`/v1/callbacks/${body.data[0].id}/claim`, { line: stage.fraudLine });
}

async function callBack(stage: Stage, story: Story, phone: CustomerDevice): Promise<void> {
  const { body: claimed } = await story.step(
    'Another agent, Ben, takes the callback. The number is shown to him once, and that is logged.',
    () => claimAs(stage, phone, 'otherAgent'),
    { status: 200, body: { number: NUMBER, call: { state: 'live', verification: { code: /^\d{6}$/ } } } },
    ({ body }) => `he dials ${body.number}, the number on file`,
  );
  await story.step(
    "Maya's phone rings, and asks by itself.",
    () =>
      stage.app.post(`/v1/customers/${phone.customerId}/call-verdicts`, {
        trigger: 'ringing',
        incomingNumber: stage.fraudLine,
      }),
    { status: 200, body: { verdict: 'legitimate' } },
    ({ body }) => `${body.verdict}: ${body.call.agentName}`,
  );
  await story.step(
    'Ben reads his code out, Maya types it and says yes.',
    async () =>
      phone.answer(stage.app, await waiting(stage, phone, 'callback'), {
        answer: 'yes',
        code: claimed.call.verification.code,
        handset: { inCall: true, outgoing: false },
      }),
    { status: 200, body: { status: 'confirmed' } },
  );
  await story.step(
    'Ben records the outcome. It counts only because Maya confirmed this very call.',
    () => stage.otherAgent.post(`/v1/callbacks/${claimed.callback.id}/outcome`, { result: 'verified' }),
    { status: 200, body: { status: 'verified', verifiedVia: 'app' } },
  );
}

async function untilReleased(stage: Stage, changeId: string) {
  for (const start = Date.now(); ;) {
    const { body } = await stage.agent.get(`/v1/changes/${changeId}`);
    if (body.status !== 'held' || Date.now() - start > RELEASE_LIMIT_MS) return body;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
