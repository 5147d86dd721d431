import type { ReferenceCode } from '../texts/words.js';

/** What a reference stands for, safe to read out to whoever asks: it holds nothing about the customer. */
export interface ReferenceSummary {
  readonly kind: 'call' | 'change' | 'callback' | 'notice' | 'report';
  /** Whether the bank stands behind it: only what the bank itself began, and only while nothing speaks against it. */
  readonly genuine: boolean;
  readonly at: string;
  readonly state: string;
  readonly summary: string;
}

/** The words for what a reference stands for, in the language that was asked for. */
export type ReferenceWords = (code: ReferenceCode, values?: Readonly<Record<string, string>>) => string;

export function summariseCall(
  call: {
    direction: 'outbound' | 'inbound';
    live: boolean;
    relaySuspected: boolean;
    doubted: boolean;
    startedAt: Date;
  },
  say: ReferenceWords,
): ReferenceSummary {
  const base = { kind: 'call', at: call.startedAt.toISOString(), state: call.live ? 'live' : 'ended' } as const;
  if (call.relaySuspected || call.doubted) return { ...base, genuine: false, summary: say('call_relay') };
  if (call.direction === 'inbound') return { ...base, genuine: false, summary: say('call_inbound') };
  return { ...base, genuine: true, summary: say(call.live ? 'call_live' : 'call_ended') };
}

/** Anybody who rings can ask for a callback in another's name: until an agent places it, nothing of it is the bank's. */
export function summariseCallback(
  callback: { status: string; requestedAt: Date },
  say: ReferenceWords,
): ReferenceSummary {
  const open = callback.status === 'queued' || callback.status === 'claimed';
  return {
    kind: 'callback',
    genuine: callback.status === 'claimed' || callback.status === 'verified',
    at: callback.requestedAt.toISOString(),
    state: callback.status,
    summary: say(open ? 'callback_open' : 'callback_done'),
  };
}

const CHANGE_SUMMARIES: Readonly<Record<string, ReferenceCode>> = {
  held: 'change_held',
  released: 'change_released',
  refused: 'change_refused',
  withdrawn: 'change_withdrawn',
  expired: 'change_expired',
  disputed: 'change_disputed',
};

/** Anybody can make a report, and could give its reference to a victim as proof. */
export function summariseReport(report: { reportedAt: Date }, say: ReferenceWords): ReferenceSummary {
  return {
    kind: 'report',
    genuine: false,
    at: report.reportedAt.toISOString(),
    state: 'received',
    summary: say('report'),
  };
}

/** Whoever rings or writes can ask for a change: until its proofs are in nobody knows that the customer did. */
export function summariseChange(change: { status: string; requestedAt: Date }, say: ReferenceWords): ReferenceSummary {
  const code = CHANGE_SUMMARIES[change.status];
  if (code === undefined) throw new TypeError(`unknown change status ${change.status}`);
  return {
    kind: 'change',
    genuine: change.status === 'released',
    at: change.requestedAt.toISOString(),
    state: change.status,
    summary: say(code),
  };
}

const CHANNEL_WORDS: Readonly<Record<string, ReferenceCode>> = {
  sms: 'channel_sms',
  email: 'channel_email',
  letter: 'channel_letter',
  app: 'channel_app',
};

/** The bank stands behind what it sent; a copy with another link can carry the same reference. */
export function summariseNotice(
  notice: { channel: string; summary: string; sent: boolean; sentAt: Date },
  say: ReferenceWords,
): ReferenceSummary {
  const channel = CHANNEL_WORDS[notice.channel];
  if (channel === undefined) throw new TypeError(`unknown channel ${notice.channel}`);
  return {
    kind: 'notice',
    genuine: true,
    at: notice.sentAt.toISOString(),
    state: notice.sent ? 'sent' : 'scheduled',
    summary: say(notice.sent ? 'notice_sent' : 'notice_scheduled', { channel: say(channel), summary: notice.summary }),
  };
}
