/** A receiver's socket by node:dgram: one callback, one Buffer and several system calls a datagram, and no addon. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  canonicalAddress,
  interfaceFor,
  interfaceName,
  isMulticast,
  needsInterface,
  socketType,
} from './address.js';
import {
  membershipsOf,
  mustLeaveToRenew,
  type ReceivingSocket,
  type SocketListener,
  type SocketOptions,
} from './socket.js';

/** What libuv reads before it sees to others (src/unix/udp.c: uv__udp_recvmsg). */
const TURN_DATAGRAMS = 32;

export class DgramSocket implements ReceivingSocket {
  readonly #socket: Socket;
  readonly #options: SocketOptions;
  readonly address: string;
  readonly port: number;
  readonly turnDatagrams = TURN_DATAGRAMS;

  private constructor(socket: Socket, options: SocketOptions) {
    this.#socket = socket;
    this.#options = options;
    const { address, port } = socket.address();
    this.address = address;
    this.port = port;
  }

  /** @throws the error of the system; an AbortError */
  static async open(options: SocketOptions, signal: AbortSignal | undefined): Promise<DgramSocket> {
    const { address, port, receiveBufferBytes } = options;
    const type = socketType(address);
    if (options.interface !== undefined) interfaceFor(options.interface, type);
    const socket = createSocket({ type, reuseAddr: isMulticast(address) });
    try {
      const listening = once(socket, 'listening', { signal });
      const scope =
        options.interface !== undefined && needsInterface(address)
          ? `%${interfaceName(options.interface)}`
          : '';
      socket.bind({ address: address + scope, port });
      await listening;
      socket.setRecvBufferSize(receiveBufferBytes);
      const opened = new DgramSocket(socket, options);
      for (const source of membershipsOf(options)) opened.#join(source);
      return opened;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  listen(listener: SocketListener): void {
    const { tellsSource } = this.#options;
    this.#socket.on('message', (datagram, { address }) => {
      listener.receive(datagram, process.hrtime.bigint(), tellsSource ? canonicalAddress(address) : '');
    });
    this.#socket.on('error', (error) => listener.fail(error));
    this.#socket.on('close', () => listener.gone());
  }

  renew(): void {
    const { address, interface: name } = this.#options;
    if (mustLeaveToRenew(address, name)) this.#leave(address);
    for (const source of membershipsOf(this.#options)) {
      try {
        this.#join(source);
      } catch {
        // Still a member (EADDRINUSE, EADDRNOTAVAIL), or the interface is away: the next time tries again.
      }
    }
  }

  close(): void {
    this.#socket.close();
  }

  #leave(address: string): void {
    try {
      this.#socket.dropMembership(address);
    } catch {
      // It was not joined again when it was left last.
    }
  }

  #join(source: string | null): void {
    const { address, interface: name } = this.#options;
    const via = name === undefined ? undefined : interfaceFor(name, socketType(address));
    if (source === null) this.#socket.addMembership(address, via);
    else this.#socket.addSourceSpecificMembership(source, address, via);
  }
}
