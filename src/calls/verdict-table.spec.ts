import { describe, expect, it } from 'vitest';
import { CALLS, facts, FOREIGN, HANDSETS, LINE, OTHER_LINE, REMOVED, USES } from '../../test/support/verdict-facts.js';
import { decideVerdict, type Verdict, type VerdictFacts } from './verdict.policy.js';

interface Row {
  readonly verdict: Verdict['verdict'];
  readonly reason: Verdict['reason'];
  readonly fits: (given: VerdictFacts) => boolean;
}

// What the words of the contract's table mean, each on its own; written without the implementation in view.
const rings = ({ trigger }: VerdictFacts) => trigger === 'ringing';
const asks = ({ trigger }: VerdictFacts) => trigger === 'customer';
const shows =
  (use: 'outbound' | 'inbound_only' | 'none' | 'foreign') =>
  ({ incomingNumber, lineUse }: VerdictFacts) => {
    if (incomingNumber === null) return use === 'none';
    return use === (lineUse ?? 'foreign');
  };
const placed = ({ handset }: VerdictFacts) => handset !== null && handset.inCall && handset.outgoing === true;
const callsOf = ({ liveCalls }: VerdictFacts, direction: 'outbound' | 'inbound') =>
  liveCalls.filter((call) => call.direction === direction);
/** What carries the call that is asked about, where the handset tells of it. */
const carriedBy = (medium: 'voip' | 'cellular') => (given: VerdictFacts) =>
  asks(given) && given.handset?.inCall === true && given.handset.medium === medium;
/** "From this line or with no number given by either side": a side that gives one gives one of the bank's. */
const callsOnLine = (given: VerdictFacts) =>
  callsOf(given, 'outbound').filter(
    ({ line }) => shows('none')(given) || (shows('outbound')(given) && [null, given.incomingNumber].includes(line)),
  );

/** Of those, the ones that the call which is asked about may be: an app's call is never a phone call, nor one that shows a number. */
const fittingCalls = (given: VerdictFacts) =>
  callsOnLine(given).filter(({ channel }) =>
    channel === 'phone' ? !carriedBy('voip')(given) : shows('none')(given) && !carriedBy('cellular')(given),
  );

/** The table of the API contract but for its first row, which is decided without facts. */
const TABLE: readonly Row[] = [
  { verdict: 'not_legitimate', reason: 'inbound_only_line', fits: shows('inbound_only') },
  { verdict: 'unknown', reason: 'customer_rang', fits: (given) => asks(given) && given.handset?.outgoing === true },
  {
    verdict: 'unknown',
    reason: 'already_on_that_call',
    fits: (given) =>
      callsOnLine(given).some(({ confirmed }) => confirmed) && rings(given) && given.handset?.inCall === true,
  },
  { verdict: 'legitimate', reason: 'live_call', fits: (given) => fittingCalls(given).length > 0 },
  { verdict: 'unknown', reason: 'other_channel', fits: (given) => callsOnLine(given).length > 0 },
  {
    verdict: 'unknown',
    reason: 'other_line',
    fits: (given) => shows('outbound')(given) && callsOf(given, 'outbound').length > 0,
  },
  {
    verdict: 'not_legitimate',
    reason: 'someone_rang_as_you',
    fits: (given) =>
      callsOf(given, 'inbound').length > 0 && (asks(given) || shows('outbound')(given)) && !placed(given),
  },
  { verdict: 'unknown', reason: 'not_our_line', fits: (given) => shows('foreign')(given) && rings(given) },
  { verdict: 'not_legitimate', reason: 'not_our_line', fits: (given) => shows('foreign')(given) && asks(given) },
  { verdict: 'unknown', reason: 'number_withheld', fits: (given) => shows('none')(given) && rings(given) },
  { verdict: 'not_legitimate', reason: 'no_live_call', fits: () => true },
];

/** Every combination: both triggers, every number, every handset, every set of live calls, from the newest and from the oldest. */
function* everything(): Generator<VerdictFacts> {
  for (const order of [CALLS, [...CALLS].reverse()])
    for (let bits = 0; bits < 2 ** CALLS.length; bits += 1) {
      const liveCalls = order.filter((call) => bits & (1 << CALLS.indexOf(call)));
      for (const trigger of ['ringing', 'customer'] as const)
        for (const number of [null, ...Object.keys(USES)])
          for (const handset of HANDSETS) yield facts(trigger, number, liveCalls, handset);
    }
}

describe('over every combination of facts', () => {
  const all = [...everything()];
  const rowOf = (given: VerdictFacts): number => TABLE.findIndex(({ fits }) => fits(given));
  /** Collected and not asserted one by one: there are hundreds of thousands. */
  const failing = (isRight: (verdict: Verdict, given: VerdictFacts) => boolean) =>
    all.filter((given) => !isRight(decideVerdict(given), given)).slice(0, 3);

  it('the first row of the table that fits decides, and there is always one', () => {
    expect(all.length).toBe(2 * 512 * 2 * 6 * 12);
    expect(
      failing(
        ({ verdict, reason }, given) =>
          verdict === TABLE[rowOf(given)]?.verdict && reason === TABLE[rowOf(given)]?.reason,
      ),
    ).toEqual([]);
  });

  it('each row decides somewhere, so that none stands there in vain', () => {
    expect([...new Set(all.map(rowOf))].sort((a, b) => a - b)).toEqual(TABLE.map((_row, place) => place));
  });

  it('a legitimate verdict names a live outbound call that fits, and accuses none; any other names no call', () => {
    expect(
      failing(({ verdict, callId, relayedCallIds }, given) =>
        verdict === 'legitimate'
          ? fittingCalls(given)[0]!.id === callId && relayedCallIds.length === 0
          : callId === null,
      ),
    ).toEqual([]);
  });

  it('a customer in a call of some app is never told that a phone call is theirs, and always that none was declared in the app', () => {
    expect(
      failing(({ verdict, callId, findings }, given) => {
        const inTheApp = callsOf(given, 'outbound').some(({ channel }) => channel === 'in_app');
        const told = carriedBy('voip')(given) && !(inTheApp && shows('none')(given));
        const green = given.liveCalls.find(({ id }) => id === callId);
        return (
          findings.includes('other_channel') === told &&
          !(verdict === 'legitimate' && carriedBy('voip')(given) && green?.channel !== 'in_app')
        );
      }),
    ).toEqual([]);
  });

  it("a number that is not the bank's is never green", () => {
    expect(
      failing(
        ({ verdict }, { incomingNumber }) =>
          verdict !== 'legitimate' || ![FOREIGN, REMOVED].includes(incomingNumber ?? ''),
      ),
    ).toEqual([]);
  });

  it('a relay is raised on every live inbound call where that row decides, and on nothing else', () => {
    expect(
      failing(({ reason, relayedCallIds }, given) => {
        const inbound = reason === 'someone_rang_as_you' ? callsOf(given, 'inbound').map(({ id }) => id) : [];
        return JSON.stringify(relayedCallIds) === JSON.stringify(inbound);
      }),
    ).toEqual([]);
  });

  it("a phone that rings with a stranger's number, or with none, accuses nobody", () => {
    expect(
      failing(
        ({ verdict, relayedCallIds }, given) =>
          asks(given) || given.lineUse !== null || (verdict !== 'not_legitimate' && relayedCallIds.length === 0),
      ),
    ).toEqual([]);
  });

  it("to withhold the number gains a caller nothing but what the bank's own line, or a call in its app, would show", () => {
    const withLine = (given: VerdictFacts, incomingNumber: string): VerdictFacts => ({
      ...given,
      incomingNumber,
      lineUse: 'outbound',
    });
    expect(
      failing(
        ({ verdict, callId }, given) =>
          !shows('none')(given) ||
          verdict !== 'legitimate' ||
          given.liveCalls.find(({ id }) => id === callId)!.channel === 'in_app' ||
          [LINE, OTHER_LINE, REMOVED].some(
            (line) => decideVerdict({ ...withLine(given, line) }).verdict === 'legitimate',
          ),
      ),
    ).toEqual([]);
  });
});
