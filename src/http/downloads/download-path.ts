import { parseUrl } from '../../readers/url.js';
import { LINK_PARAMETER } from './downloadable.js';

const ANYWHERE = 'http://localhost';
/** A slash, a backslash, a dot or a NUL that is written in another way. */
const DISGUISED = /%(?:2f|5c|2e|00)/i;

/**
 * Whether a path and query stand as a browser sends them, so that the address which is allowed is the one that is opened:
 * no host, fragment, dot segment, empty segment or disguised separator, and no link within it.
 */
export function isNormalPath(path: string): boolean {
  const url = path.startsWith('/') ? parseUrl(`${ANYWHERE}${path}`) : null;
  if (!url) return false;
  const { origin, pathname, search, searchParams } = url;
  if (origin !== ANYWHERE || `${pathname}${search}` !== path || searchParams.has(LINK_PARAMETER)) return false;
  return !pathname.includes('//') && !DISGUISED.test(pathname);
}

/** The address of a link, and what it carries, or null for an address that is none. */
export function readLink(address: string): { path: string; tenantId: string; secret: string } | null {
  const [, path, tenantId, secret] = LINK.exec(address) ?? [];
  return path === undefined || tenantId === undefined || secret === undefined ? null : { path, tenantId, secret };
}

const LINK = new RegExp(`^(/.*)[?&]${LINK_PARAMETER}=([a-z][a-z0-9-]{0,31})\\.([\\w-]{43})$`);

/** A path with what opens it. */
export function linkTo(path: string, tenantId: string, secret: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${LINK_PARAMETER}=${tenantId}.${secret}`;
}

/** Whether an address names a link at all, well-formed or not. */
export function namesLink(address: string): boolean {
  return new RegExp(`[?&]${LINK_PARAMETER}=`).test(address);
}

/** Whether a path is of a route, such as `/v1/evidence/:subjectId`. */
export function fitsRoute(path: string, route: string): boolean {
  const [segments, wanted] = [path.split('?', 1)[0]!.split('/'), route.split('/')];
  return (
    segments.length === wanted.length &&
    wanted.every((segment, at) => (segment.startsWith(':') ? segments[at] !== '' : segment === segments[at]))
  );
}
