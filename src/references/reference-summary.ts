/** What a reference stands for, safe to read out to whoever asks: it holds nothing about the customer. */
export interface ReferenceSummary {
  readonly kind: 'call' | 'change' | 'callback' | 'notice' | 'report';
  /** Whether the bank stands behind it: only what the bank itself began, and only while nothing speaks against it. */
  readonly genuine: boolean;
  readonly at: string;
  readonly state: string;
  readonly summary: string;
}

const RING_CARD = 'hang up, and ring the number on your card';

export function summariseCall(call: {
  direction: 'outbound' | 'inbound';
  live: boolean;
  relaySuspected: boolean;
  startedAt: Date;
}): ReferenceSummary {
  const base = { kind: 'call', at: call.startedAt.toISOString(), state: call.live ? 'live' : 'ended' } as const;
  if (call.relaySuspected)
    return { ...base, genuine: false, summary: 'Do not trust this call. Hang up, and ring the number on your card.' };
  if (call.direction === 'inbound')
    return {
      ...base,
      genuine: false,
      summary:
        'This stands for a call that somebody placed to the bank. The bank did not call you: if somebody called you and gave this reference, hang up.',
    };
  return {
    ...base,
    genuine: true,
    summary: call.live
      ? 'The bank placed this call, and it is going on now.'
      : `The bank placed this call, and it has ended. If somebody is still talking to you, ${RING_CARD}.`,
  };
}

export function summariseCallback(callback: { status: string; requestedAt: Date }): ReferenceSummary {
  const open = callback.status === 'queued' || callback.status === 'claimed';
  return {
    kind: 'callback',
    genuine: true,
    at: callback.requestedAt.toISOString(),
    state: callback.status,
    summary: open
      ? `The bank owes a callback under this reference. Your app shows when, and confirms the call when it comes; if it does not, ${RING_CARD}.`
      : `This callback is done with. If somebody calls you about it now, ${RING_CARD}.`,
  };
}

const CHANGE_SUMMARIES: Readonly<Record<string, string>> = {
  held: 'A change of details was asked for and is held: nothing has been changed yet. If you did not ask for it, say so now, and it is refused.',
  released:
    'A change of details was confirmed and made. If you did not ask for it, say so now: it can still be disputed.',
  refused: 'A change of details was asked for and refused: nothing was changed.',
  withdrawn: 'A change of details was asked for and taken back: nothing was changed.',
  expired: 'A change of details was asked for and not confirmed in time: nothing was changed.',
  disputed: 'A change of details was made and is disputed. The bank is looking into it.',
};

/** Anybody can make a report, and could give its reference to a victim as proof. */
export function summariseReport(report: { reportedAt: Date }): ReferenceSummary {
  return {
    kind: 'report',
    genuine: false,
    at: report.reportedAt.toISOString(),
    state: 'received',
    summary: `A customer reported something to the bank under this reference. It proves nothing about a caller or a message: if somebody gave it to you as proof, ${RING_CARD}.`,
  };
}

/** A change is the bank's record, but until its proofs are in nobody knows that the customer asked for it. */
export function summariseChange(change: { status: string; requestedAt: Date }): ReferenceSummary {
  const summary = CHANGE_SUMMARIES[change.status];
  if (summary === undefined) throw new TypeError(`unknown change status ${change.status}`);
  return {
    kind: 'change',
    genuine: change.status === 'held' || change.status === 'released',
    at: change.requestedAt.toISOString(),
    state: change.status,
    summary,
  };
}

const CHANNEL_WORDS: Readonly<Record<string, string>> = {
  sms: 'a text message',
  email: 'an e-mail',
  letter: 'a letter',
  app: 'a message in the app',
};

/** The bank stands behind what it sent; a copy with another link can carry the same reference. */
export function summariseNotice(notice: {
  channel: string;
  summary: string;
  sent: boolean;
  sentAt: Date;
}): ReferenceSummary {
  const words = CHANNEL_WORDS[notice.channel];
  if (words === undefined) throw new TypeError(`unknown channel ${notice.channel}`);
  return {
    kind: 'notice',
    genuine: true,
    at: notice.sentAt.toISOString(),
    state: notice.sent ? 'sent' : 'scheduled',
    summary: `The bank ${notice.sent ? 'sent' : 'is going to send'} ${words} under this reference: ${notice.summary} A reference can be copied, so check the wording and the links in your app before you act on it.`,
  };
}
