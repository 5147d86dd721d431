import type { ReportToMake } from '../src/reports/reports.service.js';

/** One report of a simulation: when, by whom, what, and whether it belongs to the wave. */
export interface SimulatedReport {
  readonly atSecond: number;
  readonly customerId: string;
  readonly report: ReportToMake;
  readonly isWave: boolean;
}

/** A small generator of random numbers with a seed (mulberry32), so that every run plays the same. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <Item>(random: () => number, items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
const digits = (random: () => number, count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('');

const WORDS =
  'account activity address agent alert app approve balance bank block branch call cancel card claim code confirm contact customs customer debit delivery deposit details device email energy expired fee file fine form fraud gift help hold id insurance invoice late limit link loan locked login mail manager message missed mobile money new notice number office online order parcel pass pay payee payment penalty pension phone police post prize problem profile protect rebate receive refund register reply request reset return review safe secure security send service sign stop support suspend tax team text ticket today transfer unusual update urgent verify visit voucher wait warning website winner'.split(
    ' ',
  );
const SENDERS = [
  'HMRC',
  'Royal Mail',
  'Evri',
  'DVLA',
  'PayPal',
  'Amazon',
  'Netflix',
  'O2',
  'EE',
  'Apple',
  'NHS',
  'Santander',
  'Barclays',
  'Lloyds',
  'Monzo',
  'eBay',
  'WhatsApp',
  'Microsoft',
  'BT',
  'Sky',
];

/** What one customer reports on any day: a number that called, or a message in words of its own. */
function background(random: () => number): ReportToMake {
  if (random() < 0.5) return { channel: 'call', claimedNumber: `+447${digits(random, 9)}` };
  const text = Array.from({ length: 14 + Math.floor(random() * 16) }, () => pick(random, WORDS)).join(' ');
  const link = `https://${pick(random, WORDS)}-${pick(random, WORDS)}-${digits(random, 3)}.example/${digits(random, 6)}`;
  return { channel: 'sms', claimedSender: pick(random, SENDERS), text: random() < 0.6 ? `${text} ${link}` : text };
}

/** Calls that all forge one number. */
export const calls = (number: string) => (): ReportToMake => ({ channel: 'call', claimedNumber: number });

/** Messages from a new sender and with a new link each, in words that vary: what they share is how they are made. */
export function messages(random: () => number): () => ReportToMake {
  const openings = ['NorthBank:', 'NorthBank alert:', 'NORTHBANK', 'From NorthBank:'];
  const names = ['J SMITH', 'A OKAFOR', 'M PATEL', "S O'BRIEN", 'T NOWAK'];
  const endings = ['cancel it now at', 'stop it here:', 'cancel at'];
  return () => ({
    channel: 'sms',
    claimedNumber: `+447${digits(random, 9)}`,
    text: `${pick(random, openings)} a payment of £${digits(random, 3)}.00 to ${pick(random, names)} was attempted from a new device. If this was NOT you, please ${pick(random, endings)} https://n${digits(random, 4)}-secure.example/c?id=${digits(random, 6)}`,
  });
}

const OPENINGS = [
  'Your bank has stopped',
  'We noticed',
  'There was',
  'Security notice about',
  'Please look at',
  'We are holding',
];
const THINGS = [
  'a transfer to a new payee',
  'an order on your card',
  'a sign-in from another town',
  'a large payment from your account',
  'a change of your address',
];
const DEMANDS = [
  'Ring us on the number below within the hour or it goes through',
  'Follow the link to say that it was not you',
  'Answer YES to allow it, or open the page to refuse',
  'Confirm who you are on our page to keep your account open',
];

/** Messages that say it in other words each time; what they share is at most the sender. */
export function paraphrases(random: () => number, sender: string | null): () => ReportToMake {
  return () => ({
    channel: 'sms',
    ...(sender === null ? {} : { claimedSender: sender }),
    text: `${pick(random, OPENINGS)} ${pick(random, THINGS)} of £${digits(random, 3)}. ${pick(random, DEMANDS)}: https://s${digits(random, 6)}.example/`,
  });
}

export interface WavePlan {
  readonly seed: number;
  readonly minutes: number;
  readonly backgroundPerMinute: number;
  readonly wave: { readonly fromMinute: number; readonly perMinute: number; readonly make: () => ReportToMake } | null;
}

/** Reports in the order of time: arrivals are random (a Poisson process), each by another customer. */
export function simulate({ seed, minutes, backgroundPerMinute, wave }: WavePlan): SimulatedReport[] {
  const random = seeded(seed);
  const all: SimulatedReport[] = [];
  const arrive = (from: number, perMinute: number, isWave: boolean, make: () => ReportToMake): void => {
    for (let at = from * 60; ;) {
      at += (-Math.log(1 - random()) * 60) / perMinute;
      if (at >= minutes * 60) return;
      all.push({ atSecond: at, customerId: `sim-${seed}-${isWave ? 'w' : 'b'}-${all.length}`, report: make(), isWave });
    }
  };
  arrive(0, backgroundPerMinute, false, () => background(random));
  if (wave) arrive(wave.fromMinute, wave.perMinute, true, wave.make);
  return all.sort((a, b) => a.atSecond - b.atSecond);
}

export interface WaveOutcome {
  /** Seconds of the simulation from the wave's first minute until a report of it was told of a campaign, by the latest that was under way then; null where none was told. */
  readonly openedAtSecond: number | null;
  /** Of the reports that were put into campaigns, the share that belongs to the wave. */
  readonly precision: number;
  /** Of the reports that belong to the wave, the share that was put into campaigns. */
  readonly recall: number;
  readonly campaigns: number;
}

/** Where a simulation is played: one tenant of a running service, and its database. */
export interface Theatre {
  readonly tenant: string;
  report(customerId: string, report: ReportToMake): Promise<{ status: number; body: { campaign?: unknown } }>;
  sql(text: string, values?: unknown[]): Promise<object[]>;
}

const AT_ONCE = 4;

const movedId = (interval: string): string =>
  `(lpad(to_hex(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint - (extract(epoch FROM interval '${interval}') * 1000)::bigint), 12, '0') || substring(replace(id::text, '-', '') FROM 13))::uuid`;

/** Moves everything that a tenant's customers reported into the past, as waiting would. */
export async function letTimePass({ tenant, sql }: Pick<Theatre, 'tenant' | 'sql'>, interval: string): Promise<void> {
  await sql(
    `UPDATE report_indicators SET last_seen_at = last_seen_at - '${interval}'::interval WHERE tenant_id = '${tenant}'`,
  );
  // The time of a report is in its id: 48 bits of milliseconds in front.
  await sql(
    `UPDATE report_indicators i SET report_id = r.new FROM (SELECT id, ${movedId(interval)} AS new FROM reports WHERE tenant_id = '${tenant}') r WHERE i.tenant_id = '${tenant}' AND i.report_id = r.id`,
  );
  await sql(
    `UPDATE reports SET id = ${movedId(interval)}, reported_at = reported_at - '${interval}'::interval WHERE tenant_id = '${tenant}'`,
  );
  await sql(
    `UPDATE campaigns SET first_seen_at = first_seen_at - '${interval}'::interval, last_seen_at = last_seen_at - '${interval}'::interval WHERE tenant_id = '${tenant}' AND closed_at IS NULL`,
  );
}

/** Plays reports minute by minute, several at a time, and compares what the service found with what was made up. */
export async function playWave(
  theatre: Theatre,
  reports: readonly SimulatedReport[],
  waveFromSecond: number,
): Promise<WaveOutcome> {
  let openedAtSecond: number | null = null;
  let latest = 0;
  const minutes = Math.ceil((reports.at(-1)?.atSecond ?? 0) / 60);
  for (let minute = 0; minute < minutes; minute += 1) {
    const waiting = reports.filter(({ atSecond }) => Math.floor(atSecond / 60) === minute);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          latest = Math.max(latest, next.atSecond);
          const { status, body } = await theatre.report(next.customerId, next.report);
          if (status !== 201) throw new Error(`a report answered ${status}`);
          if (body.campaign && next.isWave) openedAtSecond ??= latest - waveFromSecond;
        }
      }),
    );
    await letTimePass(theatre, '1 minute');
  }
  const ours = new Set(reports.map(({ customerId }) => customerId));
  const rows = (await theatre.sql(
    `SELECT customer_id, campaign_id FROM reports WHERE tenant_id = $1 AND campaign_id IS NOT NULL`,
    [theatre.tenant],
  )) as { customer_id: string; campaign_id: string }[];
  const found = rows.filter((row) => ours.has(row.customer_id));
  const wave = new Set(reports.filter(({ isWave }) => isWave).map(({ customerId }) => customerId));
  const right = found.filter((row) => wave.has(row.customer_id)).length;
  return {
    openedAtSecond,
    precision: found.length === 0 ? 1 : right / found.length,
    recall: wave.size === 0 ? 1 : right / wave.size,
    campaigns: new Set(found.map((row) => row.campaign_id)).size,
  };
}
