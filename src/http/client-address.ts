import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** An IPv4 address as a socket that listens on both says it. */
const MAPPED = '::ffff:';

/** Whom connections from an address are counted to: an IPv4 address, or the 64 bits of an IPv6 network that one client has. */
export function clientOf(address: string | undefined): string {
  if (address === undefined || !address.includes(':')) return address ?? '';
  if (address.startsWith(MAPPED)) return address.slice(MAPPED.length);
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return (parsed as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}

/**
 * Whom a request is counted to: the address from which a trusted proxy had it, and of a chain of them the right-most that is none.
 * Where what they hand on is no address, the proxy itself.
 */
export function clientOfRequest({ ip, raw }: Pick<FastifyRequest, 'ip' | 'raw'>): string {
  return clientOf(isAddress(ip) ? ip : raw.socket.remoteAddress);
}

/** Whether an address is in one of these CIDR ranges; what is no address is in none. @throws for what is no range */
export function inRanges(ranges: readonly string[]): (address: string | undefined) => boolean {
  const parsed = ranges.map((range) => ipaddr.parseCIDR(range));
  return (text) => {
    if (text === undefined || parsed.length === 0 || !isAddress(text)) return false;
    const address = ipaddr.process(text);
    return parsed.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  };
}

/** In its usual form: of IPv4 there are many others. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}
