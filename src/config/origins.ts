import { parseUrl } from '../readers/url.js';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * An origin as a browser sends it (RFC 6454 §6.2), or null for what is none: with a path, a wildcard, `null`, in another
 * form than a browser's, or over plain HTTP from another machine, whose pages the network could write.
 */
export function readOrigin(value: unknown): string | null {
  const url = typeof value === 'string' ? parseUrl(value) : null;
  if (!url) return null;
  const { origin, protocol, hostname } = url;
  if (origin !== value || hostname.includes('*')) return null;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname)) ? origin : null;
}

/** What a list of origins holds, to be said of one that is none. */
export const ORIGINS =
  'origins such as https://console.bank.example, https unless on this machine, without path or wildcard,';
