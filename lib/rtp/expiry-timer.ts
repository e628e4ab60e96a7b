/** Calls when packets have waited long enough: at a deadline, but not before the socket was read. */
import { arrivalNs } from '../monotonic.js';
import type { ReceivingSocket } from '../net/socket.js';

/** The least that a datagram takes of a socket's buffer, of which the kernel makes twice what it is asked for. */
const BUFFERED_DATAGRAM_BYTES = 512;

export class ExpiryTimer {
  readonly #socket: Pick<ReceivingSocket, 'turnDatagrams'>;
  readonly #onExpiry: () => void;
  /** Datagrams that may wait in the socket. */
  readonly #maxWaiting: number;
  #timer: NodeJS.Timeout | undefined;
  /** What the timer is set for. */
  #deadline = 0n;
  /** Datagrams of this turn of the event loop, while an expiry waits for those that arrived before it. */
  #turnDatagrams = 0;
  #closed = false;

  constructor(socket: Pick<ReceivingSocket, 'turnDatagrams' | 'receiveBufferBytes'>, onExpiry: () => void) {
    this.#socket = socket;
    this.#maxWaiting = (2 * socket.receiveBufferBytes) / BUFFERED_DATAGRAM_BYTES;
    this.#onExpiry = onExpiry;
  }

  /** The socket has told of a datagram. */
  noteDatagram(): void {
    this.#turnDatagrams++;
  }

  /** Sets the timer, unless it is set for an earlier time. @param deadline on the monotonic clock */
  arm(deadline: bigint | undefined): void {
    if (deadline === undefined || this.#closed) return;
    if (this.#timer !== undefined && deadline >= this.#deadline) return;
    clearTimeout(this.#timer);
    this.#deadline = deadline;
    const wait = Number(deadline - arrivalNs()) / 1e6;
    // If the event loop was kept from turning, packets wait in the socket, which has its turns in between.
    this.#timer = setTimeout(() => this.#expireBehind(this.#maxWaiting), Math.max(1, Math.ceil(wait)));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Expires when the socket has told of what waits now, `most` datagrams at most: those that come later do not postpone it. */
  #expireBehind(most: number): void {
    this.#turnDatagrams = 0;
    setImmediate(() => {
      const told = this.#turnDatagrams;
      if (told < this.#socket.turnDatagrams || told >= most) this.#expire();
      else this.#expireBehind(most - told);
    });
  }

  #expire(): void {
    if (this.#closed) return;
    this.#timer = undefined;
    this.#onExpiry();
  }
}
