/** A receiving socket by the addon: one call into JavaScript for all datagrams that wait, and no memory but its own. */
import { isIPv6 } from 'node:net';
import { valueError } from '../arguments.js';
import { fromNative, systemError } from '../errors.js';
import type { DatagramSocketHandle, NativeBinding, NativeError } from '../native/binding.js';
import { native } from '../native/load.js';
import { interfaceName, isMulticast } from './address.js';
import {
  type DatagramSource,
  datagramSource,
  interfacesNow,
  membershipsOf,
  mustLeaveToRenew,
  type ReceivingSocket,
  type SocketListener,
  type SocketOptions,
} from './socket.js';

/** Datagrams that one call takes. Waking up costs most, and is shared by so many. */
const SLOTS = 16;
/** The largest datagram, rounded up. Of 16 such slots only the pages that are written to take memory. */
const SLOT_BYTES = 65_536;
/** An IPv6 address, a port, and nothing. */
const SOURCE_BYTES = 20;
const ADDRESS_BYTES = 16;

export class NativeSocket implements ReceivingSocket {
  readonly #binding: NativeBinding;
  readonly #handle: DatagramSocketHandle;
  readonly #options: SocketOptions;
  readonly address: string;
  readonly port: number;
  readonly receiveBufferBytes: number;
  readonly turnDatagrams = SLOTS;
  #dropped: number | undefined;
  /** The interfaces there were when the group was joined. */
  #interfaces = interfacesNow();
  readonly #interface: string | undefined;
  /** Indices of the interfaces that the group was joined at, by source, null for any; 0 where the kernel chose. */
  readonly #memberships = new Map<string | null, number>();
  #gone: (() => void) | undefined;

  /** @throws AlsaError with the errno of the call that failed, or where there is no addon; TypeError ERR_INVALID_ARG_VALUE */
  constructor(options: SocketOptions) {
    this.#binding = native();
    this.#options = options;
    const { address, port, receiveBufferBytes } = options;
    this.#interface = options.interface === undefined ? undefined : interfaceName(options.interface);
    const index = this.#findInterface();
    if (index === undefined) {
      throw valueError('interface', 'an interface of this machine', options.interface);
    }
    const where = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
    let handle: DatagramSocketHandle | undefined;
    try {
      handle = this.#binding.openDatagramSocket(address, port, index, isMulticast(address));
      this.receiveBufferBytes = handle.setReceiveBuffer(receiveBufferBytes);
      for (const source of membershipsOf(options)) {
        handle.join(address, index, source);
        this.#memberships.set(source, index);
      }
      const local = handle.local();
      this.address = local.address;
      this.port = local.port;
    } catch (error) {
      handle?.close();
      const named = error instanceof Error ? Object.assign(error, { path: where }) : error;
      throw fromNative(named, 'the socket');
    }
    this.#handle = handle;
    this.#dropped = handle.countsDrops() ? 0 : undefined;
  }

  get dropped(): number | undefined {
    return this.#dropped;
  }

  listen(listener: SocketListener): void {
    const handle = this.#handle;
    const data = new Uint8Array(SLOTS * SLOT_BYTES);
    const lengths = new Int32Array(SLOTS);
    const sources = new Uint8Array(SLOTS * SOURCE_BYTES);
    const arrivals = new BigInt64Array(SLOTS);
    const names = new SourceNames(sources, isIPv6(this.#options.address));
    // Datagrams of one sender are mostly of one length, so a view serves many of them.
    const views = Array.from({ length: SLOTS }, () => data.subarray(0, 0));
    this.#gone = () => listener.gone();
    handle.listen(data, lengths, sources, arrivals, (count, dropped) => {
      if (count < 0) {
        listener.fail(systemError(-count, 'recvmmsg'));
        return;
      }
      if (this.#dropped !== undefined) this.#dropped = dropped;
      for (let slot = 0; slot < count && this.#gone; slot++) {
        const length = lengths[slot] as number;
        let view = views[slot] as Uint8Array<ArrayBuffer>;
        if (view.length !== length) {
          view = data.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + length);
          views[slot] = view;
        }
        listener.receive(view, arrivals[slot] as bigint, names.at(slot));
      }
    });
  }

  renew(): void {
    const { address } = this.#options;
    if (mustLeaveToRenew(address, this.#interface)) {
      const interfaces = interfacesNow();
      if (interfaces === this.#interfaces) return;
      this.#leave(address);
      this.#interfaces = interfaces;
    }
    for (const [source, before] of this.#memberships) {
      try {
        const index = this.#findInterface();
        // Where the kernel chose, IPv4 says itself (EADDRINUSE, EADDRNOTAVAIL) that nothing was lost.
        if (index === undefined || (index !== 0 && index === before)) continue;
        this.#handle.join(address, index, source);
        this.#memberships.set(source, index);
        // The interface left the old membership on the socket's list, which has a limit.
        if (before !== 0) this.#handle.leave(address, before);
      } catch {
        // Nothing was lost; or it was left for another source already; or the interface is not ready: the next time tries again.
        this.#interfaces = '';
      }
    }
  }

  close(): void {
    this.#handle.close();
    const gone = this.#gone;
    this.#gone = undefined;
    if (gone) setImmediate(gone);
  }

  #leave(address: string): void {
    try {
      this.#handle.leave(address, 0);
    } catch {
      // It was not joined again when it was left last.
    }
  }

  /** 0 where the kernel chooses; undefined where there is no such interface now. */
  #findInterface(): number | undefined {
    if (this.#interface === undefined) return 0;
    try {
      return this.#binding.interfaceIndex(this.#interface);
    } catch (error) {
      if ((error as NativeError).code === 'ENODEV') return undefined;
      throw fromNative(error, 'the interface');
    }
  }
}

/** Addresses as text, which is made again only where they change. */
class SourceNames {
  readonly #bytes: DataView;
  readonly #isIPv6: boolean;
  readonly #last = new Uint32Array(SOURCE_BYTES / 4);
  #source: DatagramSource | undefined;

  constructor(bytes: Uint8Array, ipv6: boolean) {
    this.#bytes = new DataView(bytes.buffer);
    this.#isIPv6 = ipv6;
  }

  at(slot: number): DatagramSource {
    let isSame = true;
    for (let i = 0; i < this.#last.length; i++) {
      const word = this.#bytes.getUint32(slot * SOURCE_BYTES + i * 4);
      if (this.#last[i] !== word) isSame = false;
      this.#last[i] = word;
    }
    if (isSame && this.#source) return this.#source;
    const port = this.#bytes.getUint16(slot * SOURCE_BYTES + ADDRESS_BYTES);
    this.#source = datagramSource(this.#isIPv6 ? this.#ipv6(slot) : this.#ipv4(slot), port);
    return this.#source;
  }

  #ipv4(slot: number): string {
    const at = slot * SOURCE_BYTES + ADDRESS_BYTES - 4;
    return [0, 1, 2, 3].map((i) => this.#bytes.getUint8(at + i)).join('.');
  }

  #ipv6(slot: number): string {
    const groups = Array.from({ length: 8 }, (_, i) => this.#bytes.getUint16(slot * SOURCE_BYTES + i * 2));
    return groups.map((group) => group.toString(16)).join(':');
  }
}
