/** A socket that receives. There are two: the addon's, and Node's own where there is no addon. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonicalAddress, isMulticast } from './address.js';

/** Where to listen. Everything is checked. */
export interface SocketOptions {
  /** The group, or a local address: canonical. */
  readonly address: string;
  readonly port: number;
  /** A name, or an address that an interface has. */
  readonly interface: string | undefined;
  /** Addresses for which alone a group is joined, canonical; none: for any. */
  readonly sources: readonly string[];
  readonly receiveBufferBytes: number;
}

/** Where a datagram comes from; the same object as long as that stays the same. */
export interface DatagramSource {
  /** Canonical. */
  readonly address: string;
  /** With its port: '10.0.0.1:5004', '[fe80::1]:5004'. */
  readonly transport: string;
}

export function datagramSource(address: string, port: number): DatagramSource {
  const canonical = canonicalAddress(address);
  return { address: canonical, transport: `${isIPv6(canonical) ? `[${canonical}]` : canonical}:${port}` };
}

export interface SocketListener {
  /**
   * Takes a datagram, which is valid until the call returns.
   *
   * @param arrival nanoseconds on the monotonic clock, never less than before
   */
  receive(datagram: Uint8Array, arrival: bigint, source: DatagramSource): void;
  /** The socket failed. */
  fail(error: Error): void;
  /** The socket is gone: called once after close(), not from within it. */
  gone(): void;
}

export interface ReceivingSocket {
  /** What it is bound to. */
  readonly address: string;
  readonly port: number;
  /** Bytes that the kernel gave for datagrams that wait. */
  readonly receiveBufferBytes: number;
  /** Datagrams that the kernel has dropped, as far as it has told; undefined where it cannot tell. */
  readonly dropped: number | undefined;
  /** Datagrams that one turn of the event loop tells at least where that many wait: after fewer, none waits. */
  readonly turnDatagrams: number;
  /** Begins. What arrived since the socket was bound comes first. */
  listen(listener: SocketListener): void;
  /** Joins the group again, where its interface was replaced, which ends a membership. Never throws. */
  renew(): void;
  /** Idempotent; afterwards the listener is told nothing but gone(). */
  close(): void;
}

/**
 * Whether a group must be left before it can be joined again: where the kernel chose its interface, IPv6 takes a membership
 * whose interface is gone for the one that is asked for (EADDRINUSE).
 */
export function mustLeaveToRenew(address: string, interfaceName: string | undefined): boolean {
  return interfaceName === undefined && isIPv6(address) && isMulticast(address);
}

/**
 * The interfaces that IPv6 may hear a group at, as text: it changes where one of them is replaced, since the new one has another
 * number.
 */
export function interfacesNow(): string {
  return JSON.stringify(networkInterfaces());
}

/** Which sources a group is joined for; null stands for any. */
export function membershipsOf({ address, sources }: SocketOptions): readonly (string | null)[] {
  if (!isMulticast(address)) return [];
  return sources.length > 0 ? sources : [null];
}
