/** PacketStream: frames in, packets of RTP out, by the addon. */
import { isIPv6 } from 'node:net';
import { callNative, systemError } from '../errors.js';
import type { PacketPolicyNative, PacketStreamHandle, WatcherHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { routeOf } from '../net/sending-socket.js';
import { unlessAborted } from '../promises.js';
import { payloadFrameBytes } from './format.js';
import type { CheckedSenderOptions } from './sender-options.js';
import type { RtpSenderStats } from './sender-stats.js';

/** Bytes that are converted at a time. */
const PIECE_BYTES = 65_536;

/**
 * The packets of a stream with their socket. A packet that the kernel has no room for waits; so does one that a pacer is to
 * send, while there is one.
 */
export class PacketStream {
  readonly handle: PacketStreamHandle;
  /** For messages: '239.0.0.1:5004'. */
  readonly name: string;
  readonly #options: CheckedSenderOptions;
  readonly #payloadFrameBytes: number;
  readonly #taken: WatcherHandle;
  readonly #kernelRoom: WatcherHandle;
  /** A frame that is begun. */
  readonly #frame: Uint8Array;
  #frameBytes = 0;
  readonly #converted: Uint8Array;
  readonly #pieceBytes: number;
  #isPaced = false;
  /** Those who wait for packets to go. */
  #waiting: (() => void)[] = [];

  /** Opens the socket. @throws the error of the system */
  constructor(options: CheckedSenderOptions) {
    const { encoding, channels, frameBytes, converter, maxQueuedPackets } = options;
    this.#options = options;
    const { address, port } = options.socket;
    const name = isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
    this.name = name;
    this.#payloadFrameBytes = payloadFrameBytes(encoding, channels);
    this.#frame = new Uint8Array(frameBytes);
    this.#pieceBytes = Math.max(1, Math.floor(PIECE_BYTES / frameBytes)) * frameBytes;
    this.#converted = new Uint8Array(converter.outputBytes(this.#pieceBytes));
    const { payloadType, ssrc, sequence, timestamp, packetFrames } = options;
    this.handle = callNative(name, () =>
      native().openPacketStream(routeOf(options.socket), {
        ...{ payloadType, ssrc, sequence, timestamp, packetFrames },
        frameBytes: this.#payloadFrameBytes,
        queuedPackets: maxQueuedPackets,
      }),
    );
    try {
      this.#taken = callNative(name, () => this.handle.watchTaken());
      this.#kernelRoom = callNative(name, () => this.handle.watchRoom());
    } catch (error) {
      this.handle.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.handle.closed();
  }

  /** The timestamp of the next frame that is written. */
  get timestamp(): number {
    return this.handle.timestamp();
  }

  /** Bytes that write() takes without more than so many packets waiting; of the last frame perhaps a part. */
  room(packets: number): number {
    const frames = Math.floor(this.handle.room(packets) / this.#payloadFrameBytes);
    return frames * this.#options.frameBytes - this.#frameBytes;
  }

  /** Takes frames of any length, also parts of one. The bytes are copied. @returns packets made */
  write(bytes: Uint8Array): number {
    const { frameBytes } = this.#options;
    let packets = 0;
    let at = 0;
    if (this.#frameBytes > 0) {
      at = Math.min(frameBytes - this.#frameBytes, bytes.length);
      this.#frame.set(bytes.subarray(0, at), this.#frameBytes);
      this.#frameBytes += at;
      if (this.#frameBytes < frameBytes) return 0;
      packets += this.#put(this.#frame);
    }
    const end = bytes.length - ((bytes.length - at) % frameBytes);
    for (; at < end; at += this.#pieceBytes) {
      packets += this.#put(bytes.subarray(at, Math.min(end, at + this.#pieceBytes)));
    }
    this.#frame.set(bytes.subarray(end));
    this.#frameBytes = bytes.length - end;
    this.#awaitKernel();
    return packets;
  }

  /** Makes a shorter packet of the frames that wait. A part of a frame is discarded. */
  flush(): void {
    this.#frameBytes = 0;
    this.handle.flush();
    this.#awaitKernel();
  }

  /** Leaves out frames. Flushes first. */
  skip(frames: number): void {
    this.#frameBytes = 0;
    this.handle.skip(frames);
    this.#awaitKernel();
  }

  stats(): RtpSenderStats {
    const { sent, dropped, failed, frames, waitingFrames, error } = this.handle.stats();
    return {
      packetsSent: sent,
      packetsDropped: dropped,
      packetsFailed: failed,
      frames,
      framesPending: waitingFrames,
      lastError: error === 0 ? undefined : systemError(error, 'sendmmsg', this.name),
    };
  }

  /** From here to endPacing() a pacer sends. */
  beginPacing(policy: PacketPolicyNative): void {
    callNative(this.name, () => this.handle.beginPacing(policy));
    this.#isPaced = true;
    this.#wake();
  }

  /** What waits for its time goes. */
  endPacing(): void {
    this.#isPaced = false;
    this.handle.endPacing();
    this.#wake();
  }

  /** Until write() takes something without more than so many packets waiting, or this is closed. */
  async hasRoom(packets: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.closed && this.room(packets) <= 0) await unlessAborted(this.#next(), signal);
  }

  /** Until the kernel has taken, or refused, every packet, or this is closed. */
  async drain(signal?: AbortSignal): Promise<void> {
    while (!this.closed && this.handle.queued() > 0) await unlessAborted(this.#next(), signal);
  }

  close(): void {
    this.handle.close();
    this.#taken.close();
    this.#kernelRoom.close();
    this.#wake();
  }

  #put(frames: Uint8Array): number {
    return this.handle.write(this.#options.converter.convert(frames, this.#converted));
  }

  /** Keeps the event loop alive until some packets have gone. */
  #next(): Promise<void> {
    const promise = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#isPaced) {
      // Half of them, since waking up costs more than sending does.
      this.handle.awaitTaken(Math.ceil(this.handle.queued() / 2));
      this.#taken.arm(() => this.#wake());
    } else {
      this.#awaitKernel();
    }
    return promise;
  }

  #awaitKernel(): void {
    if (this.#isPaced || this.handle.queued() === 0) return;
    this.#kernelRoom.arm(() => {
      if (!this.#isPaced) this.handle.send();
      this.#wake();
      this.#awaitKernel();
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
