import { type TrustedKey, verifyEvidence } from '../../src/transparency/evidence-verifier.js';
import { declareOutbound, enrolPhone, readQuestion, type Stage } from './stage.js';
import { Story } from './story.js';

const named = (file: string, keys: TrustedKey[], result: 'verified' | 'failed'): string[] =>
  verifyEvidence(file, keys)
    .filter((statement) => statement.result === result)
    .map(({ name }) => name);

/** Months later there is a dispute. What the bank exports proves itself without the bank's service. */
export async function ownEvidence(stage: Stage): Promise<void> {
  const story = new Story('There is a dispute. What was Maya shown, and what did she answer?', stage.say);
  const phone = await enrolPhone(stage, story);
  const { body: call } = await story.step(
    'Amara rings Maya.',
    () => declareOutbound(stage, phone.customerId),
    { status: 201 },
    ({ body }) => `reference ${body.reference}`,
  );
  const question = await readQuestion(stage, phone);
  await story.step(
    'Maya says no: she is not talking to anybody.',
    () => phone.answer(stage.app, question, { answer: 'no', reason: 'not_on_a_call' }),
    { status: 200 },
    ({ body }) => body.status,
  );
  const { body: file } = await story.step(
    'An analyst fetches the evidence, a moment later.',
    () => stage.analyst.get<string>(`/v1/evidence/${call.verification.id}`),
    { status: 200, body: /^[\w-]+\.[\w-]+\.[\w-]+$/ },
    ({ body }) => `one signed file of ${Math.ceil(body.length / 1024)} kB`,
  );
  const {
    body: { keys },
  } = await stage.analyst.get<{ keys: TrustedKey[] }>('/.well-known/jwks.json');
  await story.step(
    "It is verified without the service, by the bank's published keys alone.",
    () => ({ failed: named(file, keys, 'failed'), verified: named(file, keys, 'verified').length >= 12 }),
    { failed: [], verified: true },
    () =>
      `${named(file, keys, 'verified').length} statements hold: her own signature over what she saw, and every event in the sealed log`,
  );
  const at = file.indexOf('.') + 200;
  const altered = `${file.slice(0, at)}${file[at] === 'A' ? 'B' : 'A'}${file.slice(at + 1)}`;
  await story.step(
    'Somebody alters one letter of it.',
    () => named(altered, keys, 'failed').includes('signature'),
    true,
    () => `it does not hold any more: ${named(altered, keys, 'failed')[0]}`,
  );
}
