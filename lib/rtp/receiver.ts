/** RtpReceiver: the socket that a stream arrives at, in front of a jitter buffer. */
import { EventEmitter, once } from 'node:events';
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  checkString,
  type OptionNames,
  pickOptions,
  valueError,
} from '../arguments.js';
import { AlsaError, closedError } from '../errors.js';
import { native } from '../native/load.js';
import {
  canonicalAddress,
  checkAddress,
  checkAddressOf,
  needsInterface,
  socketType,
  takesInterface,
  unicastError,
  zoneOf,
} from '../net/address.js';
import { DgramSocket } from '../net/dgram-socket.js';
import { NativeSocket } from '../net/native-socket.js';
import type { DatagramSource, ReceivingSocket, SocketOptions } from '../net/socket.js';
import { refuseCloning } from '../uncloneable.js';
import type { ContradictionEvent } from './jitter-buffer/contradictions.js';
import type { DiscontinuityEvent, LossEvent, StreamStartEvent } from './jitter-buffer/events.js';
import { JitterBuffer } from './jitter-buffer/jitter-buffer.js';
import {
  checkJitterBufferOptions,
  JITTER_BUFFER_PARAMETERS,
  type JitterBufferOptions,
} from './jitter-buffer/options.js';
import type { JitterBufferStats } from './jitter-buffer/stats.js';
import { parseRtpPacket } from './packet.js';
import { type RefusalEvent, Refusals } from './refusals.js';
import { STREAM_PARAMETERS } from './sdp/parse.js';
import { SenderClock } from './sender-clock.js';
import { SilenceWatch } from './silence-watch.js';

export const DEFAULT_RECEIVE_BUFFER_BYTES = 2 ** 21;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The least that a datagram takes of a socket's buffer, of which the kernel makes twice what it is asked for. */
const BUFFERED_DATAGRAM_BYTES = 512;

/** Where to listen and what to expect. The parameters that `parseSdp` gives fit in here. */
export interface RtpReceiverOptions
  extends Omit<
    JitterBufferOptions,
    'onStream' | 'onLoss' | 'onDiscontinuity' | 'onRefusal' | 'onContradiction'
  > {
  /** The group to join, or a local address. Default '0.0.0.0': all that come to the port. */
  readonly address?: string;
  /** 0..65535; 0 takes a free one, see `port`. */
  readonly port: number;
  /**
   * For groups and link-local addresses only: where to join the group, and to hear it, an interface by name ('eth0') or by its
   * address. Default: the kernel's choice, but IPv6 addresses of link-local and interface-local scope need one, here or as in
   * 'ff02::1%eth0'. To hear one interface of a machine otherwise, give its address as `address`. A socket of kind 'dgram' hears the group at every
   * interface that anybody on this machine has joined it at.
   */
  readonly interface?: string;
  /**
   * Take packets from these addresses only, of the family of `address`; a group is joined for them alone (RFC 4607).
   * Default: any.
   */
  readonly sources?: readonly string[];
  /** Take no packets from these addresses. */
  readonly excludedSources?: readonly string[];
  /**
   * Bytes of the socket's buffer. Default 2 MiB. setsockopt SO_RCVBUFFORCE gives them where this process may (CAP_NET_ADMIN), else
   * SO_RCVBUF, which the kernel limits to net.core.rmem_max: see `stats().receiveBufferBytes`. Kind 'dgram' knows the latter only.
   */
  readonly receiveBufferBytes?: number;
  /** Milliseconds without a packet of the stream until 'silence', 10..2^31-1. Default 1000. */
  readonly silenceMs?: number;
  /**
   * Whose socket: the addon's ('native'), which takes three quarters of the processor time, or Node's own ('dgram').
   * Default: 'native' where the addon can be loaded.
   */
  readonly socket?: 'native' | 'dgram';
  /** Closes the receiver. */
  readonly signal?: AbortSignal;
}

/** What a receiver tells. */
export interface RtpReceiverEvents {
  /** A stream began, or began anew. */
  stream: [event: StreamStartEvent];
  /** Lost frames were filled in. */
  loss: [event: LossEvent];
  /** Frames were filled in that the sender has left out. */
  discontinuity: [event: DiscontinuityEvent];
  /** Packets are refused: told once a reason, with the option that would take them. */
  refusal: [event: RefusalEvent];
  /** Many packets contradict what was described: told once. */
  contradiction: [event: ContradictionEvent];
  /** No packet of the stream came for a while. A group is then joined again, where its interface was replaced. */
  silence: [];
  /** The socket failed, or the sink threw; the receiver has closed. */
  error: [error: Error];
  close: [];
}

/** Counters since the receiver was opened. */
export interface RtpReceiverStats extends JitterBufferStats {
  /** Datagrams from addresses that were not asked for. They are not among `packets`. */
  readonly datagramsFiltered: number;
  /**
   * Datagrams that the kernel dropped before this receiver read them, its socket's buffer being full for instance: SO_RXQ_OVFL,
   * which comes with the next datagram. Undefined where that cannot be told: with kind 'dgram', and for an IPv6 group at one
   * interface, where the kernel counts what its filter drops as well.
   */
  readonly datagramsDropped: number | undefined;
  /** Bytes that the kernel gave of `receiveBufferBytes`. */
  readonly receiveBufferBytes: number;
  /** Parts per million by which the sender's clock is faster than this machine's; undefined for the first second. */
  readonly senderPpm: number | undefined;
  /** Interarrival jitter in milliseconds: RFC 3550, section 6.4.1. */
  readonly jitterMs: number;
  /** Whether packets of the stream come. */
  readonly silent: boolean;
}

/**
 * Receives one stream and writes its frames to a sink, in order and without gaps. See JitterBuffer for how.
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
  readonly #buffer: JitterBuffer;
  readonly #clock: SenderClock;
  readonly #sources: ReadonlySet<string>;
  readonly #excluded: ReadonlySet<string>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.close();
  readonly #refusals: Refusals;
  readonly #silence: SilenceWatch;
  #expiry: NodeJS.Timeout | undefined;
  /** What it is set for. */
  #deadline = 0n;
  readonly #maxWaiting: number;
  /** Datagrams of this turn of the event loop, while an expiry waits for those that arrived before it. */
  #turnDatagrams = 0;
  #silent = true;
  #filtered = 0;
  #closed = false;
  #finished = false;

  private constructor(options: RtpReceiverOptions, checked: CheckedReceiverOptions, socket: ReceivingSocket) {
    super();
    refuseCloning(this);
    this.#socket = socket;
    this.#signal = checked.signal;
    this.#sources = new Set(checked.socket.sources);
    this.#excluded = new Set(checked.excludedSources);
    this.#maxWaiting = (2 * socket.receiveBufferBytes) / BUFFERED_DATAGRAM_BYTES;
    this.#clock = new SenderClock(options.rate);
    this.#buffer = new JitterBuffer({
      ...pickOptions(options, JITTER_BUFFER_PARAMETERS),
      onStream: (event) => {
        this.#clock.reset();
        this.emit('stream', event);
      },
      onLoss: (event) => this.emit('loss', event),
      onDiscontinuity: (event) => this.emit('discontinuity', event),
      onRefusal: (event) => this.emit('refusal', event),
      onContradiction: (event) => this.emit('contradiction', event),
    });
    this.#refusals = new Refusals((event) => this.emit('refusal', event));
    socket.listen({
      receive: (datagram, arrival, source) => this.#receive(datagram, arrival, source),
      fail: (error) => this.#fail(error),
      gone: () => {
        this.#finished = true;
        this.emit('close');
      },
    });
    this.#silence = new SilenceWatch(checked.silenceMs, (isFirst) => this.#fallSilent(isFirst));
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
    const { signal } = checked;
    // Checks what makes up a stream, before there is a socket.
    checkJitterBufferOptions(pickOptions(options, JITTER_BUFFER_PARAMETERS));
    signal?.throwIfAborted();
    const socket = checked.isNative
      ? new NativeSocket(checked.socket)
      : await DgramSocket.open(checked.socket, signal);
    try {
      return new RtpReceiver(options, checked, socket);
    } catch (error) {
      socket.close();
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
      datagramsFiltered: this.#filtered,
      datagramsDropped: this.#socket.dropped,
      receiveBufferBytes: this.#socket.receiveBufferBytes,
      senderPpm: this.#clock.ppm,
      jitterMs: this.#clock.jitter / 1e6,
      silent: this.#silent,
    };
  }

  /** The current source and the RTP timestamp of the frame that is written next; undefined before the first packet. */
  get position(): { readonly ssrc: number; readonly timestamp: number } | undefined {
    return this.#buffer.position;
  }

  /**
   * Goes on without the sender: see JitterBuffer.conceal.
   *
   * @throws AlsaError ERR_CLOSED; RangeError ERR_OUT_OF_RANGE
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

  /** Leaves the group and closes the socket. Nothing is written to the sink afterwards. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#buffer.close();
    clearTimeout(this.#expiry);
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

  #receive(datagram: Uint8Array, arrival: bigint, source: DatagramSource): void {
    if (this.#closed) return;
    this.#turnDatagrams++;
    const packet = this.#admits(source) ? parseRtpPacket(datagram) : undefined;
    try {
      if (packet === undefined) {
        this.#filter(source);
        return;
      }
      if (typeof packet === 'string') {
        this.#buffer.receive(datagram, arrival, source.transport);
        return;
      }
      const placement = this.#buffer.push(packet, arrival, source.transport);
      if (placement === 'delivered' || placement === 'held') {
        this.#silent = false;
        this.#silence.hear(arrival);
        this.#clock.add(packet.timestamp, arrival);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#armExpiry();
  }

  #admits({ address }: DatagramSource): boolean {
    if (this.#excluded.has(address)) return false;
    return this.#sources.size === 0 || this.#sources.has(address);
  }

  #filter({ address }: DatagramSource): void {
    this.#filtered++;
    const isExcluded = this.#excluded.has(address);
    this.#refusals.note('filtered', address, () => ({
      came: `a datagram from ${address}`,
      expected: isExcluded
        ? `one from elsewhere than ${[...this.#excluded].join(', ')}`
        : `one from ${[...this.#sources].join(', ')}`,
      // Whoever excludes an address knows about it.
      ...(isExcluded ? { option: undefined, value: undefined } : { option: 'sources', value: address }),
    }));
  }

  #armExpiry(): void {
    const { deadline } = this.#buffer;
    if (deadline === undefined || this.#closed) return;
    if (this.#expiry !== undefined && deadline >= this.#deadline) return;
    clearTimeout(this.#expiry);
    this.#deadline = deadline;
    const wait = Number(deadline - process.hrtime.bigint()) / 1e6;
    // Where the event loop was kept from turning, packets wait in the socket, which has its turns in between.
    this.#expiry = setTimeout(() => this.#expireBehind(this.#maxWaiting), Math.max(1, Math.ceil(wait)));
  }

  /** Expires when the socket has told what waits now, `most` datagrams at most: those that come meanwhile do not postpone it. */
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
    this.#expiry = undefined;
    try {
      this.#buffer.expire(process.hrtime.bigint());
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#armExpiry();
  }

  #fallSilent(isFirst: boolean): void {
    this.#socket.renew();
    if (!isFirst) return;
    this.#silent = true;
    this.#clock.reset();
    try {
      this.#buffer.settle();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.#closed) this.emit('silence');
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.emit('error', error instanceof Error ? error : new Error(String(error)));
  }
}

export const RECEIVER_OPTIONS: OptionNames<RtpReceiverOptions> = {
  ...JITTER_BUFFER_PARAMETERS,
  address: true,
  port: true,
  interface: true,
  sources: true,
  excludedSources: true,
  receiveBufferBytes: true,
  silenceMs: true,
  socket: true,
  signal: true,
};

/** What a receiver needs beside what its jitter buffer does. */
export interface CheckedReceiverOptions {
  readonly socket: SocketOptions;
  readonly excludedSources: readonly string[];
  readonly silenceMs: number;
  readonly isNative: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Throws before any system call. */
export function checkReceiverOptions(options: Omit<RtpReceiverOptions, 'sink'>): CheckedReceiverOptions {
  const given = checkAddress('options.address', options.address ?? '0.0.0.0');
  const address = canonicalAddress(given);
  const type = socketType(address);
  const port = checkInteger('options.port', options.port, 0, 65_535);
  if (options.interface !== undefined) {
    checkString('options.interface', options.interface);
    if (!takesInterface(address)) throw unicastError('options.interface', address, options.interface);
  }
  const via = options.interface ?? (takesInterface(address) ? zoneOf(given) : undefined);
  if (via === undefined && needsInterface(address))
    throw valueError('options.interface', `an interface, since each link has its own ${address}`, via);
  const [sources, excludedSources] = (['sources', 'excludedSources'] as const).map((name) =>
    (options[name] ?? []).map((source) => checkAddressOf(`options.${name}[]`, source, type)),
  ) as [string[], string[]];
  const receiveBufferBytes = checkInteger(
    'options.receiveBufferBytes',
    options.receiveBufferBytes ?? DEFAULT_RECEIVE_BUFFER_BYTES,
    1,
    2 ** 31 - 1,
  );
  const silenceMs = checkInteger('options.silenceMs', options.silenceMs ?? 1000, 10, MAX_TIMER_MS);
  const kind =
    options.socket === undefined
      ? undefined
      : checkOneOf('options.socket', options.socket, ['native', 'dgram'] as const);
  return {
    socket: { address, port, interface: via, sources, receiveBufferBytes },
    excludedSources,
    silenceMs,
    isNative: kind === undefined ? hasAddon() : kind === 'native',
    signal: checkSignal('options.signal', options.signal),
  };
}

function hasAddon(): boolean {
  try {
    native();
    return true;
  } catch (error) {
    if (error instanceof AlsaError) return false;
    throw error;
  }
}
