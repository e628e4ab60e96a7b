/** Backlog: the datagrams that wait in a socket. What the clock decides must wait for them: they arrived before. */
import type { ReceivingSocket } from '../net/socket.js';

/** The least that a datagram takes of a socket's buffer, of which the kernel makes twice what it is asked for. */
const BUFFERED_DATAGRAM_BYTES = 512;

export class Backlog {
  readonly #turnDatagrams: number;
  /** Datagrams that may wait in the socket. */
  readonly #maxWaiting: number;
  #told = 0;

  constructor({
    turnDatagrams,
    receiveBufferBytes,
  }: Pick<ReceivingSocket, 'turnDatagrams' | 'receiveBufferBytes'>) {
    this.#turnDatagrams = turnDatagrams;
    this.#maxWaiting = (2 * receiveBufferBytes) / BUFFERED_DATAGRAM_BYTES;
  }

  /** The socket has told of a datagram. */
  noteDatagram(): void {
    this.#told++;
  }

  /**
   * Calls when the socket has told of what waits now. Datagrams that come later do not postpone the call: it comes after as many
   * as the socket can hold.
   */
  behind(call: () => void): void {
    const last = this.#told + this.#maxWaiting;
    const look = () => {
      const before = this.#told;
      setImmediate(() => {
        if (this.#told - before < this.#turnDatagrams || this.#told >= last) call();
        else look();
      });
    };
    look();
  }
}
