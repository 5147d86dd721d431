import { describe, expect, it } from 'vitest';
import { type AnswerFacts, type Direction, FINDINGS, type Handset, judgeAnswer, REASONS } from './answer.policy.js';

const HANDSETS: readonly (Handset | null)[] = [
  null,
  ...[false, true].flatMap((inCall) => [{ inCall }, { inCall, outgoing: false }, { inCall, outgoing: true }]),
  { inCall: true, outgoing: false, medium: 'voip' },
];
const BOTH = [false, true];

/** Every combination of everything that an answer is judged by. */
function* everything(): Generator<AnswerFacts> {
  for (const direction of [null, 'outbound', 'inbound'] as const)
    for (const answer of ['yes', 'no'] as const)
      for (const reason of [null, ...REASONS])
        for (const code of ['right', 'wrong', 'missing', 'unreadable', 'not_asked'] as const)
          for (const handset of HANDSETS)
            for (const relayKnown of BOTH)
              for (const newDevice of BOTH)
                for (const vouchesForChange of BOTH)
                  for (const newContact of BOTH)
                    yield {
                      direction,
                      channel: direction && 'phone',
                      answer,
                      reason,
                      code,
                      handset,
                      relayKnown,
                      newDevice,
                      vouchesForChange,
                      newContact,
                    };
}

/** What a handset may say of itself without contradicting a yes; written out, so that it does not follow the code it checks. */
const FITTING: Record<Direction, readonly (Handset | null)[]> = {
  outbound: [null, { inCall: true }, { inCall: true, outgoing: false }],
  inbound: [null, { inCall: true }, { inCall: true, outgoing: true }],
};

function mayConfirm(facts: AnswerFacts): boolean {
  const { answer, reason, code, relayKnown, direction, handset, newDevice, vouchesForChange } = facts;
  const fits =
    direction === null ||
    FITTING[direction].some(
      (fitting) => JSON.stringify(fitting) === JSON.stringify(handset && { ...handset, medium: undefined }),
    );
  return (
    answer === 'yes' &&
    reason === null &&
    (code === 'right' || code === 'not_asked') &&
    !relayKnown &&
    fits &&
    !(newDevice && vouchesForChange)
  );
}

const GOOD: AnswerFacts = {
  direction: 'outbound',
  channel: 'phone',
  answer: 'yes',
  reason: null,
  code: 'right',
  handset: { inCall: true, outgoing: false },
  relayKnown: false,
  newDevice: false,
  vouchesForChange: false,
  newContact: false,
};
const judge = (change: Partial<AnswerFacts>) => judgeAnswer({ ...GOOD, ...change });

describe('over every combination of facts', () => {
  const all = [...everything()];

  it('an answer confirms exactly with a yes, the right code, a matching direction and no relay', () => {
    expect(all.length).toBe(3 * 2 * 6 * 5 * 8 * 16);
    const wrong = all.filter((facts) => (judgeAnswer(facts).outcome === 'confirmed') !== mayConfirm(facts));
    expect(wrong).toEqual([]);
    expect(all.filter(mayConfirm).length).toBeGreaterThan(0);
  });

  it('a no never confirms, counts no code, and is never lost', () => {
    for (const facts of all)
      if (facts.answer === 'no') expect(['denied', 'reported']).toContain(judgeAnswer(facts).outcome);
  });

  it('a no is a relay where the handset was rung while somebody talks to the bank as the customer, or they say so, and else nowhere', () => {
    const isRelay = ({ direction, reason, handset, relayKnown }: AnswerFacts) =>
      relayKnown ||
      (direction === 'inbound' &&
        (reason === 'they_called_me' || (handset?.inCall === true && handset.outgoing === false)));
    const wrong = all.filter(
      (facts) =>
        facts.answer === 'no' &&
        (judgeAnswer(facts) as { findings: readonly string[] }).findings.includes('relay_suspected') !== isRelay(facts),
    );
    expect(wrong).toEqual([]);
  });

  it('a call of some app is told of beside any outcome of a question about a phone call, and changes none', () => {
    for (const facts of all) {
      if (facts.handset?.medium !== 'voip') continue;
      const { medium: _medium, ...handset } = facts.handset;
      const [judged, without] = [judgeAnswer(facts), judgeAnswer({ ...facts, handset })];
      expect(judged.outcome).toBe(without.outcome);
      if ('findings' in judged) expect(judged.findings.includes('other_channel')).toBe(facts.channel === 'phone');
      expect(judgeAnswer({ ...facts, channel: facts.channel && 'in_app' })).toEqual(without);
    }
  });

  it('a known relay is reported whatever else is said', () => {
    for (const facts of all)
      if (facts.relayKnown)
        expect(judgeAnswer(facts)).toMatchObject({
          outcome: 'reported',
          findings: expect.arrayContaining(['relay_suspected']),
        });
  });

  it('the code makes no difference to a conflict: a code that was relayed is right', () => {
    for (const facts of all) {
      const judgement = judgeAnswer({ ...facts, code: 'right' });
      if (judgement.outcome === 'reported') expect(judgeAnswer(facts)).toEqual(judgement);
    }
  });

  it('findings are known ones, each once, and age never hides', () => {
    for (const facts of all) {
      const judgement = judgeAnswer(facts);
      if (!('findings' in judgement)) continue;
      expect(new Set(judgement.findings).size).toBe(judgement.findings.length);
      expect(judgement.findings.every((finding) => FINDINGS.includes(finding))).toBe(true);
      expect(judgement.findings.includes('new_device')).toBe(facts.newDevice);
      expect(judgement.findings.includes('new_contact')).toBe(facts.newContact);
    }
  });
});

describe('an answer about a call', () => {
  it.each<[string, Partial<AnswerFacts>, object]>([
    ['yes with the right code', {}, { outcome: 'confirmed', findings: [] }],
    ['yes from a handset that says nothing', { handset: null }, { outcome: 'confirmed', findings: [] }],
    ['yes from a new device', { newDevice: true }, { outcome: 'confirmed', findings: ['new_device'] }],
    ['yes where the contact is new', { newContact: true }, { outcome: 'confirmed', findings: ['new_contact'] }],
    ['yes where no code is asked', { code: 'not_asked' }, { outcome: 'confirmed', findings: [] }],
    ['yes without a code', { code: 'missing' }, { outcome: 'code_required' }],
    ['yes with what is no code', { code: 'unreadable' }, { outcome: 'not_a_code' }],
    ['no with what is no code', { answer: 'no', code: 'unreadable' }, { outcome: 'denied', findings: [] }],
    [
      'yes with what is no code, from a handset in no call',
      { code: 'unreadable', handset: { inCall: false } },
      { outcome: 'reported', findings: ['relay_suspected', 'handset_mismatch'] },
    ],
    ['yes with a wrong code', { code: 'wrong' }, { outcome: 'wrong_code' }],
    [
      'yes from a handset in no call',
      { handset: { inCall: false } },
      { outcome: 'reported', findings: ['relay_suspected', 'handset_mismatch'] },
    ],
    [
      "yes to the bank's call from a handset that dialled",
      { handset: { inCall: true, outgoing: true } },
      { outcome: 'reported', findings: ['relay_suspected', 'handset_mismatch'] },
    ],
    [
      'yes to "did you phone us" from a handset that was rung',
      { direction: 'inbound' },
      { outcome: 'reported', findings: ['relay_suspected', 'handset_mismatch'] },
    ],
    [
      'yes to "did you phone us" from a handset that dialled',
      { direction: 'inbound', handset: { inCall: true, outgoing: true } },
      { outcome: 'confirmed', findings: [] },
    ],
    [
      'yes with a reason, as somebody who is told what to tap',
      { reason: 'not_me' },
      { outcome: 'reported', findings: [] },
    ],
    ['no', { answer: 'no' }, { outcome: 'denied', findings: [] }],
    [
      'no from a handset in no call',
      { answer: 'no', reason: 'not_on_a_call', handset: { inCall: false } },
      { outcome: 'denied', findings: [] },
    ],
    [
      "no to the bank's call from a handset in a call that it placed to somebody else",
      { answer: 'no', reason: 'not_on_a_call', handset: { inCall: true, outgoing: true } },
      { outcome: 'denied', findings: [] },
    ],
    [
      "no to the bank's call from a handset in a call of any kind",
      { answer: 'no', handset: { inCall: true, outgoing: false } },
      { outcome: 'denied', findings: [] },
    ],
    [
      'no to "did you phone us" from a handset that was rung',
      { direction: 'inbound', answer: 'no', reason: 'not_me' },
      { outcome: 'reported', findings: ['relay_suspected', 'handset_mismatch'] },
    ],
    [
      'no to "did you phone us" from a handset in a call that it placed',
      { direction: 'inbound', answer: 'no', handset: { inCall: true, outgoing: true } },
      { outcome: 'denied', findings: [] },
    ],
    [
      'yes from a handset in a call of the telephone network',
      { handset: { inCall: true, outgoing: false, medium: 'cellular' } },
      { outcome: 'confirmed', findings: [] },
    ],
    [
      'yes from a handset in a call of some app, which is told',
      { handset: { inCall: true, outgoing: false, medium: 'voip' } },
      { outcome: 'confirmed', findings: ['other_channel'] },
    ],
    ['no under pressure', { answer: 'no', reason: 'pressured' }, { outcome: 'reported', findings: [] }],
    [
      '"they called me" to "did you phone us"',
      { direction: 'inbound', answer: 'no', reason: 'they_called_me', handset: null },
      { outcome: 'reported', findings: ['relay_suspected'] },
    ],
    [
      '"they called me" about the bank\'s own call',
      { answer: 'no', reason: 'they_called_me' },
      { outcome: 'denied', findings: [] },
    ],
    [
      'yes after a verdict has shown a relay',
      { relayKnown: true },
      { outcome: 'reported', findings: ['relay_suspected'] },
    ],
  ])('%s', (_what, change, expected) => {
    expect(judge(change)).toEqual(expected);
  });
});

describe('an answer about a change', () => {
  it("is nobody's from a device that is itself new, but a no from one counts", () => {
    const change = {
      direction: null,
      handset: null,
      code: 'not_asked',
      vouchesForChange: true,
      newDevice: true,
    } as const;
    expect(judge(change)).toEqual({ outcome: 'device_too_new' });
    expect(judge({ ...change, answer: 'no' })).toEqual({ outcome: 'denied', findings: ['new_device'] });
    expect(judge({ ...change, newDevice: false })).toEqual({ outcome: 'confirmed', findings: [] });
  });
});

describe('what does not exist', () => {
  it('throws: a direction, or a state of the code', () => {
    expect(() => judge({ direction: 'sideways' as Direction })).toThrow(TypeError);
    expect(() => judge({ code: 'maybe' as 'right' })).toThrow(TypeError);
  });
});
