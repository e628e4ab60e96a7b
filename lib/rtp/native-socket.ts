/** A receiver's socket by the addon: one call into JavaScript for all datagrams that wait, and no memory but its own. */
import { isIPv6 } from 'node:net';
import { valueError } from '../arguments.js';
import { fromNative, systemError } from '../errors.js';
import type { DatagramSocketHandle, NativeBinding } from '../native/binding.js';
import { native } from '../native/load.js';
import { canonicalAddress, interfaceName, isMulticast } from './address.js';
import type { ReceivingSocket, SocketListener, SocketOptions } from './socket.js';

/** Datagrams that one call takes. Waking up costs most, and is shared by so many. */
const SLOTS = 16;
/** The largest datagram, rounded up. Of 16 such slots only the pages that are written to take memory. */
const SLOT_BYTES = 65_536;
const SOURCE_BYTES = 16;

export class NativeSocket implements ReceivingSocket {
  readonly #binding: NativeBinding;
  readonly #handle: DatagramSocketHandle;
  readonly #options: SocketOptions;
  readonly address: string;
  readonly port: number;
  readonly #interface: string | undefined;
  /** Index of the interface that the group was joined at; 0 where the kernel chose. */
  #interfaceIndex: number;
  #gone: (() => void) | undefined;

  /** @throws AlsaError with the errno of the call that failed, or where there is no addon; TypeError ERR_INVALID_ARG_VALUE */
  constructor(options: SocketOptions) {
    this.#binding = native();
    this.#options = options;
    const { address, port, receiveBufferBytes } = options;
    this.#interface = options.interface === undefined ? undefined : interfaceName(options.interface);
    this.#interfaceIndex = this.#findInterface();
    if (options.interface !== undefined && this.#interfaceIndex === 0) {
      throw valueError('options.interface', 'an interface of this machine', options.interface);
    }
    const where = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
    let handle: DatagramSocketHandle | undefined;
    try {
      handle = this.#binding.openDatagramSocket(address, port, this.#interfaceIndex, isMulticast(address));
      handle.setReceiveBuffer(receiveBufferBytes);
      for (const source of this.#memberships) handle.join(address, this.#interfaceIndex, source);
      const local = handle.local();
      this.address = local.address;
      this.port = local.port;
    } catch (error) {
      handle?.close();
      const named = error instanceof Error ? Object.assign(error, { path: where }) : error;
      throw fromNative(named, 'the socket');
    }
    this.#handle = handle;
  }

  listen(listener: SocketListener): void {
    const handle = this.#handle;
    const data = new Uint8Array(SLOTS * SLOT_BYTES);
    const lengths = new Int32Array(SLOTS);
    const sources = this.#options.tellsSource ? new Uint8Array(SLOTS * SOURCE_BYTES) : null;
    const names = sources && new SourceNames(sources, isIPv6(this.#options.address));
    // Packets of a stream are of one length, so a view serves many of them.
    const views = Array.from({ length: SLOTS }, () => data.subarray(0, 0));
    this.#gone = () => listener.gone();
    handle.listen(data, lengths, sources, (count) => {
      if (count < 0) {
        listener.fail(systemError(-count, 'recvmmsg'));
        return;
      }
      const arrival = process.hrtime.bigint();
      for (let slot = 0; slot < count && this.#gone; slot++) {
        const length = lengths[slot] as number;
        let view = views[slot] as Uint8Array<ArrayBuffer>;
        if (view.length !== length) {
          view = data.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + length);
          views[slot] = view;
        }
        listener.receive(view, arrival, names === null ? '' : names.at(slot));
      }
    });
  }

  renew(): void {
    const index = this.#findInterface();
    // Away, or still the same, whose memberships last. Where the kernel chose, it says itself that nothing was lost.
    if (this.#interface !== undefined && (index === 0 || index === this.#interfaceIndex)) return;
    const { address } = this.#options;
    for (const source of this.#memberships) {
      try {
        if (index !== 0) this.#handle.leave(address, this.#interfaceIndex, source);
      } catch {
        // What was joined went with the interface.
      }
      try {
        this.#handle.join(address, index, source);
        this.#interfaceIndex = index;
      } catch {
        // Still a member (EADDRINUSE, EADDRNOTAVAIL), or the interface is away: the next time tries again.
      }
    }
  }

  close(): void {
    this.#handle.close();
    const gone = this.#gone;
    this.#gone = undefined;
    if (gone) setImmediate(gone);
  }

  /** For which sources the group is joined; null stands for any. */
  get #memberships(): readonly (string | null)[] {
    const { address, sources } = this.#options;
    if (!isMulticast(address)) return [];
    return sources.length > 0 ? sources : [null];
  }

  #findInterface(): number {
    return this.#interface === undefined ? 0 : this.#binding.interfaceIndex(this.#interface);
  }
}

/** Addresses as text, which is made again only where they change. */
class SourceNames {
  readonly #bytes: DataView;
  readonly #isIPv6: boolean;
  readonly #last = new Uint32Array(SOURCE_BYTES / 4);
  #name = '';

  constructor(bytes: Uint8Array, ipv6: boolean) {
    this.#bytes = new DataView(bytes.buffer);
    this.#isIPv6 = ipv6;
  }

  at(slot: number): string {
    let isSame = this.#name !== '';
    for (let i = 0; i < this.#last.length; i++) {
      const word = this.#bytes.getUint32(slot * SOURCE_BYTES + i * 4);
      if (this.#last[i] !== word) isSame = false;
      this.#last[i] = word;
    }
    if (!isSame) this.#name = this.#isIPv6 ? this.#ipv6(slot) : this.#ipv4(slot);
    return this.#name;
  }

  #ipv4(slot: number): string {
    const at = (slot + 1) * SOURCE_BYTES - 4;
    return [0, 1, 2, 3].map((i) => this.#bytes.getUint8(at + i)).join('.');
  }

  #ipv6(slot: number): string {
    const groups = Array.from({ length: 8 }, (_, i) => this.#bytes.getUint16(slot * SOURCE_BYTES + i * 2));
    return canonicalAddress(groups.map((group) => group.toString(16)).join(':'));
  }
}
