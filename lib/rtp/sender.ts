/** RtpSender: frames of any length in, packets of one length out. */
import { checkBytes, checkInteger, checkIterable, checkOptions, pickOptions } from '../arguments.js';
import { Pacer } from '../clock/pacer.js';
import type { Pacing } from '../clock/pacing.js';
import { checkMade, MADE } from '../construction.js';
import { AlsaError, closedError } from '../errors.js';
import { release, watch } from '../native/lifetime.js';
import { originOf, routeOf } from '../net/sending-socket.js';
import { payloadFrameBytes } from './format.js';
import { sendPaced } from './paced-sending.js';
import { PacketStream } from './packet-stream.js';
import { describeStream } from './sdp/describe.js';
import {
  type CheckedSenderOptions,
  checkPaceOptions,
  checkSenderOptions,
  DESCRIPTION_OPTIONS,
  type PaceOptions,
  type RtpSenderOptions,
  type SenderDescription,
} from './sender-options.js';
import type { RtpSenderStats } from './sender-stats.js';

/** Without sources that contribute, and without an extension. */
const RTP_HEADER_BYTES = 12;

/**
 * Sends one stream. Timestamps count the frames written, and sequence numbers the packets made of them, also of those
 * that the kernel refused: to a receiver, what was not sent is lost, and the rest stays in its place.
 *
 * @example
 * using sender = await RtpSender.open({ encoding: 'L16', rate: 48_000, channels: 2, address: '239.0.0.1', port: 5004 });
 * await sender.pace(createReadStream('music.raw'));
 */
export class RtpSender implements Disposable, AsyncDisposable {
  readonly #options: CheckedSenderOptions;
  readonly #origin: string | undefined;
  readonly #stream: PacketStream;
  readonly #onAbort = () => this.close();
  /** Ends what paces when the sender is closed. */
  readonly #gone = new AbortController();
  #pacing: Pacing | undefined;
  readonly ssrc: number;

  private constructor(
    made: typeof MADE,
    options: CheckedSenderOptions,
    origin: string | undefined,
    stream: PacketStream,
  ) {
    checkMade(made, 'RtpSender.open()');
    this.#options = options;
    this.#origin = origin;
    this.#stream = stream;
    this.ssrc = options.ssrc;
    watch(this, stream.handle, `RTP sender to ${stream.name}`);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted) this.close();
  }

  /**
   * Opens a socket: socket, bind; for a group also setsockopt IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws the error of the system where the local address cannot be bound; an AbortError
   *
   * @example
   * await using sender = await RtpSender.open({
   *   encoding: 'L24',
   *   rate: 48_000,
   *   channels: 2,
   *   packetFrames: 48,
   *   format: 'S32_LE',
   *   address: '239.0.0.1',
   *   port: 5004,
   *   ttl: 8,
   * });
   */
  static async open(options: RtpSenderOptions): Promise<RtpSender> {
    const checked = checkSenderOptions(options);
    checked.signal?.throwIfAborted();
    const origin = originOf(routeOf(checked.socket));
    return new RtpSender(MADE, checked, origin, new PacketStream(checked));
  }

  /** Frames a packet. */
  get packetFrames(): number {
    return this.#options.packetFrames;
  }

  /** Bytes of the datagram of a full packet, with the header of RTP. */
  get datagramBytes(): number {
    const { packetFrames, encoding, channels } = this.#options;
    return RTP_HEADER_BYTES + packetFrames * payloadFrameBytes(encoding, channels);
  }

  /** The local address that the kernel sends from; undefined where it knew no way when the sender was opened. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** Bytes of one frame that is written. */
  get frameBytes(): number {
    return this.#options.frameBytes;
  }

  /** The timestamp of the next frame that is written. */
  get timestamp(): number {
    return this.#stream.timestamp;
  }

  /** What sends, while {@link pace} is under way: its clock, how late packets left, and how often none was there in time. */
  get pacing(): Pacing | undefined {
    return this.#pacing;
  }

  get closed(): boolean {
    return this.#stream.closed;
  }

  /** Also once it is closed. */
  stats(): RtpSenderStats {
    return this.#stream.stats();
  }

  /**
   * The stream's session description, for its receivers: of the session that its SSRC tells from others, and from the local
   * address that the kernel sends from. With `sourceFilter` receivers of a group are told to take packets from there only; it
   * is of the family of the group then.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   *
   * @example
   * const stream = { encoding: 'L24', rate: 48_000, channels: 2 } as const;
   * await using sender = await RtpSender.open({ ...stream, address: '239.0.0.1', port: 5004 });
   * console.log(sender.describe({ name: 'Stage left', origin: '192.168.1.1', sourceFilter: true }));
   */
  describe(options: SenderDescription = {}): string {
    checkOptions('options', options, DESCRIPTION_OPTIONS);
    const { encoding, rate, channels, payloadType, packetFrames, socket } = this.#options;
    return describeStream({
      sessionId: this.ssrc,
      ...(this.#origin === undefined ? {} : { origin: this.#origin }),
      ...pickOptions(options, DESCRIPTION_OPTIONS),
      encoding,
      rate,
      channels,
      payloadType,
      packetFrames,
      address: socket.address,
      port: socket.port,
      ttl: Math.max(1, socket.ttl),
    });
  }

  /**
   * Sends frames, of any length and boundary: what does not fill a packet waits for the rest. The bytes are copied. A packet
   * that the kernel has no room for waits in the socket; beyond `maxQueuedPackets` of them, packets are dropped.
   *
   * @returns packets made
   * @throws TypeError ERR_INVALID_ARG_TYPE; AlsaError ERR_CLOSED
   */
  write(bytes: Uint8Array): number {
    checkBytes('bytes', bytes);
    this.#checkOpen();
    return this.#stream.write(bytes);
  }

  /**
   * Sends the frames that wait as a shorter packet: the end of a stream. A part of a frame is discarded.
   *
   * @throws AlsaError ERR_CLOSED
   */
  flush(): void {
    this.#checkOpen();
    this.#stream.flush();
  }

  /**
   * Leaves out frames: the next ones are that much later. Flushes first.
   *
   * @param frames 0..2^31-1
   * @throws AlsaError ERR_CLOSED; TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
   */
  skip(frames: number): void {
    checkInteger('frames', frames, 0, 2 ** 31 - 1);
    this.#checkOpen();
    this.#stream.skip(frames);
  }

  /**
   * Sends what a source gives, each packet at its time, by the thread of a pacer: a busy event loop delays none that was read of
   * the source, up to 100 ms ahead. A source that falls behind is made up for, unless by more than a second or where there is a
   * `clock`: four packets go out in the time of one then. While the kernel has no room it waits, and drops nothing. Flushes at
   * the end, and resolves when the last packet is with the kernel. The signal, and `close`, end it at any time, also while the
   * source gives nothing: the source is told by its iterator's `return`, and not waited for. What waits for its time is not
   * sent then.
   *
   * @throws AlsaError ERR_CLOSED, also of the clock and the pacer; ERR_BUSY while another pace() is under way; TypeError
   * ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE; the reason of the signal; what the source throws;
   * TypeError ERR_INVALID_STATE where the buffer of what it gave shrinks, or is transferred, before that was sent
   *
   * @example
   * const stream = { encoding: 'L16', rate: 48_000, channels: 2 } as const;
   * await using sender = await RtpSender.open({ ...stream, address: '239.0.0.1', port: 5004 });
   * await sender.pace(createReadStream('music.raw'), { ppm: 100, signal: AbortSignal.timeout(60_000) });
   * @example
   * import { Clock } from 'alsa-utimer/clock';
   *
   * using clock = Clock.open('tai'); // or '/dev/ptp0'
   * const stream = { encoding: 'L24', rate: 48_000, channels: 2 } as const;
   * await using sender = await RtpSender.open({ ...stream, address: '239.0.0.1', port: 5004 });
   * console.log(sender.describe({ mediaClock: { kind: 'direct', offset: 0 } }));
   * await sender.pace(createReadStream('music.raw'), { clock });
   */
  async pace(
    source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    options: PaceOptions = {},
  ): Promise<void> {
    checkIterable('source', source);
    const { pacer: given, signal, ...pace } = checkPaceOptions(options);
    this.#checkOpen();
    if (this.#pacing) throw pacedError(this.#stream.name);
    const end = signal ? AbortSignal.any([signal, this.#gone.signal]) : this.#gone.signal;
    end.throwIfAborted();
    using own = given ? undefined : Pacer.open();
    const pacer = (given ?? own) as Pacer;
    try {
      await sendPaced(pacer, this.#stream, this.#options, pace, source, end, (pacing) => {
        this.#pacing = pacing;
      });
    } finally {
      this.#pacing = undefined;
    }
  }

  /** Resolves when the kernel has taken, or refused, every packet so far. */
  drain(): Promise<void> {
    return this.#stream.drain();
  }

  /** Closes the socket. Frames that wait for the rest of their packet are discarded: see `flush`. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.#gone.abort(closedError('the RTP sender'));
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#pacing?.close();
    release(this.#stream.handle);
    this.#stream.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Waits until the kernel has every packet, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.closed) await this.drain();
    this.close();
  }

  #checkOpen(): void {
    if (this.closed) throw closedError('the RTP sender');
  }
}

function pacedError(name: string): AlsaError {
  return new AlsaError(`the RTP sender to ${name} is paced already`, {
    code: 'ERR_BUSY',
    hint: 'Await the pace() that is under way, or end it by its signal.',
  });
}
