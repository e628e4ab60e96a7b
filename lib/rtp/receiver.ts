/** RtpReceiver: the socket that a stream arrives at, in front of a jitter buffer. */
import { EventEmitter, once } from 'node:events';
import { checkOptions, checkWait, pickOptions, type WaitOptions } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { closedError } from '../errors.js';
import { arrivalNs } from '../monotonic.js';
import { DgramSocket } from '../net/dgram-socket.js';
import { NativeSocket } from '../net/native-socket.js';
import type { DatagramSource, ReceivingSocket } from '../net/socket.js';
import { emitOrThrowUncaught } from '../uncaught.js';
import { refuseCloning } from '../uncloneable.js';
import { AddressFilter } from './address-filter.js';
import { Backlog } from './backlog.js';
import { ExpiryTimer } from './expiry-timer.js';
import type { ContradictionEvent } from './jitter-buffer/contradictions.js';
import type { DiscontinuityEvent, LossEvent, StreamStartEvent } from './jitter-buffer/events.js';
import { JitterBuffer } from './jitter-buffer/jitter-buffer.js';
import { checkJitterBufferOptions, JITTER_BUFFER_PARAMETERS } from './jitter-buffer/options.js';
import { parseRtpPacket } from './packet.js';
import type { MediaTimeBuffer } from './playout/media-time-buffer.js';
import { type CheckedPlayout, checkPlayedSink } from './playout/options.js';
import { Playout, type PlayoutClock } from './playout/playout.js';
import type { RtpReceiverEvents, RtpReceiverStats } from './receiver-events.js';
import {
  type CheckedReceiverOptions,
  checkReceiverOptions,
  RECEIVER_OPTIONS,
  type RtpReceiverOptions,
} from './receiver-options.js';
import { type RefusalEvent, Refusals } from './refusals.js';
import { STREAM_PARAMETERS } from './sdp/parse.js';
import { SenderClock } from './sender-clock.js';
import { SilenceWatch } from './silence-watch.js';

/**
 * Receives one stream and writes its frames to a sink, in order and without gaps. See JitterBuffer for how.
 *
 * With a `clock` the sink is a ClockedLoopback, which a thread of its own moves: each frame is heard when its media time has come by the
 * clock, and `linkOffsetMs` after it. Jitter that is shorter than that is never heard. Receivers with one clock and one link offset
 * play the same frame at the same time. What came too late is lost.
 *
 * What the sink throws closes the receiver, with an 'error' event. What a handler throws is an uncaught exception, and keeps
 * no frame from the sink and no other event from being told.
 *
 * @example
 * import { once } from 'node:events';
 * import { RtpReceiver, RtpSender } from 'alsa-utimer/rtp';
 *
 * const format = { encoding: 'L16', rate: 48_000, channels: 2 } as const; // or what parseSdp and loadSdp give
 * const sink = { write: (bytes: Uint8Array) => console.log(`${bytes.length} bytes of S16_LE`) };
 * await using receiver = await RtpReceiver.open({ ...format, payloadType: 96, address: '127.0.0.1', port: 0, sink });
 * receiver.on('loss', ({ frames }) => console.error(`${frames} frames lost`));
 * const began = once(receiver, 'stream');
 *
 * await using sender = await RtpSender.open({ ...format, address: '127.0.0.1', port: receiver.port });
 * sender.write(new Uint8Array(48 * sender.frameBytes));
 * console.log((await began)[0].reason); // first
 */
export class RtpReceiver extends EventEmitter<RtpReceiverEvents> implements Disposable, AsyncDisposable {
  readonly #socket: ReceivingSocket;
  readonly #buffer: JitterBuffer | MediaTimeBuffer;
  readonly #playout: Playout | undefined;
  readonly #clock: SenderClock;
  readonly #filter: AddressFilter;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.close();
  readonly #silence: SilenceWatch;
  readonly #backlog: Backlog;
  readonly #expiry: ExpiryTimer;
  #closed = false;
  #finished = false;

  private constructor(
    made: typeof MADE,
    options: RtpReceiverOptions,
    checked: CheckedReceiverOptions,
    socket: ReceivingSocket,
    clock: PlayoutClock | undefined,
  ) {
    checkMade(made, 'RtpReceiver.open()');
    super();
    refuseCloning(this);
    this.#socket = socket;
    this.#signal = checked.signal;
    this.#backlog = new Backlog(socket);
    this.#expiry = new ExpiryTimer(this.#backlog, () => this.#expire());
    this.#clock = new SenderClock(options.rate);
    const stream = {
      ...pickOptions(options, JITTER_BUFFER_PARAMETERS),
      onStream: (event: StreamStartEvent) => {
        this.#clock.reset();
        this.#tell('stream', event);
      },
      onLoss: (event: LossEvent) => this.#tell('loss', event),
      onDiscontinuity: (event: DiscontinuityEvent) => this.#tell('discontinuity', event),
      onRefusal: (event: RefusalEvent) => this.#tell('refusal', event),
      onContradiction: (event: ContradictionEvent) => this.#tell('contradiction', event),
    };
    this.#playout = clock && this.#play(options, checked, clock);
    this.#buffer = this.#playout ? this.#playout.buffer(stream) : new JitterBuffer(stream);
    const refusals = new Refusals((event) => this.#tell('refusal', event));
    this.#filter = new AddressFilter(checked.socket.sources, checked.excludedSources, refusals);
    socket.listen({
      receive: (datagram, arrival, source) => this.#receive(datagram, arrival, source),
      fail: (error) => this.#fail(error),
      gone: () => {
        this.#finished = true;
        this.#tell('close');
      },
    });
    this.#silence = new SilenceWatch(
      checked.silenceMs,
      this.#backlog,
      { latestArrival: () => this.#buffer.latestArrival, settle: () => this.#settle() },
      (isFirst) => this.#fallSilent(isFirst),
    );
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.close();
  }

  /**
   * Opens a socket: socket, bind, setsockopt SO_RCVBUFFORCE or SO_RCVBUF, SO_RXQ_OVFL, SO_TIMESTAMPNS. For a group also setsockopt SO_REUSEADDR, IP_MULTICAST_ALL for
   * IPv4 and SO_ATTACH_FILTER for IPv6, connect AF_UNSPEC for one of a link, and MCAST_JOIN_GROUP, or
   * MCAST_JOIN_SOURCE_GROUP for each of `sources`.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws the error of the system where the address cannot be bound (EADDRNOTAVAIL, EADDRINUSE, EACCES) or the group
   * not be joined (ENODEV, ENOBUFS); an AbortError
   *
   * @example
   * import { RtpReceiver } from 'alsa-utimer/rtp';
   *
   * await using receiver = await RtpReceiver.open({
   *   encoding: 'L24',
   *   rate: 48_000,
   *   channels: 2,
   *   payloadType: 98,
   *   address: '239.192.7.1', // a group, joined at one interface and for one source
   *   port: 5004,
   *   interface: 'lo',
   *   sources: ['127.0.0.1'],
   *   format: 'S32_LE',
   *   sink: loop,
   * });
   * console.log(receiver.address, receiver.port); // 239.192.7.1 5004
   */
  static async open(options: RtpReceiverOptions): Promise<RtpReceiver> {
    const checked = checkReceiverOptions(
      checkOptions('options', options, RECEIVER_OPTIONS, STREAM_PARAMETERS),
    );
    const { signal, playout, silenceMs } = checked;
    // Checks what makes up a stream, before there is a socket.
    checkJitterBufferOptions(pickOptions(options, JITTER_BUFFER_PARAMETERS));
    if (playout) checkPlayedSink(options.sink, options);
    signal?.throwIfAborted();
    const clock = playout && Playout.openClock(playout, silenceMs);
    let socket: ReceivingSocket | undefined;
    try {
      socket = checked.isNative
        ? new NativeSocket(checked.socket)
        : await DgramSocket.open(checked.socket, signal);
      return new RtpReceiver(MADE, options, checked, socket, clock);
    } catch (error) {
      if (clock && 'close' in clock) clock.close();
      socket?.close();
      throw error;
    }
  }

  /** The port that is listened at. */
  get port(): number {
    return this.#socket.port;
  }

  /** The address that is listened at. */
  get address(): string {
    return this.#socket.address;
  }

  get closed(): boolean {
    return this.#closed;
  }

  stats(): RtpReceiverStats {
    return {
      ...this.#buffer.stats(),
      datagramsFiltered: this.#filter.filtered,
      datagramsDropped: this.#socket.dropped,
      receiveBufferBytes: this.#socket.receiveBufferBytes,
      senderPpm: this.#clock.ppm,
      jitterMs: this.#clock.jitter / 1e6,
      silent: this.#silence.isSilent,
      playout: this.#playout?.stats(),
    };
  }

  /** The current source and the RTP timestamp of the frame that is written next; undefined before the first packet. */
  get position(): { readonly ssrc: number; readonly timestamp: number } | undefined {
    return this.#buffer.position;
  }

  /**
   * Goes on without the sender: see JitterBuffer.conceal.
   *
   * @throws AlsaError ERR_CLOSED; ERR_PLAYED_BY_CLOCK with a clock; RangeError ERR_OUT_OF_RANGE
   */
  conceal(frames: number): void {
    if (this.#closed) throw closedError('the RTP receiver');
    this.#buffer.conceal(frames);
  }

  /**
   * Writes what waits for earlier packets. To be called before `close` where the last frames count.
   *
   * @throws AlsaError ERR_CLOSED
   */
  flush(): void {
    if (this.#closed) throw closedError('the RTP receiver');
    this.#buffer.flush();
  }

  /**
   * Resolves when all that came was heard: frames wait for their time where they are played by a clock. Without one nothing waits.
   * It may be over sooner, with the receiver, or by the signal.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE; AlsaError ERR_CLOSED; the reason of a signal that is aborted already
   */
  async drain(options: WaitOptions = {}): Promise<void> {
    const signal = checkWait('options', options);
    if (this.#closed) throw closedError('the RTP receiver');
    await this.#playout?.drain(signal);
  }

  /** Leaves the group and closes the socket. Nothing is written to the sink afterwards. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#buffer.close();
    this.#playout?.close();
    this.#expiry.close();
    this.#silence.close();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes, and waits until the socket is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    if (!this.#finished) await once(this, 'close');
  }

  #play(options: RtpReceiverOptions, { playout }: CheckedReceiverOptions, clock: PlayoutClock): Playout {
    const { fill = 'silence', maxGapFrames = options.rate } = options;
    const parameters = { ...(playout as CheckedPlayout), fill, maxGapFrames };
    return new Playout(checkPlayedSink(options.sink, options), clock, parameters, {
      told: (event) => this.#tell('clock', event),
      failed: (error) => this.#fail(error),
    });
  }

  #receive(datagram: Uint8Array, arrival: bigint, source: DatagramSource): void {
    if (this.#closed) return;
    this.#backlog.noteDatagram();
    try {
      if (!this.#filter.admits(source)) return;
      const packet = parseRtpPacket(datagram);
      if (typeof packet === 'string') {
        this.#buffer.receive(datagram, arrival, source.transport);
        return;
      }
      const placement = this.#buffer.push(packet, arrival, source.transport);
      if (placement === 'delivered' || placement === 'held') {
        this.#clock.add(packet.timestamp, arrival);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#expiry.arm(this.#buffer.deadline);
  }

  #expire(): void {
    try {
      this.#buffer.expire(arrivalNs());
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#expiry.arm(this.#buffer.deadline);
  }

  #fallSilent(isFirst: boolean): void {
    this.#socket.renew();
    if (!isFirst) return;
    this.#clock.pause();
    this.#tell('silence');
  }

  #settle(): void {
    try {
      this.#buffer.settle();
    } catch (error) {
      this.#fail(error);
    }
  }

  #tell<Name extends keyof RtpReceiverEvents>(type: Name, ...event: RtpReceiverEvents[Name]): void {
    emitOrThrowUncaught(this, type, ...event);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#tell('error', error instanceof Error ? error : new Error(String(error)));
  }
}
