/** Sockets, at the seam. */
import type { NativeHandle } from './handle.js';

/** A UDP socket that receives. Addresses are IPv4 or IPv6 literals without the name of an interface. */
export interface DatagramSocketHandle extends NativeHandle {
  /** SO_RCVBUFFORCE, or SO_RCVBUF. @returns the bytes that the kernel gave */
  setReceiveBuffer(bytes: number): number;
  /** SO_RXQ_OVFL; not where a filter drops datagrams as well. */
  countsDrops(): boolean;
  /** MCAST_JOIN_GROUP, with a source MCAST_JOIN_SOURCE_GROUP; interface index 0 is the kernel's choice. */
  join(group: string, interfaceIndex: number, source: string | null): void;
  /** MCAST_LEAVE_GROUP: for all sources, and also where the interface is gone. */
  leave(group: string, interfaceIndex: number): void;
  /** getsockname(2). */
  local(): { readonly address: string; readonly port: number };
  /**
   * Calls back from the event loop whenever datagrams wait, until close(), with what recvmmsg(2) returned: their number, or
   * a negated errno, which is the last call. Datagram i lies in `data` at i * data.length / lengths.length, with
   * lengths[i] bytes; its source in `sources`, 20 bytes each, an IPv4 address in its IPv6-mapped form and the port in network
   * order; when it arrived in `arrivals`, nanoseconds of the monotonic clock by the kernel's SO_TIMESTAMPNS. `dropped` are
   * those that the kernel dropped since the socket was made, as far as it has told.
   */
  listen(
    data: Uint8Array,
    lengths: Int32Array,
    sources: Uint8Array | null,
    arrivals: BigInt64Array,
    callback: (count: number, dropped: number) => void,
  ): void;
}
