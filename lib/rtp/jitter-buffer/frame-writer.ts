/** Writes the frames of a stream to the sink, one after the other: those of packets, and fill between them. */
import { sequenceDistance } from '../packet.js';
import { Concealment } from './concealment.js';
import { FilledGaps } from './filled-gaps.js';
import type { CheckedJitterBufferOptions } from './options.js';

const TIMESTAMP_SPAN = 2 ** 32;

/** Why frames are filled in: packets were lost, the sender skipped them, or the caller could not wait. */
export type Fill = 'lost' | 'skipped' | 'concealed';

type WriterOptions = Pick<
  CheckedJitterBufferOptions,
  'sink' | 'fill' | 'rate' | 'onLoss' | 'onDiscontinuity'
>;

export class FrameWriter {
  readonly #options: WriterOptions;
  readonly #frameBytes: number;
  readonly #concealment: Concealment;
  readonly #filledGaps = new FilledGaps();
  readonly #frames: Record<'received' | Fill, number> = { received: 0, lost: 0, skipped: 0, concealed: 0 };
  /** Frames written of this stream. */
  #next = 0;
  /** The RTP timestamp of frame #next. */
  #timestamp = 0;
  /** The sequence number of the packet that was written last. */
  #sequence: number | undefined;
  #framesCut = 0;
  #gaps = 0;
  #discontinuities = 0;
  #closed = false;

  constructor(options: WriterOptions, frameBytes: number) {
    this.#options = options;
    this.#frameBytes = frameBytes;
    this.#concealment = new Concealment(options.fill, options.rate, frameBytes);
  }

  /** Frames written of this stream: the number of the frame that is written next. */
  get next(): number {
    return this.#next;
  }

  /** The RTP timestamp of the frame that is written next. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** Frames written of all streams, by what they are. */
  get frames(): Readonly<Record<'received' | Fill, number>> {
    return this.#frames;
  }

  /** Frames of packets that were not written, since other frames stood in their place. */
  get framesCut(): number {
    return this.#framesCut;
  }

  /** Times that lost frames were filled in. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Times that frames were filled in which the sender left out. */
  get discontinuities(): number {
    return this.#discontinuities;
  }

  /** Begins a stream. */
  start(timestamp: number): void {
    this.#timestamp = timestamp;
    this.#next = 0;
    this.#sequence = undefined;
    this.#filledGaps.clear();
  }

  /** Frames from the one that is written next to this RTP timestamp; negative where it was written before. */
  ahead(timestamp: number): number {
    return (timestamp - this.#timestamp) | 0;
  }

  /** Whether no packet is missing between this sequence number and the packet that was written last. */
  isNext(sequence: number): boolean {
    return this.#sequence !== undefined && sequenceDistance(sequence, this.#sequence) === 1;
  }

  /** Whether some of these frames were filled in, and not too long ago. */
  wasFilled(start: number, end: number): boolean {
    return this.#filledGaps.touch(start, end);
  }

  /** Writes the frames of a packet but for the first `skip`, which were written before. */
  write(bytes: Uint8Array, skip: number, sequence: number): void {
    const all = bytes.length / this.#frameBytes;
    const frames = all - skip;
    this.#sequence = sequence;
    if (!this.#closed) this.#framesCut += Math.min(all, skip);
    if (frames <= 0) return;
    const fresh = skip === 0 ? bytes : bytes.subarray(skip * this.#frameBytes);
    this.#step(frames);
    this.#concealment.remember(fresh);
    if (this.#closed) return;
    this.#frames.received += frames;
    this.#options.sink.write(fresh);
  }

  /** Fills in for lost packets, and tells of it. */
  fillLost(frames: number): void {
    const timestamp = this.#timestamp;
    this.#gaps++;
    this.fill('lost', frames);
    if (!this.#closed) this.#options.onLoss?.({ timestamp, frames });
  }

  /** Fills in what the sender has left out, and tells of it. */
  fillSkipped(frames: number): void {
    const timestamp = this.#timestamp;
    this.#discontinuities++;
    this.fill('skipped', frames);
    if (!this.#closed) this.#options.onDiscontinuity?.({ timestamp, frames });
  }

  fill(what: Fill, frames: number): void {
    this.#filledGaps.add(this.#next, this.#next + frames);
    this.#step(frames);
    const write = (bytes: Uint8Array) => this.#writeFill(what, bytes);
    // What the sender left out is silence.
    if (what === 'skipped') this.#concealment.silence(frames, write);
    else this.#concealment.fill(frames, write);
  }

  /** Nothing is written, counted as written or told afterwards. */
  close(): void {
    this.#closed = true;
  }

  #writeFill(what: Fill, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#frames[what] += bytes.length / this.#frameBytes;
    const { sink } = this.#options;
    if (sink.writeFill) sink.writeFill(bytes);
    else sink.write(bytes);
  }

  #step(frames: number): void {
    this.#next += frames;
    this.#timestamp = (this.#timestamp + frames) % TIMESTAMP_SPAN;
  }
}
