/** The largest packet that an interface sends in one piece. */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonicalAddress } from './address.js';

const UDP_HEADER_BYTES = 8;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

export interface Mtu {
  /** The name of the interface. */
  readonly interface: string;
  /** Bytes of a packet, with the header of IP. */
  readonly bytes: number;
  /** Bytes of a datagram that fits into it. */
  readonly datagramBytes: number;
}

/** What holds for datagrams from a local address to another one; undefined where that is not to be found out. */
export function mtuBetween(localAddress: string, address: string): Mtu | undefined {
  // What is sent to this machine itself goes through its loopback interface.
  const name = interfaceOf(address) === undefined ? interfaceOf(localAddress) : 'lo';
  if (name === undefined) return undefined;
  try {
    const bytes = Number(readFileSync(`/sys/class/net/${name}/mtu`, 'latin1'));
    const headers = UDP_HEADER_BYTES + (isIPv6(localAddress) ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES);
    return { interface: name, bytes, datagramBytes: bytes - headers };
  } catch {
    return undefined;
  }
}

function interfaceOf(localAddress: string): string | undefined {
  if (/^127\./.test(localAddress)) return 'lo';
  const wanted = canonicalAddress(localAddress);
  return Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some(({ address }) => canonicalAddress(address) === wanted),
  )?.[0];
}
