import type { Reply } from './service-client.js';
import { newCustomerId, type Stage } from './stage.js';
import { Story } from './story.js';

const MANY = 10_000;
const LINK = 'https://northbank.example/refunds';
const SENDER = 'NORTHBANK';

/** The bank writes to many customers; the fraudsters copy its message. */
export async function alteredNotice(stage: Stage): Promise<void> {
  const story = new Story('The bank texts its customers about a fraud. The text looks like one itself.', stage.say);
  const [maya, noah] = [newCustomerId(), newCustomerId()];
  const text = `Northbank: you were rung by fraudsters, and we are sorry. What we refund, and how, is on ${LINK} (case ${maya.slice(5)}). We never ask for your PIN, and never to move money.`;
  const { body: notice } = await story.step(
    'Before the text goes out the bank registers it, word for word.',
    () =>
      stage.admin.post('/v1/notices', {
        channel: 'sms',
        sender: SENDER,
        summary: 'We tell customers whom fraudsters rang what we refund.',
        text,
        sentAt: new Date().toISOString(),
      }),
    { status: 201, body: { id: /^ntc_/, reference: /^\w{4}-\w{4}$/, recipients: 0 } },
    ({ body }) => `reference ${body.reference}`,
  );
  await story.step(
    `It streams in the ${MANY} customers whom it goes to. One line of the file is broken.`,
    () => stage.admin.postLines(`/v1/notices/${notice.id}/recipients`, recipients(maya)),
    {
      status: 200,
      body: { accepted: MANY, rejected: { 0: { line: 4_211, detail: 'is not JSON' } }, rejectedCount: 1 },
    },
    ({ body }) => `${body.accepted} taken; line ${body.rejected[0].line} ${body.rejected[0].detail}`,
  );
  await story.step(
    'Maya gets the text, and pastes it into her app.',
    () => check(stage, maya, { sender: SENDER, text }),
    { status: 200, body: { verdict: 'genuine', differences: [], notice: { reference: notice.reference } } },
    ({ body }) => `${body.verdict}: "${body.advice.headline}"`,
  );
  const copy = text.replace('northbank.example', 'northb\u0430nk.example');
  await story.step(
    'An hour later it comes again, from the same sender. One letter of the link is Cyrillic, and nobody could see it.',
    () => check(stage, maya, { sender: SENDER, text: copy }),
    {
      status: 200,
      body: {
        verdict: 'altered',
        differences: { 0: { field: 'link', how: 'lookalike', sent: LINK } },
        advice: { code: 'notice_altered' },
      },
    },
    ({ body }) => `${body.verdict}: the link is a ${body.differences[0].how} of ${body.differences[0].sent}`,
  );
  await story.step(
    'A third copy asks her to pay a fee first.',
    () =>
      check(stage, maya, {
        sender: SENDER,
        text: `${text} To be paid, send 20 pounds to GB82 WEST 1234 5698 7654 32.`,
      }),
    {
      status: 200,
      body: { verdict: 'altered', differences: { 0: { field: 'account', how: 'added' }, 1: { field: 'text' } } },
    },
    ({ body }) => `${body.verdict}: "${body.differences[1].received}" is not the bank's`,
  );
  await story.step(
    'Noah, to whom the bank sent nothing, gets the genuine words.',
    () => check(stage, noah, { sender: SENDER, text }),
    { status: 200, body: { verdict: 'unknown', differences: [] } },
    ({ body }) => `${body.verdict}, and nothing about it: "${body.advice.headline}"`,
  );
  await story.step(
    'He gets another text that says it is from the bank.',
    () =>
      check(stage, noah, {
        sender: SENDER,
        text: 'Your account is suspended. Confirm your passcode at https://northbank-secure.example/login within the hour.',
      }),
    { status: 200, body: { verdict: 'not_ours', reason: 'foreign_address' } },
    ({ body }) => `${body.verdict}: "${body.advice.headline}"`,
  );
}

function recipients(maya: string): string {
  const lines = Array.from({ length: MANY }, (_none, index) =>
    JSON.stringify({ customerId: index === 0 ? maya : `${maya}.${index}` }),
  );
  return `${lines.slice(0, 4_210).join('\n')}\n{"customerId":\n${lines.slice(4_210).join('\n')}\n`;
}

function check(stage: Stage, customerId: string, message: object): Promise<Reply> {
  return stage.app.post(`/v1/customers/${customerId}/notice-checks`, message);
}
