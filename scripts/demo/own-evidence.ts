import { type TrustedKey, verifyEvidence } from '@countersign/client';
import { declareOutbound, enrolPhone, type Stage } from './stage.js';
import { Story } from './story.js';

const named = (file: string, keys: TrustedKey[], result: 'verified' | 'failed'): string[] =>
  verifyEvidence(file, keys)
    .filter((statement) => statement.result === result)
    .map(({ name }) => name);

/** Months later there is a dispute. What the bank exports proves itself without the bank's service. */
export async function ownEvidence(stage: Stage): Promise<void> {
  const story = new Story('There is a dispute. What was Maya shown, and what did she answer?', stage.say);
  const phone = await enrolPhone(stage, story);
  const call = await story.step(
    'Amara rings Maya.',
    () => declareOutbound(stage, phone.customerId),
    { verification: { status: 'waiting' } },
    ({ reference }) => `reference ${reference}`,
  );
  const question = await phone.question();
  await story.step(
    'Maya says no: she is not talking to anybody.',
    () => phone.answer(question, { answer: 'no', reason: 'not_on_a_call' }),
    { status: /^(denied|reported)$/ },
    ({ status }) => status,
  );
  const file = await story.step(
    'An analyst fetches the evidence, a moment later.',
    async () => {
      const path = { subjectId: call.verification!.id };
      return (await stage.analyst.download('/v1/evidence/{subjectId}', { path })).text();
    },
    /^[\w-]+\.[\w-]+\.[\w-]+$/,
    ({ length }) => `one signed file of ${Math.ceil(length / 1024)} kB`,
  );
  const { keys } = (await stage.analyst.get('/.well-known/jwks.json')) as { keys: TrustedKey[] };
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
