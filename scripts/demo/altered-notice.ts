import type { ReplyOf } from '@countersign/client';
import { newCustomerId, type Stage } from './stage.js';
import { Story } from './story.js';

type Checked = ReplyOf<'post', '/v1/customers/{customerId}/notice-checks'>;

const MANY = 10_000;
const LINK = 'https://northbank.example/refunds';
const SENDER = 'NORTHBANK';

/** The bank writes to many customers; the fraudsters copy its message. */
export async function alteredNotice(stage: Stage): Promise<void> {
  const story = new Story('The bank texts its customers about a fraud. The text looks like one itself.', stage.say);
  const [maya, noah] = [newCustomerId(), newCustomerId()];
  const text = `Northbank: you were rung by fraudsters, and we are sorry. What we refund, and how, is on ${LINK} (case ${maya.slice(5)}). We never ask for your PIN, and never to move money.`;
  const notice = await story.step(
    'Before the text goes out the bank registers it, word for word.',
    () =>
      stage.admin.post('/v1/notices', {
        body: {
          channel: 'sms',
          sender: SENDER,
          summary: 'We tell customers whom fraudsters rang what we refund.',
          text,
          sentAt: new Date().toISOString(),
        },
      }),
    { id: /^ntc_/, reference: /^\w{4}-\w{4}$/, recipients: 0 },
    ({ reference }) => `reference ${reference}`,
  );
  await story.step(
    `It streams in the ${MANY} customers whom it goes to. One line of the file is broken.`,
    () => {
      const path = { noticeId: notice.id };
      return stage.admin.import('/v1/notices/{noticeId}/recipients', recipients(maya), { path });
    },
    { accepted: MANY, rejected: { 0: { line: 4_211, detail: /customerId/ } }, rejectedCount: 1 },
    ({ accepted, rejected }) => `${accepted} taken; line ${rejected[0]!.line}: ${rejected[0]!.detail}`,
  );
  await story.step(
    'Maya gets the text, and pastes it into her app.',
    () => check(stage, maya, { sender: SENDER, text }),
    { verdict: 'genuine', differences: [], notice: { reference: notice.reference } },
    said,
  );
  const copy = text.replace('northbank.example', 'northb\u0430nk.example');
  await story.step(
    'An hour later it comes again, from the same sender. One letter of the link is Cyrillic, and nobody could see it.',
    () => check(stage, maya, { sender: SENDER, text: copy }),
    {
      verdict: 'altered',
      differences: { 0: { field: 'link', how: 'lookalike', sent: LINK } },
      advice: { code: 'notice_altered' },
    },
    ({ verdict, differences: [link] }) => `${verdict}: the link is a ${link!.how} of ${link!.sent}`,
  );
  await story.step(
    'A third copy asks her to pay a fee first.',
    () =>
      check(stage, maya, {
        sender: SENDER,
        text: `${text} To be paid, send 20 pounds to GB82 WEST 1234 5698 7654 32.`,
      }),
    { verdict: 'altered', differences: { 0: { field: 'account', how: 'added' }, 1: { field: 'text' } } },
    ({ verdict, differences }) => `${verdict}: "${differences[1]!.received}" is not the bank's`,
  );
  await story.step(
    'Noah, to whom the bank sent nothing, gets the genuine words.',
    () => check(stage, noah, { sender: SENDER, text }),
    { verdict: 'unknown', differences: [] },
    ({ verdict, advice }) => `${verdict}, and nothing about it: "${advice.headline}"`,
  );
  await story.step(
    'He gets another text that says it is from the bank.',
    () =>
      check(stage, noah, {
        sender: SENDER,
        text: 'Your account is suspended. Confirm your passcode at https://northbank-secure.example/login within the hour.',
      }),
    { verdict: 'not_ours', reason: 'foreign_address' },
    said,
  );
}

function* recipients(maya: string): Generator<object> {
  for (let index = 0; index < MANY; index += 1) {
    if (index === 4_210) yield { customer: maya };
    yield { customerId: index === 0 ? maya : `${maya}.${index}` };
  }
}

function check(
  stage: Stage,
  customerId: string,
  body: { readonly sender: string; readonly text: string },
): Promise<Checked> {
  return stage.app.post('/v1/customers/{customerId}/notice-checks', { path: { customerId }, body });
}

function said({ verdict, advice }: Checked): string {
  return `${verdict}: "${advice.headline}"`;
}
