import type { ReportToMake } from '../../src/reports/reports.service.js';

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
const digits = (random: () => number, count: number): string => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');

const WORDS = 'account activity address agent alert app approve balance bank block branch call cancel card claim code confirm contact customs customer debit delivery deposit details device email energy expired fee file fine form fraud gift help hold id insurance invoice late limit link loan locked login mail manager message missed mobile money new notice number office online order parcel pass pay payee payment penalty pension phone police post prize problem profile protect rebate receive refund register reply request reset return review safe secure security send service sign stop support suspend tax team text ticket today transfer unusual update urgent verify visit voucher wait warning website winner'.split(' ');
const SENDERS = ['HMRC', 'Royal Mail', 'Evri', 'DVLA', 'PayPal', 'Amazon', 'Netflix', 'O2', 'EE', 'Apple', 'NHS', 'Santander', 'Barclays', 'Lloyds', 'Monzo', 'eBay', 'WhatsApp', 'Microsoft', 'BT', 'Sky'];

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
  const names = ['J SMITH', 'A OKAFOR', 'M PATEL', 'S O\'BRIEN', 'T NOWAK'];
  const endings = ['cancel it now at', 'stop it here:', 'cancel at'];
  return () => ({
    channel: 'sms', claimedNumber: `+447${digits(random, 9)}`,
    text: `${pick(random, openings)} a payment of £${digits(random, 3)}.00 to ${pick(random, names)} was attempted from a new device. If this was NOT you, please ${pick(random, endings)} https://n${digits(random, 4)}-secure.example/c?id=${digits(random, 6)}`,
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
