/** Makes packets of one length from frames that come in pieces of any length. */
import type { SampleConverter } from './format.js';
import { serializeRtpPacket } from './packet.js';

/** What packets are like, and what the first of them says. */
export interface PacketizerOptions {
  readonly converter: SampleConverter;
  readonly payloadType: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly packetFrames: number;
  /** Bytes of one frame that is written. */
  readonly frameBytes: number;
}

export class Packetizer {
  readonly #options: PacketizerOptions;
  readonly #send: (packet: Uint8Array) => void;
  /** The frames of one packet, filled from the front. */
  readonly #pending: Uint8Array;
  #pendingBytes = 0;
  #sequence: number;
  #timestamp: number;
  #frames = 0;

  /** @param send takes a packet, whose memory is its own */
  constructor(options: PacketizerOptions, send: (packet: Uint8Array) => void) {
    this.#options = options;
    this.#send = send;
    this.#pending = new Uint8Array(options.packetFrames * options.frameBytes);
    this.#sequence = options.sequence;
    this.#timestamp = options.timestamp;
  }

  /** The timestamp of the next frame that is written. */
  get timestamp(): number {
    return wrap(this.#timestamp + this.pendingFrames);
  }

  /** Frames put into packets. */
  get frames(): number {
    return this.#frames;
  }

  /** Frames that wait for the rest of their packet. */
  get pendingFrames(): number {
    return Math.floor(this.#pendingBytes / this.#options.frameBytes);
  }

  /** Bytes that complete the packet. */
  get missingBytes(): number {
    return this.#pending.length - this.#pendingBytes;
  }

  /** Takes frames, also parts of one. The bytes are copied. @returns packets made */
  write(bytes: Uint8Array): number {
    let packets = 0;
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(bytes.length - at, this.missingBytes);
      this.#pending.set(bytes.subarray(at, at + taken), this.#pendingBytes);
      this.#pendingBytes += taken;
      at += taken;
      if (this.missingBytes > 0) break;
      this.#make(this.#pending);
      this.#pendingBytes = 0;
      packets++;
    }
    return packets;
  }

  /** Makes a shorter packet of the frames that wait. A part of a frame is discarded. */
  flush(): void {
    const whole = this.pendingFrames * this.#options.frameBytes;
    if (whole > 0) this.#make(this.#pending.subarray(0, whole));
    this.#pendingBytes = 0;
  }

  /** Leaves out frames. Flushes first. */
  skip(frames: number): void {
    this.flush();
    this.#timestamp = wrap(this.#timestamp + frames);
  }

  #make(bytes: Uint8Array): void {
    const { converter, payloadType, ssrc, frameBytes } = this.#options;
    const frames = bytes.length / frameBytes;
    const sequence = this.#sequence;
    const timestamp = this.#timestamp;
    this.#sequence = (sequence + 1) & 0xffff;
    this.#timestamp = wrap(timestamp + frames);
    this.#frames += frames;
    const payload = converter.convert(bytes);
    this.#send(serializeRtpPacket({ payloadType, sequence, timestamp, ssrc, payload }));
  }
}

function wrap(timestamp: number): number {
  return timestamp % 2 ** 32;
}
