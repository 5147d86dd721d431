import { canExist, isTopLevelDomain } from './host.js';
import { HOST_RUN, hostNames, mayBeSentence } from './host-names.js';
import { isWeb, type Link, readLink } from './link.js';
import { beginsTail, DOTS, endOfAuthority, endOfHost, endOfTail } from './link-extent.js';

/** A link in a text, and where it stands. */
export interface FoundLink extends Link {
  readonly start: number;
  readonly end: number;
  /** Only its form is a link's: phones make none of it, or few do. "today.Please", "Monday.Help". */
  readonly mayBeWords: boolean;
}

export interface LinksInText {
  readonly links: readonly FoundLink[];
  /** False where there are more than are read. */
  readonly complete: boolean;
}

const MOST_LINKS = 200;
const MOST_HOST = 253;
const MOST_AUTHORITY = 1_024;
const MOST_LOCAL_PART = 64;
const MOST_SCHEME = 32;

const RUN = new RegExp(HOST_RUN, 'gu');
const HAS_DOT = new RegExp(`[${DOTS}]|%2e`, 'iu');
const IS_DOT = new RegExp(`^[${DOTS}]$`, 'u');
const LABEL = /^[\p{L}\p{M}\p{N}-]+$/u;
const MOST_LABEL = 63;
/** Four numbers are an address; fewer are another's, and more are none. */
const IP_ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const SCHEME = /[a-z][a-z0-9+.-]*$/i;
const WEB_SCHEME = /https?$/i;
const WEB_SCHEME_WITHIN = /https?:/i;
const LOCAL_PART = /[\p{L}\p{M}\p{N}.+_%-]+$/u;
/** Before each of these a host may end where it would be none as a whole: other scripts, punctuation, another address. */
const SEAM = /[^a-z0-9_%-]|https?:/giu;
/** An existing host, and then a sentence in another script: `https://example.com。次の行`. */
const SENTENCE = /[\u3002\uff61](?=[^.\u3002\uff0e\uff61@]*[^\p{ASCII}])/gu;

/**
 * The links in a text, in order: what a phone, a mail program or a messenger would make a link, as far as the WHATWG URL
 * rules take it. That is an address with a scheme; a host name under a domain that exists, with or without a path; an
 * e-mail address. Never throws; the work is linear in the length of the text.
 */
export function findLinks(text: string): LinksInText {
  return new Finder(text.toWellFormed()).find();
}

/** Whether a browser would go somewhere that can exist: by http or https, or without a scheme. */
export function leadsToWeb({ target, through }: Link): boolean {
  return (target !== null && isWeb(target) && canExist(target.host)) || (target === null && through !== null);
}

class Finder {
  private readonly links: FoundLink[] = [];
  private complete = true;
  /** What comes before is read. */
  private done = 0;

  constructor(private readonly text: string) {}

  find(): LinksInText {
    for (let run = this.runFrom(0); run !== null && this.complete; run = this.runFrom(this.done)) {
      this.done = run.start;
      this.readRun(run.start, run.end);
      this.done = Math.max(this.done, run.end);
    }
    return { links: this.links, complete: this.complete };
  }

  private runFrom(from: number): { start: number; end: number } | null {
    RUN.lastIndex = from;
    const found = RUN.exec(this.text);
    return found && { start: found.index, end: found.index + found[0].length };
  }

  private readRun(start: number, end: number): void {
    if (this.text[end] === ':' && this.readWithScheme(start, end)) return;
    if (this.text[end] === '@' && this.readMail(end)) return;
    for (const name of hostNames(this.text, start, end)) {
      if (!this.complete) return;
      if (name.start < this.done) continue;
      if (name.exists) this.readName(name.start, name.end, end);
      else this.add(name.start, name.end, true);
    }
  }

  /** `https://…` and `https:…`; any other scheme with slashes. */
  private readWithScheme(runStart: number, colon: number): boolean {
    const run = this.text.slice(Math.max(runStart, colon - MOST_SCHEME), colon);
    const web = WEB_SCHEME.exec(run);
    const scheme = web ?? SCHEME.exec(run);
    let host = colon + 1;
    while (/^[/\\]$/.test(this.text[host] ?? '')) host += 1;
    const slashes = host - colon - 1;
    if (scheme === null || (web === null && slashes < 2)) return false;
    const authority = endOfAuthority(
      this.text,
      host,
      slashes === 0 ? this.mostOfHost(host) : MOST_AUTHORITY,
      existsAsHost,
    );
    if (authority === host || (slashes === 0 && !HAS_DOT.test(this.text.slice(host, authority)))) return false;
    const start = colon - scheme[0].length;
    const bare = endOfHost(this.text, host, authority);
    const isBare =
      !beginsTail(this.text, authority) || (bare < authority && this.endOfTail(start, authority) === authority);
    const leads = web !== null && this.leads(start, host, isBare ? bare : authority);
    const shortened = web === null ? null : this.shortened(start, host, authority, leads);
    if (shortened !== null) return this.add(start, shortened, false);
    if (slashes === 0 && !leads) return false;
    return this.add(start, isBare ? bare : this.endOfTail(start, authority), false);
  }

  /** How long a host may be that begins here: up to where another address begins. */
  private mostOfHost(host: number): number {
    const window = this.text.slice(host, host + MOST_HOST);
    const next = window.includes('@') ? -1 : window.search(WEB_SCHEME_WITHIN);
    return next < 0 ? MOST_HOST : next;
  }

  private endOfTail(start: number, from: number): number {
    return endOfTail(this.text, from, this.text[start - 1] ?? '');
  }

  /**
   * Where a link ends if not with its whole authority. As a whole it leads somewhere, or not; then its longest beginning
   * that does. Null for no such end.
   */
  private shortened(start: number, host: number, authority: number, leads: boolean): number | null {
    const written = this.text.slice(host, authority);
    const user = written.lastIndexOf('@') + 1;
    const seams = [...written.slice(user, user + MOST_HOST).matchAll(leads ? SENTENCE : SEAM)].map(
      ({ index }) => user + index,
    );
    for (const seam of leads ? seams : seams.reverse()) {
      const label = lastLabel(written, user, seam);
      if (label === null || !(isTopLevelDomain(label) || isAddress(written, user, seam))) continue;
      if (this.leads(start, host, host + seam)) return host + seam;
    }
    return null;
  }

  /** Whether an address leads to the web; without reading it where its host holds a colon and then no port. */
  private leads(start: number, host: number, end: number): boolean {
    const written = this.text.slice(host, end);
    const authority = written.slice(written.lastIndexOf('@') + 1);
    return (
      (authority.startsWith('[') || /^[^:]*(?::\d*)?$/.test(authority)) &&
      leadsToWeb(readLink(this.text.slice(start, end)))
    );
  }

  /** `help@bank.example`, with or without `mailto:`. */
  private readMail(at: number): boolean {
    const local = LOCAL_PART.exec(this.text.slice(Math.max(this.lastEnd(), at - MOST_LOCAL_PART), at))?.[0] ?? '';
    const domain = this.runFrom(at + 1);
    if (local === '' || domain === null || domain.start !== at + 1) return false;
    const name = hostNames(this.text, domain.start, domain.end).next().value;
    if (name === undefined || name.start !== domain.start) return false;
    const from = at - local.length;
    const isMailto = /mailto:$/i.test(this.text.slice(Math.max(this.lastEnd(), from - 7), from));
    return this.add(isMailto ? from - 7 : from, name.end, !name.exists);
  }

  /** A name without a scheme, with what follows it. */
  private readName(start: number, end: number, runEnd: number): void {
    const { text } = this;
    const port = end === runEnd ? (/^:\d{1,5}(?!\d)/.exec(text.slice(end, end + 7))?.[0].length ?? 0) : 0;
    const whole = end === runEnd && beginsTail(text, end + port) ? this.endOfTail(start, end + port) : end + port;
    if (!leadsToWeb(readLink(text.slice(start, whole)))) {
      this.add(start, end, true);
      return;
    }
    const written = text.slice(start, end);
    const isMore =
      whole > end || /^www\./i.test(written) || /[/\\]{2}$/.test(text.slice(Math.max(0, start - 2), start));
    const last = this.links.at(-1);
    const isHandle = text[start - 1] === '@' && (last === undefined || last.mayBeWords || last.end !== start - 1);
    this.add(start, whole, isHandle || (!isMore && mayBeSentence(written, end < runEnd)));
  }

  private lastEnd(): number {
    return this.links.at(-1)?.end ?? 0;
  }

  private add(start: number, end: number, mayBeWords: boolean): true {
    this.done = end;
    const link = readLink(this.text.slice(start, end));
    if (mayBeWords && link.target === null) return true;
    if (this.links.length === MOST_LINKS) this.complete = false;
    else this.links.push({ ...link, start, end, mayBeWords });
    return true;
  }
}

/** The last label before a place in a name of several; null where there is none. */
function lastLabel(name: string, from: number, to: number): string | null {
  let start = to;
  while (start > from && to - start <= MOST_LABEL && !IS_DOT.test(name[start - 1]!)) start -= 1;
  const label = name.slice(start, to);
  return start > from && to - start <= MOST_LABEL && LABEL.test(label) ? label : null;
}

function isAddress(name: string, from: number, to: number): boolean {
  return IP_ADDRESS.test(name.slice(from, to)) && !(IS_DOT.test(name[to] ?? '') && /\d/.test(name[to + 1] ?? ''));
}

function existsAsHost(authority: string): boolean {
  return leadsToWeb(readLink(`https://${authority}`));
}
