/** Packets on their way to the kernel. Those that its socket buffer has no room for wait in the socket of node:dgram. */
import type { Socket } from 'node:dgram';

/** What the queue needs of a socket. */
export type PacketSocket = Pick<Socket, 'send' | 'getSendQueueCount'>;

export class PacketQueue {
  readonly #socket: PacketSocket;
  readonly #port: number;
  readonly #address: string;
  readonly #most: number;
  /** Packets whose callback is still to come. Most of them are with the kernel already. */
  #unanswered = 0;
  #sent = 0;
  #dropped = 0;
  #failed = 0;
  #lastError: Error | undefined;
  #closed = false;
  #forRoom: (() => void)[] = [];
  #forAll: (() => void)[] = [];

  /** @param most packets that may wait for the kernel */
  constructor(socket: PacketSocket, { address, port }: { address: string; port: number }, most: number) {
    this.#socket = socket;
    this.#address = address;
    this.#port = port;
    this.#most = most;
  }

  get sent(): number {
    return this.#sent;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get failed(): number {
    return this.#failed;
  }

  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /**
   * Whether another packet may wait. node:dgram calls back in a later turn for a packet that the kernel took at once, so
   * callbacks do not tell what waits: the socket's own count does.
   */
  get hasRoom(): boolean {
    return this.#closed || this.#socket.getSendQueueCount() < this.#most;
  }

  /** Hands a packet to the kernel, or drops it where too many wait. */
  send(packet: Uint8Array): void {
    if (!this.hasRoom) {
      this.#dropped++;
      return;
    }
    this.#unanswered++;
    this.#socket.send(packet, this.#port, this.#address, (error) => {
      this.#unanswered--;
      if (error) {
        this.#failed++;
        this.#lastError = error;
      } else this.#sent++;
      if (this.hasRoom) this.#forRoom = settle(this.#forRoom);
      if (this.#unanswered === 0) this.#forAll = settle(this.#forAll);
    });
  }

  /** Resolves when another packet may wait. */
  async room(): Promise<void> {
    while (!this.hasRoom) await new Promise<void>((resolve) => this.#forRoom.push(resolve));
  }

  /** Resolves when the kernel has taken, or refused, every packet so far. */
  async drain(): Promise<void> {
    if (this.#unanswered > 0 && !this.#closed)
      await new Promise<void>((resolve) => this.#forAll.push(resolve));
  }

  /** What the socket says of itself, between packets. */
  fail(error: Error): void {
    this.#lastError = error;
  }

  /** The socket is gone: nobody needs to wait any more. */
  close(): void {
    this.#closed = true;
    this.#forRoom = settle(this.#forRoom);
    this.#forAll = settle(this.#forAll);
  }
}

function settle(waiting: readonly (() => void)[]): [] {
  for (const resolve of waiting) resolve();
  return [];
}
