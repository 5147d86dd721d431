import { isUtf8 } from 'node:buffer';
import { GOOGLE_TOP } from './shared-hosts-list.js';
import { parseUrl } from './url.js';

/**
 * Gateways that rewrite the links in a message so that they see who opens them, and pages that do nothing but lead on. Each
 * is known by its host and its exact form; what only looks like one is a link like any other.
 */
interface Wrapper {
  readonly host: RegExp;
  readonly path: RegExp;
  /** The target as it is written in the wrapper; null where the wrapper does not say. */
  readonly target: (url: URL) => string | null;
}

const MOST_LAYERS = 5;

/** What a wrapped link leads to; the same URL where it is none, and null for a wrapper that does not say, or says two things. */
export function unwrap(url: URL): URL | null {
  let inner = url;
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const wrapper = wrapperOf(inner);
    if (wrapper === undefined) return inner;
    // A browser takes the fragment along to wherever it is led.
    const target = inner.hash === '' ? wrapper.target(inner) : null;
    const next = target !== null && /^https?:\/\//i.test(target) ? parseUrl(target) : null;
    if (next === null) return null;
    inner = next;
  }
  return inner;
}

function wrapperOf(url: URL): Wrapper | undefined {
  if (!/^https?:$/.test(url.protocol) || url.port !== '' || url.username !== '' || url.password !== '')
    return undefined;
  const host = url.hostname.replace(/\.$/, '');
  return WRAPPERS.find((wrapper) => wrapper.host.test(host) && wrapper.path.test(url.pathname));
}

/**
 * The one parameter of these names; null where there are more, or none. Servers read a name in capitals, with an index or
 * between semicolons as the same, or not: whatever may be one is another.
 */
function only(...names: string[]): (url: URL) => string | null {
  return (url) => {
    const mayBe = url.search
      .slice(1)
      .split(/[&;]/)
      .filter((pair) => names.includes(plainName(pair.split('=', 1)[0]!)));
    const found = names.flatMap((name) => url.searchParams.getAll(name));
    return found.length === 1 && mayBe.length === 1 ? found[0]! : null;
  };
}

function plainName(written: string): string {
  const name = (decoded(written.replaceAll('+', ' ')) ?? written).normalize('NFKC').toLowerCase();
  return name.replace(/[[\0].*$/s, '').trim();
}

/** Facebook's pages add a parameter of their own to where they lead. */
function withoutClickId(url: URL): string | null {
  return (
    only('u')(url)
      ?.replace(/([?&])fbclid=[\w-]*(?:&|$)/, '$1')
      .replace(/[?&]$/, '') ?? null
  );
}

/** Proofpoint URL Defense 2: `-` for `%`, `_` for `/`. */
function proofpoint2(url: URL): string | null {
  const written = only('u')(url);
  return written === null ? null : decoded(written.replaceAll('-', '%').replaceAll('_', '/'));
}

const PROOFPOINT_3 = /^\/v3\/__(.+?)__;([\w-]*)!!?[^/]*$/;
const RUN_LENGTHS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Proofpoint URL Defense 3: `*` stands for the next of the characters in base64url after the target, `**x` for a run of them. */
function proofpoint3(url: URL): string | null {
  const [, written, encoded] = PROOFPOINT_3.exec(url.pathname + url.search) ?? [];
  if (written === undefined || encoded === undefined) return null;
  const kept = [...Buffer.from(encoded, 'base64url').toString('utf8')];
  let missing = false;
  const take = (count: number): string => {
    if (kept.length < count) missing = true;
    return kept.splice(0, count).join('');
  };
  const target = written.replace(/\*(?:\*([\w-]))?/g, (_star, length?: string) =>
    take(length === undefined ? 1 : RUN_LENGTHS.indexOf(length) + 2),
  );
  return missing || kept.length > 0 ? null : target.replace(/^(https?:\/)(?=[^/])/i, '$1/');
}

/** The target stands in the path, percent-encoded, after something of the gateway's. */
function lastInPath(url: URL): string | null {
  const written = /^\/[\w-]+\/(https?(?:%3A%2F%2F|:\/\/?).+)$/i.exec(url.pathname)?.[1];
  return written === undefined || url.search !== '' ? null : decoded(written);
}

function betweenUnderlines(url: URL): string | null {
  return /^\/v2\/(?:r\d{1,2}\/)?___(https?:\/\/.+?)___\./i.exec(url.pathname + url.search)?.[1] ?? null;
}

/** Only what every decoder reads alike. */
function base64(url: URL): string | null {
  const written = only('u')(url)?.replace(/={1,2}$/, '');
  if (written === undefined) return null;
  const bytes = Buffer.from(written, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === written && isUtf8(bytes) ? bytes.toString('utf8') : null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Where it leads is known to the gateway alone; what stands beside it is written by whoever made the link. */
function opaque(): null {
  return null;
}

const GOOGLE = new RegExp(`^(?:www\\.)?google\\.(?:${GOOGLE_TOP.join('|').replaceAll('.', '\\.')})$`);

const WRAPPERS: readonly Wrapper[] = [
  {
    host: /^(?:[a-z0-9-]+\.)?safelinks\.protection\.(?:outlook\.com|office365\.us)$/,
    path: /^\/(?:ap\/[\w-]+\/?)?$/,
    target: only('url'),
  },
  {
    host: /^statics\.teams\.cdn\.office\.net$/,
    path: /^\/evergreen-assets\/safelinks\/\d+\/atp-safelinks\.html$/,
    target: only('url'),
  },
  { host: /^urldefense\.proofpoint\.com$/, path: /^\/v1\/url$/, target: only('u') },
  { host: /^urldefense\.proofpoint\.com$/, path: /^\/v2\/url$/, target: proofpoint2 },
  { host: /^urldefense(?:\.proofpoint\.com|\.com|\.us)$/, path: /^\/v3\/__/, target: proofpoint3 },
  { host: /^linkprotect\.cudasvc\.com$/, path: /^\/url$/, target: only('a') },
  {
    host: /^(?:protect|security)[a-z0-9-]*\.mimecast\.com$|^(?:[a-z0-9-]+\.)*mimecastprotect\.com$/,
    path: /^\/s\//,
    target: opaque,
  },
  { host: /^[a-z0-9-]+-ctp\.trendmicro\.com$/, path: /^\/wis\/clicktime\/v1\/query$/, target: only('url') },
  { host: /^clicktime\.symantec\.com$/, path: /^\//, target: only('u') },
  { host: /^protect2?\.fireeye\.com$/, path: /^(?:\/v1)?\/url$/, target: only('u') },
  { host: /^secure-web\.cisco\.com$/, path: /^\/[\w-]+\/http/i, target: lastInPath },
  { host: /^(?:url\.avanan\.click|protect\.checkpoint\.com)$/, path: /^\/v2\//, target: betweenUnderlines },
  { host: /^[a-z]{2}-[a-z]{4,12}-\d\.protection\.sophos\.com$/, path: /^\/$/, target: base64 },
  { host: /^link\.edgepilot\.com$/, path: /^\/s\/[\w-]+/, target: only('u') },
  { host: GOOGLE, path: /^\/url$/, target: only('q', 'url') },
  { host: /^(?:l|lm)\.facebook\.com$|^l\.(?:messenger|workplace)\.com$/, path: /^\/l\.php$/, target: withoutClickId },
  { host: /^l\.instagram\.com$/, path: /^\/$/, target: withoutClickId },
  { host: /^www\.youtube\.com$/, path: /^\/redirect$/, target: only('q') },
  { host: /^www\.linkedin\.com$/, path: /^\/(?:redir\/redirect|safety\/go)\/?$/, target: only('url') },
  { host: /^out\.reddit\.com$/, path: /^\//, target: only('url') },
  { host: /^(?:m\.)?vk\.com$/, path: /^\/away\.php$/, target: only('to') },
  { host: /^duckduckgo\.com$/, path: /^\/l\/$/, target: only('uddg') },
  { host: /^slack-redir\.net$/, path: /^\/link$/, target: only('url') },
  { host: /^steamcommunity\.com$/, path: /^\/linkfilter\/?$/, target: only('url', 'u') },
];
