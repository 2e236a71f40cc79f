import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether an address belongs to the public internet: no network of one's own, no machine's own address, no cloud's
 * metadata service, nothing that is reserved, and no IPv6 address that stands for an IPv4 address which is none of these.
 */
export function isPublicAddress(address: string): boolean {
  // Only what a resolver or a URL gives: ipaddr.js reads octal and short forms, too.
  if (isIP(address) === 0 || address.includes('%')) return false;
  return ipaddr.process(address).range() === 'unicast';
}
