import pg from 'pg';
import { type HostReport, HostSilent, HostWatch, reportOf, wordsOf } from './host-watch.js';
import { type DatabaseHost, nameOf, readDatabaseAddress } from './hosts.js';
import type { HostChoice, PrimaryClient, PrimaryClientConfig } from './primary-client.js';

/** What is told of a change, for the log: hosts and numbers, nothing else. */
export type TellPrimary = (what: 'found' | 'lost' | 'silent', about: Readonly<Record<string, unknown>>) => void;

export interface PrimaryOptions {
  /** An address with one host or several. */
  readonly url: string;
  /** Whether it is that of a pooler. Where all its sessions are in use it says no word, and is not to be left for that. */
  readonly isPooler?: boolean;
  readonly tell?: TellPrimary | undefined;
}

/** Each host is asked so often what it is, where there are several. */
const EVERY_MS = 500;
/** The same while none is known that decides. */
const SEEKING_MS = 100;
/** So long a host has to answer. */
const ANSWER_MS = 1_000;
/** Whoever wants a connection waits so long after the primary was lost, and then has an error at once. */
const PATIENCE_MS = 1_500;
/** The connections to a single host are looked at so often; it is asked after as many looks without a word. */
const LISTEN_MS = 250;
const SILENT_LOOKS = 4;

/** No host of a database decides just now; its message says what each of them said. */
export class NoPrimary extends Error {
  override readonly name = 'NoPrimary';

  /** @param mayPass whether a host answers, so that one may be a primary soon */
  constructor(
    message: string,
    readonly mayPass = true,
  ) {
    super(message);
  }
}

/**
 * Knows at which of several hosts the database takes writes, and cuts every connection to another. A host that hangs, has
 * become a standby, or is of an older timeline than one that was seen (an old primary that came back) is left, whatever it
 * says of itself. Where there is one host, it only cuts the connections to one that no longer says a word.
 */
export class Primary implements HostChoice {
  /** Grows with each change of the host: what was read before belongs to another one. */
  generation = 0;
  private readonly watches: readonly HostWatch[];
  private readonly address;
  private current: HostWatch | null = null;
  /** The highest timeline that was decided on, and of which cluster. */
  private seen: HostReport | null = null;
  private lostAt = performance.now();
  private readonly clients = new Map<PrimaryClient, HostWatch | null>();
  private readonly waiting = new Set<() => void>();
  private readonly timers = new Map<HostWatch, NodeJS.Timeout>();
  private listening: NodeJS.Timeout | undefined;
  private isStarted = false;
  private isClosed = false;

  constructor(private readonly options: PrimaryOptions) {
    this.address = readDatabaseAddress(options.url);
    this.watches = this.address.hosts.map(
      (host) =>
        new HostWatch({
          host,
          url: this.address.at(host),
          answerMs: ANSWER_MS,
          heard: () => this.heardFrom(host),
        }),
    );
  }

  /** What a connection or a pool of them is to be opened with. */
  get connection(): PrimaryClientConfig {
    return { connectionString: this.address.at(this.address.hosts[0]!), primary: this };
  }

  get refusesStandbys(): boolean {
    return this.address.target !== null;
  }

  async choose(client: PrimaryClient): Promise<DatabaseHost | null> {
    this.start();
    const watch = this.refusesStandbys ? await this.found() : this.watches[0]!;
    this.clients.set(client, watch);
    client.once('end', () => this.clients.delete(client));
    return this.refusesStandbys ? watch.options.host : null;
  }

  mistaken(client: PrimaryClient): void {
    const watch = this.clients.get(client);
    this.clients.delete(client);
    if (watch && watch === this.current) void this.look(watch);
  }

  /** The primary. @throws NoPrimary */
  async find(): Promise<DatabaseHost> {
    this.start();
    return (await this.found()).options.host;
  }

  /** What each host said last, by its name. */
  states(): ReadonlyMap<string, HostWatch['state']> {
    return new Map(this.watches.map((watch) => [nameOf(watch.options.host), watch.state]));
  }

  /** Watches no longer; connections that are open stay. */
  close(): void {
    this.isClosed = true;
    clearInterval(this.listening);
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const watch of this.watches) watch.drop();
    this.wake();
  }

  private start(): void {
    if (this.isStarted || this.isClosed) return;
    this.isStarted = true;
    this.lostAt = performance.now();
    if (this.refusesStandbys) for (const watch of this.watches) void this.look(watch);
    else if (!this.options.isPooler) this.listen(this.watches[0]!);
  }

  private async found(): Promise<HostWatch> {
    while (!this.current) {
      // A word of each is waited for in any case: a start may have been busy with itself for as long.
      const left = this.isUnheard ? ANSWER_MS : this.lostAt + PATIENCE_MS - performance.now();
      if (left <= 0 || this.isClosed) throw this.noPrimary();
      await new Promise<void>((resolve) => {
        const go = (): void => {
          clearTimeout(timer);
          this.waiting.delete(go);
          resolve();
        };
        const timer = setTimeout(go, left);
        this.waiting.add(go);
      });
    }
    return this.current;
  }

  /** Asks one host, decides, and asks again in a while. */
  private async look(watch: HostWatch): Promise<void> {
    clearTimeout(this.timers.get(watch));
    this.timers.delete(watch);
    await watch.look();
    if (this.isClosed) return watch.drop();
    this.decide();
    clearTimeout(this.timers.get(watch));
    const timer = setTimeout(() => void this.look(watch), this.current ? EVERY_MS : SEEKING_MS);
    this.timers.set(watch, timer.unref());
  }

  private decide(): void {
    if (this.current && !this.mayDecide(this.current)) this.lose(this.current);
    // The first choice waits for a word of each, as the one that answers first may be an old primary.
    if (!this.current && !this.seen && this.isUnheard) return;
    const best = this.best();
    if (best && best !== this.current) this.go(best);
    else if (!best) this.wake();
  }

  /** Where two decide in the same timeline, neither is trusted that was not before. */
  private best(): HostWatch | null {
    const able = this.watches.filter((watch) => reportOf(watch) && this.mayDecide(watch));
    const highest = Math.max(...able.map((watch) => reportOf(watch)!.timeline ?? 0));
    const ahead = able.filter((watch) => (reportOf(watch)!.timeline ?? 0) === highest);
    if (this.current && ahead.includes(this.current)) return this.current;
    return ahead.length === 1 ? ahead[0]! : null;
  }

  private get isUnheard(): boolean {
    return this.watches.some(({ state }) => state === null);
  }

  private mayDecide(watch: HostWatch): boolean {
    if (!watch.state || 'failure' in watch.state) return false;
    const report = reportOf(watch);
    if (!report) return watch === this.current; // busy, and so it is what it was
    if (report.isStandby || (report.isReadOnly && this.address.target === 'read-write')) return false;
    if (!this.seen) return true;
    return report.cluster === this.seen.cluster && (report.timeline ?? 0) >= (this.seen.timeline ?? 0);
  }

  private go(watch: HostWatch): void {
    this.current = watch;
    if (this.seen) this.generation += 1;
    this.seen = reportOf(watch);
    this.cutAllBut(watch);
    this.options.tell?.('found', { host: nameOf(watch.options.host), timeline: this.seen?.timeline ?? null });
    this.wake();
  }

  private lose(watch: HostWatch): void {
    this.current = null;
    this.lostAt = performance.now();
    this.generation += 1;
    this.cutAllBut(null);
    this.options.tell?.('lost', { host: nameOf(watch.options.host), because: wordsOf(watch) });
    for (const other of this.watches) if (other !== watch && this.timers.has(other)) void this.look(other);
  }

  private cutAllBut(watch: HostWatch | null): void {
    for (const [client, of] of this.clients) if (of !== watch) client.cut();
  }

  private wake(): void {
    for (const go of this.waiting) go();
  }

  private noPrimary(): NoPrimary {
    const said = this.watches.map((watch) => `${nameOf(watch.options.host)} ${wordsOf(watch)}`).join('; ');
    const mayPass = this.watches.some(({ state }) => state && !('failure' in state && isFinal(state.failure)));
    return new NoPrimary(
      `The database cannot be used: none of its hosts is a primary that can be written to. ${said}.`,
      mayPass,
    );
  }

  private heardFrom(host: DatabaseHost): number {
    let bytes = 0;
    for (const [client, watch] of this.clients) if (watch?.options.host === host) bytes += client.heardBytes;
    return bytes;
  }

  /** One host is asked only where somebody waits for it and nothing comes from it: it costs no connection otherwise. */
  private listen(watch: HostWatch): void {
    let [silentLooks, heard] = [0, 0];
    this.listening = setInterval(() => {
      const now = this.heardFrom(watch.options.host);
      const isWaitedFor = [...this.clients.keys()].some((client) => client.isWaiting);
      silentLooks = isWaitedFor && now === heard ? silentLooks + 1 : 0;
      heard = now;
      if (silentLooks !== SILENT_LOOKS) return;
      silentLooks = -SILENT_LOOKS;
      void this.askTheSilent(watch);
    }, LISTEN_MS).unref();
  }

  private async askTheSilent(watch: HostWatch): Promise<void> {
    const suspects = [...this.clients.keys()];
    const state = await watch.look();
    watch.drop();
    if (!('failure' in state) || state.failure instanceof pg.DatabaseError) return;
    this.generation += 1;
    this.options.tell?.('silent', { host: nameOf(watch.options.host), connections: suspects.length });
    for (const client of suspects) client.cut();
  }
}

/** Whether a host failed in a way that goes on until somebody does something. A server that starts up says 57P03. */
function isFinal(failure: Error): boolean {
  return !(failure instanceof HostSilent) && (failure as { code?: string }).code !== '57P03';
}
