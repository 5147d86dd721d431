import { describe, expect, it } from 'vitest';
import {
  decideNoticeCheck,
  NOTICE_CHECK_UNAVAILABLE,
  type NoticeCheckFacts,
  type NoticeDifference,
  type NoticeFacts,
} from './notice-check.policy.js';

const LINK: NoticeDifference = {
  field: 'link',
  how: 'host',
  received: 'https://evil.example',
  sent: 'https://northbank.example',
};
const SAME: NoticeFacts = {
  noticeId: 'same',
  named: false,
  wording: 'same',
  similarity: 1,
  partsMatch: false,
  partsMimic: false,
  uncomparable: false,
  hasText: true,
  differences: [],
};
const facts = (more: Partial<NoticeCheckFacts> = {}): NoticeCheckFacts => ({
  own: [],
  onlyReference: false,
  elsewhere: false,
  foreignAddress: false,
  sender: 'not_given',
  substance: false,
  unrecorded: false,
  ...more,
});
const decide = (own: Partial<NoticeFacts>[], more: Partial<NoticeCheckFacts> = {}) =>
  decideNoticeCheck(facts({ own: own.map((one) => ({ ...SAME, ...one })), ...more }));

const flags = [false, true];
const wordings = ['not_given', 'not_recorded', 'same', 'part', 'close', 'other'] as const;
const everyNotice: NoticeFacts[] = wordings.flatMap((wording) =>
  flags.flatMap((named) =>
    flags.flatMap((partsMatch) =>
      flags.flatMap((partsMimic) =>
        flags.flatMap((uncomparable) =>
          flags.flatMap((hasText) =>
            [[], [LINK]].map((differences) => ({
              noticeId: 'n',
              named,
              wording,
              similarity: 0.5,
              partsMatch,
              partsMimic,
              uncomparable,
              hasText,
              differences,
            })),
          ),
        ),
      ),
    ),
  ),
);
const everyRest = flags.flatMap((elsewhere) =>
  flags.flatMap((foreignAddress) =>
    flags.flatMap((substance) =>
      (['not_given', 'ours', 'lookalike', 'other'] as const).map((sender) => ({
        elsewhere,
        foreignAddress,
        substance,
        sender,
      })),
    ),
  ),
);

describe('the verdict on a message', () => {
  it('is unknown, `unavailable`, when nothing could be read', () => {
    expect(NOTICE_CHECK_UNAVAILABLE).toEqual({
      verdict: 'unknown',
      reason: 'unavailable',
      noticeId: null,
      differences: [],
    });
  });

  it('prefers the notice that was named, then the nearest wording', () => {
    const close = { wording: 'close', differences: [LINK] } as const;
    expect(
      decide([
        { ...close, noticeId: 'a', similarity: 0.7 },
        { ...close, noticeId: 'b', similarity: 0.9 },
      ]),
    ).toMatchObject({ verdict: 'altered', noticeId: 'b' });
    expect(
      decide([
        { ...close, noticeId: 'a', similarity: 0.9 },
        { noticeId: 'b', differences: [LINK] },
      ]),
    ).toMatchObject({ verdict: 'altered', noticeId: 'b' });
    expect(
      decide([
        { noticeId: 'a', differences: [LINK] },
        { ...close, noticeId: 'b', named: true, similarity: 0.1 },
      ]),
    ).toMatchObject({ verdict: 'altered', noticeId: 'b' });
    expect(decide([{ noticeId: 'a', differences: [LINK] }, { noticeId: 'b' }])).toMatchObject({
      verdict: 'genuine',
      noticeId: 'b',
    });
  });

  it('says by what a genuine one was told', () => {
    expect(decide([{ named: true, wording: 'not_given' }], { onlyReference: true })).toMatchObject({
      verdict: 'genuine',
      reason: 'reference_only',
    });
    expect(decide([{}])).toMatchObject({ verdict: 'genuine', reason: 'matches' });
  });

  it('is unknown for what went to somebody else, whoever it says it is from', () => {
    for (const sender of ['not_given', 'ours', 'lookalike', 'other'] as const)
      expect(decide([], { elsewhere: true, sender, substance: true })).toMatchObject({
        verdict: 'unknown',
        reason: 'nothing_fits',
        noticeId: null,
      });
  });

  it("is not_ours for what poses as the bank's", () => {
    expect(decide([], { foreignAddress: true, elsewhere: true })).toMatchObject({
      verdict: 'not_ours',
      reason: 'foreign_address',
    });
    expect(decide([], { sender: 'lookalike' })).toMatchObject({ verdict: 'not_ours', reason: 'lookalike_sender' });
    expect(decide([], { sender: 'ours', substance: true })).toMatchObject({
      verdict: 'not_ours',
      reason: 'never_sent',
    });
    expect(decide([], { sender: 'ours' })).toMatchObject({ verdict: 'unknown' });
  });
});

describe('over every combination of facts', () => {
  const all = [
    ...everyNotice.flatMap((notice) => everyRest.map((rest) => facts({ own: [notice], ...rest }))),
    ...everyRest.map((rest) => facts(rest)),
  ];

  it('genuine needs a notice to this customer that differs in nothing, with all of it compared and enough of it given', () => {
    for (const one of all) {
      const { verdict, noticeId } = decideNoticeCheck(one);
      const [notice] = one.own;
      const enough =
        notice !== undefined &&
        (notice.wording === 'same' ||
          (notice.wording === 'not_given' && (notice.named || (!notice.hasText && notice.partsMatch))));
      expect(verdict === 'genuine').toBe(enough && notice.differences.length === 0 && !notice.uncomparable);
      if (verdict === 'genuine') expect(noticeId).toBe('n');
    }
  });

  it('altered names a notice to this customer and what differs; what is not about such a one names neither', () => {
    for (const one of all) {
      const { verdict, noticeId, differences } = decideNoticeCheck(one);
      expect(differences.length > 0).toBe(verdict === 'altered');
      expect(noticeId !== null).toBe(verdict === 'altered' || verdict === 'genuine');
    }
  });
});
