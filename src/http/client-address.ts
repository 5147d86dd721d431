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
