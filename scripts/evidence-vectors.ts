import { sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What signs in these vectors: a published key, and another. */
export interface EvidenceKeys {
  readonly service: KeyObject;
  readonly other: KeyObject;
  readonly otherPublic: object;
}

interface Vector {
  readonly comment: string;
  readonly flags?: readonly string[];
  readonly input: { readonly evidence: string; readonly keys: readonly object[]; readonly checkpoint?: string };
  readonly result: 'valid' | 'invalid';
}

/** What the vectors alter of a payload. */
interface Altered {
  calls: { purpose: string }[];
  verifications: { display: { purpose: string }; signedAnswer: { salt: string } }[];
  events: { record: { data: { agentId?: string } } }[];
  checkpoint: string;
}

/** What the flags of an invalid evidence say: which statement of the verifier fails first. */
export const EVIDENCE_NOTES = {
  File: 'It is no evidence: `file` fails.',
  Signature: 'Not as the service signed it: `signature` fails.',
  Checkpoint: 'Its checkpoint is none of this log: `checkpoint` fails.',
  Outside: 'It does not fit the checkpoint that somebody else kept: `outside checkpoint` fails.',
  Leaf: 'Signed by the service, but a record is not the one that the log sealed: a `leaf` fails.',
  Order: 'Signed by the service, but the events are not in the order of the log: `order` fails.',
  Display: 'Signed by the service, but shown was something else than the log commits to: `display` fails.',
  Answer: 'Signed by the service, but the customer’s own signature is not over this: `answer` fails.',
  Events: 'Signed by the service, but the log tells of another end: `events` fails.',
};

/**
 * Vectors around one evidence of a run of the service with the key of RFC 8037, which is kept as the first of the file:
 * the service has to run to make another. All others are made from it.
 */
export function evidenceVectors(file: string, { service, other, otherPublic }: EvidenceKeys): Vector[] {
  const { input } = (JSON.parse(readFileSync(file, 'utf8')) as { tests: { input: Vector['input'] }[] }).tests[0]!;
  const { evidence: sample, keys } = input;
  const [header, payload] = sample.split('.') as [string, string];
  const evidence = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Altered;
  const note = evidence.checkpoint;
  const signed = (change: (copy: Altered) => void, key = service): string => {
    const copy = structuredClone(evidence);
    change(copy);
    const signedPart = `${header}.${Buffer.from(JSON.stringify(copy)).toString('base64url')}`;
    return `${signedPart}.${sign(null, Buffer.from(signedPart), key).toString('base64url')}`;
  };
  /** The checkpoint with other lines, signed anew; the key id is of the name and the service's key. */
  const checkpointOf = (change: (text: string) => string, key = service): string => {
    const end = note.lastIndexOf('\n\n');
    const [text, line] = [change(note.slice(0, end + 1)), note.slice(end + 2)];
    const [, name, of] = /^— (\S+) (\S+)\n$/.exec(line)!;
    const signature = sign(null, Buffer.from(text), key);
    return `${text}\n— ${name} ${Buffer.concat([Buffer.from(of!, 'base64').subarray(0, 4), signature]).toString('base64')}\n`;
  };
  const valid = (comment: string, given: Vector['input']): Vector => ({ comment, input: given, result: 'valid' });
  const invalid = (flag: keyof typeof EVIDENCE_NOTES, comment: string, altered: string, more: object = {}): Vector => ({
    comment,
    flags: [flag],
    input: { evidence: altered, keys, ...more },
    result: 'invalid',
  });
  const dearer = (copy: Altered): void => void (copy.calls[0]!.purpose = 'A payment of £950 we stopped');
  const forked = (text: string): string => text.replace(/\n[^\n]+\n$/, `\n${Buffer.alloc(32, 7).toString('base64')}\n`);
  return [
    valid('as the service gives it', { evidence: sample, keys }),
    valid('with the checkpoint that a witness kept, and a key more', {
      evidence: `${sample}\n`,
      keys: [otherPublic, ...keys],
      checkpoint: note,
    }),
    invalid('File', 'a truncated file', sample.slice(0, 4_000)),
    invalid('Signature', 'a key that is not trusted', sample, { keys: [otherPublic] }),
    invalid(
      'Signature',
      'an altered payload under the old signature',
      `${signed(dearer).split('.').slice(0, 2).join('.')}.${sample.split('.')[2]}`,
    ),
    invalid('Signature', 'an altered payload, signed by another key', signed(dearer, other)),
    invalid(
      'Checkpoint',
      'a checkpoint signed by another key',
      signed((copy) => (copy.checkpoint = checkpointOf((text) => text, other))),
    ),
    invalid(
      'Checkpoint',
      'a checkpoint of another origin than its signature',
      signed((copy) => (copy.checkpoint = checkpointOf((text) => text.replace('northbank', 'southbank')))),
    ),
    invalid('Outside', 'a log that was forked', sample, { checkpoint: checkpointOf(forked) }),
    invalid(
      'Leaf',
      'a record that names another agent',
      signed((copy) => (copy.events[1]!.record.data.agentId = 'ben')),
    ),
    invalid(
      'Order',
      'two events in another order',
      signed((copy) => ([copy.events[2], copy.events[3]] = [copy.events[3]!, copy.events[2]!])),
    ),
    invalid(
      'Events',
      'without the event of its end',
      signed((copy) => copy.events.pop()),
    ),
    invalid(
      'Display',
      'another purpose shown',
      signed((copy) => (copy.verifications[0]!.display.purpose = 'A payment of £950 we stopped')),
    ),
    invalid(
      'Answer',
      'an answer whose salt opens nothing',
      signed((copy) => (copy.verifications[0]!.signedAnswer.salt = '00'.repeat(32))),
    ),
  ];
}
