/** A receiving socket by node:dgram: one callback, one Buffer and several system calls a datagram, and no addon. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { arrivalNs } from '../monotonic.js';
import { interfaceFor, interfaceName, isMulticast, needsInterface, socketType } from './address.js';
import {
  datagramSource,
  interfacesNow,
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
  readonly receiveBufferBytes: number;
  readonly dropped = undefined;
  readonly turnDatagrams = TURN_DATAGRAMS;
  /** The interfaces there were when the group was joined. */
  #interfaces = interfacesNow();

  private constructor(socket: Socket, options: SocketOptions) {
    this.#socket = socket;
    this.#options = options;
    const { address, port } = socket.address();
    this.address = address;
    this.port = port;
    // The kernel keeps twice what it counts for datagrams (socket(7)).
    this.receiveBufferBytes = socket.getRecvBufferSize() / 2;
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
    let last = { address: '', port: 0 };
    let source = datagramSource('0.0.0.0', 0);
    this.#socket.on('message', (datagram, remote) => {
      if (remote.port !== last.port || remote.address !== last.address) {
        last = remote;
        source = datagramSource(remote.address, remote.port);
      }
      listener.receive(datagram, arrivalNs(), source);
    });
    this.#socket.on('error', (error) => listener.fail(error));
    this.#socket.on('close', () => listener.gone());
  }

  renew(): void {
    const { address, interface: name } = this.#options;
    if (mustLeaveToRenew(address, name)) {
      const interfaces = interfacesNow();
      if (interfaces === this.#interfaces) return;
      this.#leave(address);
      this.#interfaces = interfaces;
    }
    for (const source of membershipsOf(this.#options)) {
      try {
        this.#join(source);
      } catch {
        // Still a member (EADDRINUSE, EADDRNOTAVAIL), or the interface is away: the next time tries again.
        this.#interfaces = '';
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
