/** A socket that sends to one address, by node:dgram; and the local address that the kernel sends from. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { canonicalAddress, isMulticast, type SocketType, socketType } from './address.js';

/** Where to send, and from where. Everything is checked. */
export interface SendingSocketOptions {
  /** The group, or the receiver. */
  readonly address: string;
  readonly localAddress: string | undefined;
  /** 0: a free one. */
  readonly localPort: number;
  /** For groups: the interface, as `interfaceFor` names it. */
  readonly via: string | undefined;
  /** For groups. */
  readonly ttl: number;
  /** For groups. */
  readonly multicastLoopback: boolean;
}

/**
 * Opens a socket, binds it and sets it up for its group.
 *
 * @throws the error of the system; an AbortError
 */
export async function openSendingSocket(
  options: SendingSocketOptions,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const { address, localAddress, localPort, via, ttl, multicastLoopback } = options;
  const socket = socketFor(socketType(address));
  try {
    const listening = once(socket, 'listening', { signal });
    socket.bind(
      localAddress === undefined ? { port: localPort } : { address: localAddress, port: localPort },
    );
    await listening;
    if (isMulticast(address)) {
      if (via !== undefined) socket.setMulticastInterface(via);
      socket.setMulticastTTL(ttl);
      socket.setMulticastLoopback(multicastLoopback);
    }
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The local address of datagrams to `address`: what connect(2), which sends nothing, finds. Undefined without a route. */
export async function localAddressOf(options: SendingSocketOptions): Promise<string | undefined> {
  const { address, localAddress, via } = options;
  const socket = socketFor(socketType(address));
  try {
    const listening = once(socket, 'listening');
    socket.bind(localAddress === undefined ? { port: 0 } : { address: localAddress, port: 0 });
    await listening;
    if (via !== undefined && isMulticast(address)) socket.setMulticastInterface(via);
    const connected = once(socket, 'connect');
    // Which port does not matter; 9 discards.
    socket.connect(9, address);
    await connected;
    return canonicalAddress(socket.address().address);
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

function socketFor(type: SocketType): Socket {
  // Addresses are literals: answering at once keeps each send from a turn through the resolver.
  const family = type === 'udp4' ? 4 : 6;
  return createSocket({ type, lookup: (host, _options, callback) => callback(null, host, family) });
}
