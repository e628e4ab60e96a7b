/** The socket of a receiver, of which there are two: the addon's, and Node's own where there is no addon. */
import { isIPv6 } from 'node:net';
import { isMulticast } from './address.js';

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
  /** Whether to tell where datagrams come from. */
  readonly tellsSource: boolean;
}

export interface SocketListener {
  /**
   * Takes a datagram, which is valid until the call returns.
   *
   * @param arrival nanoseconds on the monotonic clock
   * @param source a canonical address, or '' where nobody wanted to know
   */
  receive(datagram: Uint8Array, arrival: bigint, source: string): void;
  /** The socket failed. */
  fail(error: Error): void;
  /** The socket is gone: called once after close(), not from within it. */
  gone(): void;
}

export interface ReceivingSocket {
  /** What it is bound to. */
  readonly address: string;
  readonly port: number;
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

/** Which sources a group is joined for; null stands for any. */
export function membershipsOf({ address, sources }: SocketOptions): readonly (string | null)[] {
  if (!isMulticast(address)) return [];
  return sources.length > 0 ? sources : [null];
}
