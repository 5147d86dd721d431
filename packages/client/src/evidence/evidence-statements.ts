import { base64url, equal, fromHex, hex, sha256 } from './bytes.js';
import { canonicalHash, canonicalJson } from './canonical.js';
import { openAssertedPayload, openSignedJws } from './device-answers.js';
import type {
  ChangeEvidence,
  DeviceEvidence,
  Evidence,
  LeafRecord,
  Opened,
  PolicyEvidence,
  VerificationEvidence,
} from './evidence.js';
import { readDeviceKey } from './signatures.js';
import { type Statement, statementOf, Unverifiable, Wrong } from './statement.js';

const OUTCOMES = ['confirmed', 'denied', 'reported', 'expired', 'cancelled', 'locked'];
const ENDS = ['released', 'refused', 'withdrawn', 'expired'];

/** Checks what an evidence says about its subject against the events that the log sealed. */
export function checkSubjects(statements: Statement[], evidence: Evidence): void {
  const records = evidence.events.map(({ record }) => record);
  const of = (subject: string): LeafRecord[] => records.filter((record) => record.subject === subject);
  statementOf(
    statements,
    'subject',
    () => requireSubject(evidence),
    (subject) => subject,
  );
  for (const verification of evidence.verifications)
    checkVerification(
      statements,
      verification,
      of(verification.id),
      verification.device ? of(verification.device.id) : [],
      evidence.shredded,
    );
  if (evidence.change) checkChange(statements, evidence.change, of(evidence.change.id), evidence.shredded);
  for (const policy of evidence.policies)
    statementOf(
      statements,
      `policy ${policy.version}`,
      () => checkPolicy(policy, records),
      (text) => text,
    );
  if (evidence.shredded)
    statementOf(
      statements,
      'shredded',
      () => requireShredded(records, evidence.customerId),
      (at) => `the customer's data was destroyed at ${at}`,
    );
}

function requireSubject({ subject, verifications, change, customerId, events }: Evidence): string {
  if ((change?.id ?? verifications[0]?.id) !== subject)
    throw new Wrong('the file is about something else than it says');
  if (events.some(({ record }) => 'customerId' in record.data && record.data.customerId !== customerId))
    throw new Wrong('an event is of another customer');
  return `${subject} of customer ${customerId}`;
}

function checkVerification(
  statements: Statement[],
  shown: VerificationEvidence,
  events: readonly LeafRecord[],
  ofDevice: readonly LeafRecord[],
  shredded: boolean,
): void {
  const started = events.find((event) => event.type === 'countersign.verification.started');
  const outcome = events.find((event) => event.type === `countersign.verification.${shown.status}`);
  const add = (what: string, check: () => string): void =>
    void statementOf(statements, `${shown.id} ${what}`, check, (text) => text);
  add('events', () => requireOneEnd(shown, events));
  add('question', () => checkQuestion(shown, started));
  add('display', () => checkDisplay(shown, started, shredded));
  if (shown.answer === null) return;
  add('outcome', () => checkOutcome(shown, outcome));
  add('answer', () => checkAnswer(shown, outcome, shredded));
  add('device', () => checkDevice(shown, outcome, ofDevice, shredded));
}

/** Terminal is final (domain rule 7): begun once, first; ended once, by what it says it ended by. */
function requireOneEnd({ status }: VerificationEvidence, events: readonly LeafRecord[]): string {
  const steps = events.map(({ type }) => type.replace('countersign.verification.', ''));
  if (steps[0] !== 'started' || steps.lastIndexOf('started') !== 0)
    throw new Wrong('it does not begin once, with its start');
  const ends = steps.filter((step) => OUTCOMES.includes(step));
  if (ends.length > 1) throw new Wrong('it ended twice');
  if ((ends[0] ?? 'waiting') !== status)
    throw new Wrong(`the file says ${status} and the log says ${ends[0] ?? 'waiting'}`);
  return steps.join(', ');
}

function checkQuestion(shown: VerificationEvidence, started: LeafRecord | undefined): string {
  const data = logged(started);
  const fits =
    data.kind === shown.kind &&
    data.direction === shown.direction &&
    data.by === shown.startedBy &&
    data.policyVersion === shown.policyVersion &&
    data.challengeHash === hex(sha256(shown.challenge));
  if (!fits) throw new Wrong('kind, direction, author, policy or challenge are not those of the log');
  return `asked by ${shown.startedBy} under policy ${shown.policyVersion}`;
}

function checkDisplay(shown: VerificationEvidence, started: LeafRecord | undefined, shredded: boolean): string {
  const data = logged(started);
  if (shown.shown === null || shown.display === null) return missing(shredded, data.displayCommitment);
  requireCommitted(shown.shown, canonicalJson(shown.shown.value), data.displayCommitment);
  const time =
    typeof data.displayTime === 'string'
      ? { [shown.kind === 'change' ? 'askedAt' : 'startedAt']: new Date(data.displayTime).toISOString() }
      : {};
  if (canonicalHash({ ...shown.shown.value, ...time }) !== canonicalHash(shown.display))
    throw new Wrong('what was shown is not what the log commits to');
  return 'what was shown is what the log commits to';
}

function checkOutcome(shown: VerificationEvidence, outcome: LeafRecord | undefined): string {
  const { answer, reason, handset, findings } = logged(outcome);
  if (
    canonicalHash([answer, reason, handset, findings]) !==
    canonicalHash([shown.answer, shown.reason, shown.handset, shown.findings])
  )
    throw new Wrong('answer, reason, handset or findings are not those of the log');
  return `${shown.status} by ${shown.answer}${shown.findings.length > 0 ? `, with ${shown.findings.join(' and ')}` : ''}`;
}

/** What you see is what you sign (domain rule 4): the customer's own signature is over this display, challenge and answer. */
function checkAnswer(shown: VerificationEvidence, outcome: LeafRecord | undefined, shredded: boolean): string {
  const data = logged(outcome);
  if (shown.signedAnswer === null || shown.device === null) return missing(shredded, data.answerCommitment);
  const { value: signed } = shown.signedAnswer;
  requireCommitted(shown.signedAnswer, signed, data.answerCommitment);
  const payload = openSignedAnswer(signed, shown.device);
  if (payload.verification !== shown.id || payload.challenge !== shown.challenge)
    throw new Wrong('the customer signed another question');
  if (payload.display !== canonicalHash(shown.display)) throw new Wrong('the customer signed another display');
  if (
    payload.answer !== shown.answer ||
    (payload.reason ?? null) !== shown.reason ||
    canonicalHash(payload.handset ?? null) !== canonicalHash(shown.handset)
  )
    throw new Wrong('the customer signed another answer');
  return `${shown.answer}, signed by ${shown.device.id} over exactly what was shown`;
}

/** What the device signed, by its key; a passkey's assertion is over the hash of it. */
function openSignedAnswer(signed: string, { id, publicKey, passkey }: DeviceEvidence): Record<string, unknown> {
  const key = readDeviceKey(publicKey);
  return passkey ? openAssertedPayload(signed, passkey, key) : openSignedJws(signed, id, key);
}

function checkDevice(
  { device }: VerificationEvidence,
  outcome: LeafRecord | undefined,
  ofDevice: readonly LeafRecord[],
  shredded: boolean,
): string {
  const { deviceKeyThumbprint } = logged(outcome);
  const enrolled = ofDevice.find(({ type }) => type === 'countersign.device.enrolled');
  if (device === null) return missing(shredded, deviceKeyThumbprint);
  if (
    canonicalHash(readDeviceKey(device.publicKey).required) !== deviceKeyThumbprint ||
    device.keyThumbprint !== deviceKeyThumbprint
  )
    throw new Wrong('its key is not the one of the log');
  if (logged(enrolled).keyThumbprint !== deviceKeyThumbprint)
    throw new Wrong('the log enrolled another key under this id');
  if (logged(enrolled).rpId !== device.passkey?.rpId) throw new Wrong('the log enrolled it for another domain');
  return `${device.id}, enrolled at ${enrolled!.time}`;
}

function checkChange(
  statements: Statement[],
  change: ChangeEvidence,
  events: readonly LeafRecord[],
  shredded: boolean,
): void {
  const requested = events.find(({ type }) => type === 'countersign.change.requested');
  statementOf(
    statements,
    `${change.id} events`,
    () => requireOneClose(change, events),
    (text) => text,
  );
  statementOf(
    statements,
    `${change.id} details`,
    () => checkDetails(change, requested, shredded),
    (text) => text,
  );
}

function requireOneClose({ status }: ChangeEvidence, events: readonly LeafRecord[]): string {
  const steps = events
    .filter(({ type }) => type.startsWith('countersign.change.'))
    .map(({ type }) => type.replace('countersign.change.', ''));
  if (steps[0] !== 'requested' || steps.lastIndexOf('requested') !== 0)
    throw new Wrong('it does not begin once, with its request');
  const ends = steps.filter((step) => ENDS.includes(step));
  if (ends.length > 1) throw new Wrong('it ended twice');
  const disputed = ends[0] === 'released' && steps.indexOf('disputed') > steps.indexOf('released');
  const logged = disputed ? 'disputed' : (ends[0] ?? 'held');
  if (logged !== status) throw new Wrong(`the file says ${status} and the log says ${logged}`);
  return steps.join(', ');
}

function checkDetails(change: ChangeEvidence, requested: LeafRecord | undefined, shredded: boolean): string {
  const data = logged(requested);
  if (
    data.subject !== change.subject ||
    data.reference !== change.reference ||
    data.askedThrough !== change.askedThrough ||
    data.by !== change.askedBy
  )
    throw new Wrong('subject, reference, way or author are not those of the log');
  if (change.details === null) return missing(shredded, data.detailsCommitment);
  const { value } = change.details;
  requireCommitted(change.details, canonicalJson(value), data.detailsCommitment);
  const fingerprint = base64url(sha256(value.salt, '\0', canonicalJson(value.after)));
  if (fingerprint !== value.fingerprint) throw new Wrong('the fingerprint that was shown is of other details');
  return 'the details are what the log commits to, and the fingerprint that was shown is theirs';
}

function checkPolicy({ version, document }: PolicyEvidence, records: readonly LeafRecord[]): string {
  if (version === 0) return 'the defaults: none was set';
  const changed = records.find(({ type, data }) => type === 'countersign.policy.changed' && data.version === version);
  if (logged(changed).documentHash !== canonicalHash(document))
    throw new Wrong('the document is not the one of the log');
  return `set at ${changed!.time}`;
}

function requireShredded(records: readonly LeafRecord[], customerId: string): string {
  const shredded = records
    .filter(({ type, subject }) => type === 'countersign.customer.shredded' && subject === customerId)
    .at(-1);
  if (!shredded) throw new Wrong("the log does not say that the customer's data was destroyed");
  return shredded.time;
}

function logged(record: LeafRecord | undefined): LeafRecord['data'] {
  if (!record) throw new Wrong('the event is missing');
  return record.data;
}

/** Missing is right for a shredded customer alone. The commitment stays in the log; nothing can be held against it any more. */
function missing(shredded: boolean, commitment: unknown): never {
  if (!shredded) throw new Wrong('it is missing');
  if (typeof commitment !== 'string') throw new Wrong('the log does not commit to it');
  throw new Unverifiable(`the customer's data was destroyed; the log still commits to it by ${commitment}`);
}

function requireCommitted(opened: Opened<unknown>, text: string, commitment: unknown): void {
  const salt = fromHex(opened.salt);
  if (salt.length !== 32 || typeof commitment !== 'string' || !equal(sha256(salt, text), fromHex(commitment)))
    throw new Wrong('the log commits to something else');
}
