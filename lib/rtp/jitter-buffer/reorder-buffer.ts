/** Packets that came before their turn. They wait here, in order, until those before them were written. */
import type { FrameWriter } from './frame-writer.js';

/** A packet that waits. `at` counts frames from the first of the stream. */
export interface WaitingPacket {
  readonly at: number;
  readonly frames: number;
  readonly bytes: Uint8Array;
  readonly arrival: bigint;
  readonly sequence: number;
}

export class ReorderBuffer {
  readonly #writer: FrameWriter;
  readonly #maxPackets: number;
  /** Sorted by `at`; at most #maxPackets + 1. */
  readonly #packets: WaitingPacket[] = [];

  /** @param writer where packets go when their turn has come, with gaps filled */
  constructor(writer: FrameWriter, maxPackets: number) {
    this.#writer = writer;
    this.#maxPackets = maxPackets;
  }

  /** When the packet arrived that waits longest. */
  get earliestArrival(): bigint | undefined {
    let first: bigint | undefined;
    for (const { arrival } of this.#packets) if (first === undefined || arrival < first) first = arrival;
    return first;
  }

  get framesWaiting(): number {
    return this.#packets.reduce((sum, { frames }) => sum + frames, 0);
  }

  /** Keeps a packet. `trim` must follow. @returns false where its frames are here already */
  add(packet: WaitingPacket): boolean {
    const packets = this.#packets;
    const { at } = packet;
    let index = packets.length;
    while (index > 0 && (packets[index - 1] as WaitingPacket).at > at) index--;
    const before = packets[index - 1];
    if (before && before.at + before.frames >= at + packet.frames) return false;
    packets.splice(index, 0, packet);
    return true;
  }

  /** Writes what is due. Where too many packets wait, the buffer gives up on those that the first of them wait for. */
  trim(): void {
    this.drain();
    while (this.#packets.length > this.#maxPackets) this.advance((this.#packets[0] as WaitingPacket).at);
  }

  /** Writes packets that are due, also those behind a gap that the sender has made. */
  drain(): void {
    for (;;) {
      const first = this.#packets[0];
      if (!first) return;
      const gap = first.at - this.#writer.next;
      if (gap > 0) {
        if (!this.#writer.isNext(first.sequence)) return;
        this.#writer.fillSkipped(gap);
      }
      this.#packets.shift();
      this.#writer.write(first.bytes, this.#writer.next - first.at, first.sequence);
    }
  }

  /**
   * Writes up to frame `end`: packets that wait, with gaps filled; then those that follow without a gap.
   *
   * @param sequence the number of the packet that begins there, if it does not wait here
   */
  advance(end: number, sequence?: number): void {
    const writer = this.#writer;
    for (;;) {
      this.drain();
      const gap = Math.min(end, this.#packets[0]?.at ?? end) - writer.next;
      if (gap <= 0) return;
      const isLast = writer.next + gap === end;
      if (isLast && sequence !== undefined && writer.isNext(sequence)) writer.fillSkipped(gap);
      else writer.fillLost(gap);
    }
  }

  /** Writes up to frame `end`, or to the end of a packet that reaches beyond it. Gaps are concealed. */
  conceal(end: number): void {
    while (this.#writer.next < end) {
      const gap = Math.min(end, this.#packets[0]?.at ?? end) - this.#writer.next;
      if (gap > 0) this.#writer.fill('concealed', gap);
      else this.drain();
    }
    this.drain();
  }

  /** Gives up on packets that those which arrived until `limit` wait for. */
  expire(limit: bigint): void {
    let end = 0;
    for (const { arrival, at, frames } of this.#packets) if (arrival <= limit) end = at + frames;
    if (end > 0) this.advance(end);
  }

  /** Writes all packets that wait, with gaps filled. */
  flush(): void {
    const last = this.#packets.at(-1);
    if (last) this.advance(last.at + last.frames);
  }
}
