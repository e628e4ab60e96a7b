/** RtpReceiver: the socket that a stream arrives at, in front of a placer. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { checkInteger, checkOptions } from '../arguments.js';
import { closedError } from '../errors.js';
import { checkAddress, interfaceFor, isMulticast, socketType } from './address.js';
import { parseRtpPacket } from './packet.js';
import {
  type LossEvent,
  Placer,
  type PlacerOptions,
  type PlacerStats,
  type StreamStartEvent,
} from './placer.js';
import { SenderClock } from './sender-clock.js';

const MAX_TIMER_MS = 2 ** 31 - 1;

/** Where to listen and what to expect. The parameters that `parseSdp` gives fit in here. */
export interface RtpReceiverOptions extends Omit<PlacerOptions, 'onStream' | 'onLoss'> {
  /** The group to join, or a local address. Default '0.0.0.0': all that come to the port. */
  readonly address?: string;
  /** 0..65535; 0 takes a free one, see `port`. */
  readonly port: number;
  /** Where to join the group: an interface by name ('eth0') or by its address. Default: the kernel's choice. */
  readonly interface?: string;
  /** Take packets from these addresses only; a group is joined for them alone (RFC 4607). Default: any. */
  readonly sources?: readonly string[];
  /** Take no packets from these addresses. */
  readonly excludedSources?: readonly string[];
  /** Bytes of the socket's buffer: setsockopt SO_RCVBUF, which the kernel limits to net.core.rmem_max. Default 2 MiB. */
  readonly receiveBufferBytes?: number;
  /** Milliseconds without a packet of the stream until 'silence', 10..2^31-1. Default 1000. */
  readonly silenceMilliseconds?: number;
  /** Closes the receiver. */
  readonly signal?: AbortSignal;
}

/** What a receiver tells. */
export interface RtpReceiverEvents {
  /** A stream began, or began anew. */
  stream: [event: StreamStartEvent];
  /** Lost frames were filled in. */
  loss: [event: LossEvent];
  /** No packet of the stream came for a while. A group is then joined again, where its interface was replaced. */
  silence: [];
  /** The socket failed, or the sink threw; the receiver has closed. */
  error: [error: Error];
  close: [];
}

/** Counters since the receiver was opened. */
export interface RtpReceiverStats extends PlacerStats {
  /** Datagrams from addresses that were not asked for. They are not among `packets`. */
  readonly datagramsFiltered: number;
  /** Parts per million by which the sender's clock is faster than this machine's; undefined for the first second. */
  readonly senderPpm: number | undefined;
  /** Interarrival jitter in nanoseconds: RFC 3550, section 6.4.1. */
  readonly jitterNanoseconds: number;
  /** Whether packets of the stream come. */
  readonly silent: boolean;
}

/**
 * Receives one stream and writes its frames to a sink, in order and without gaps. See Placer for how.
 *
 * @example
 * using receiver = await RtpReceiver.open({ ...parseSdp(text), sink: loop });
 * receiver.on('loss', ({ frames }) => console.error(`${frames} frames lost`));
 * await once(receiver, 'close');
 */
export class RtpReceiver extends EventEmitter<RtpReceiverEvents> implements Disposable, AsyncDisposable {
  readonly #socket: Socket;
  readonly #placer: Placer;
  readonly #clock: SenderClock;
  readonly #membership: Membership | undefined;
  readonly #sources: ReadonlySet<string>;
  readonly #excluded: ReadonlySet<string>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.close();
  #expiry: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #heard = false;
  #silent = true;
  #silenceTold = false;
  #filtered = 0;
  #closed = false;
  #finished = false;
  #address = '';
  #port = 0;

  private constructor(options: RtpReceiverOptions, socket: Socket, membership: Membership | undefined) {
    super();
    this.#socket = socket;
    this.#membership = membership;
    this.#signal = options.signal;
    this.#sources = new Set(options.sources ?? []);
    this.#excluded = new Set(options.excludedSources ?? []);
    this.#placer = new Placer({
      ...options,
      onStream: (event) => {
        this.#clock.reset();
        this.emit('stream', event);
      },
      onLoss: (event) => this.emit('loss', event),
    });
    this.#clock = new SenderClock(options.rate);
  }

  /**
   * Opens a socket: socket, setsockopt SO_REUSEADDR, bind; for a group also setsockopt IP_ADD_MEMBERSHIP, or
   * IP_ADD_SOURCE_MEMBERSHIP for each of `sources`.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws the error of the system where the address cannot be bound (EADDRNOTAVAIL, EADDRINUSE, EACCES) or the group
   * not be joined (ENODEV); an AbortError
   */
  static async open(options: RtpReceiverOptions): Promise<RtpReceiver> {
    const { address, port, buffer, silence } = checkReceiverOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();

    const type = socketType(address);
    const group = isMulticast(address);
    if (options.interface !== undefined) interfaceFor(options.interface, type);
    const socket = createSocket({ type, reuseAddr: group });
    try {
      const membership = group ? new Membership(socket, type, address, options) : undefined;
      const receiver = new RtpReceiver(options, socket, membership);
      const listening = once(socket, 'listening', { signal });
      socket.bind({ address, port });
      await listening;
      socket.setRecvBufferSize(buffer);
      membership?.join();
      receiver.#listen(silence);
      return receiver;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** The port that is listened at. */
  get port(): number {
    return this.#port;
  }

  /** The address that is listened at. */
  get address(): string {
    return this.#address;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get stats(): RtpReceiverStats {
    return {
      ...this.#placer.stats,
      datagramsFiltered: this.#filtered,
      senderPpm: this.#clock.ppm,
      jitterNanoseconds: this.#clock.jitter,
      silent: this.#silent,
    };
  }

  /** The current source and the RTP timestamp of the frame that is written next; undefined before the first packet. */
  get position(): { readonly ssrc: number; readonly timestamp: number } | undefined {
    return this.#placer.position;
  }

  /**
   * Goes on without the sender: see Placer.conceal.
   *
   * @throws AlsaError ERR_CLOSED; RangeError ERR_OUT_OF_RANGE
   */
  conceal(frames: number): void {
    if (this.#closed) throw closedError('the RTP receiver');
    this.#placer.conceal(frames);
  }

  /**
   * Writes what waits for earlier packets. To be called before `close` where the last frames count.
   *
   * @throws AlsaError ERR_CLOSED
   */
  flush(): void {
    if (this.#closed) throw closedError('the RTP receiver');
    this.#placer.flush();
  }

  /** Leaves the group and closes the socket. Nothing is written to the sink afterwards. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#expiry);
    clearInterval(this.#silenceTimer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes, and waits until the socket is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    if (!this.#finished) await once(this.#socket, 'close');
  }

  #listen(silenceMilliseconds: number): void {
    const { address, port } = this.#socket.address();
    this.#address = address;
    this.#port = port;
    this.#socket.on('message', (datagram, remote) => this.#receive(datagram, remote));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => {
      this.#finished = true;
      this.emit('close');
    });
    this.#silenceTimer = setInterval(() => this.#checkSilence(), silenceMilliseconds);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.close();
  }

  #receive(datagram: Uint8Array, { address }: RemoteInfo): void {
    if (this.#closed) return;
    if (!this.#admits(address)) {
      this.#filtered++;
      return;
    }
    const arrival = process.hrtime.bigint();
    const packet = parseRtpPacket(datagram);
    try {
      if (typeof packet === 'string') {
        this.#placer.receive(datagram, arrival);
        return;
      }
      const placement = this.#placer.push(packet, arrival);
      if (placement === 'delivered' || placement === 'held') {
        this.#heard = true;
        this.#silent = false;
        this.#silenceTold = false;
        this.#clock.add(packet.timestamp, arrival);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#expiry === undefined) this.#armExpiry();
  }

  #admits(address: string): boolean {
    if (this.#sources.size === 0 && this.#excluded.size === 0) return true;
    const bare = address.split('%', 1)[0] as string;
    if (this.#excluded.has(bare)) return false;
    return this.#sources.size === 0 || this.#sources.has(bare);
  }

  #armExpiry(): void {
    const { deadline } = this.#placer;
    if (deadline === undefined || this.#closed) return;
    const wait = Number(deadline - process.hrtime.bigint()) / 1e6;
    this.#expiry = setTimeout(() => this.#expire(), Math.max(1, Math.ceil(wait)));
  }

  #expire(): void {
    this.#expiry = undefined;
    try {
      this.#placer.expire(process.hrtime.bigint());
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#armExpiry();
  }

  #checkSilence(): void {
    if (this.#heard) {
      this.#heard = false;
      return;
    }
    this.#membership?.renew();
    if (this.#silenceTold) return;
    this.#silenceTold = true;
    this.#silent = true;
    this.emit('silence');
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.emit('error', error instanceof Error ? error : new Error(String(error)));
  }
}

/** What a receiver needs beside what its placer does. Throws before any system call. */
export function checkReceiverOptions(options: Omit<RtpReceiverOptions, 'sink'>): {
  readonly address: string;
  readonly port: number;
  readonly buffer: number;
  readonly silence: number;
} {
  checkOptions('options', options);
  const address = checkAddress('options.address', options.address ?? '0.0.0.0');
  const port = checkInteger('options.port', options.port, 0, 65_535);
  for (const source of options.sources ?? []) checkAddress('options.sources[]', source);
  for (const source of options.excludedSources ?? []) checkAddress('options.excludedSources[]', source);
  const buffer = checkInteger(
    'options.receiveBufferBytes',
    options.receiveBufferBytes ?? 2 ** 21,
    1,
    2 ** 31 - 1,
  );
  const silence = checkInteger(
    'options.silenceMilliseconds',
    options.silenceMilliseconds ?? 1000,
    10,
    MAX_TIMER_MS,
  );
  return { address, port, buffer, silence };
}

/** The socket's place in a group. */
class Membership {
  readonly #socket: Socket;
  readonly #type: 'udp4' | 'udp6';
  readonly #group: string;
  readonly #interface: string | undefined;
  readonly #sources: readonly string[];

  constructor(
    socket: Socket,
    type: 'udp4' | 'udp6',
    group: string,
    { interface: name, sources }: RtpReceiverOptions,
  ) {
    this.#socket = socket;
    this.#type = type;
    this.#group = group;
    this.#interface = name;
    this.#sources = sources ?? [];
  }

  join(): void {
    for (const source of this.#sources.length === 0 ? [undefined] : this.#sources) this.#add(source);
  }

  /**
   * Joins again. A membership belongs to an interface, and dies with it: a new one of the same name has none. The kernel
   * refuses where nothing was lost, which costs nothing.
   */
  renew(): void {
    for (const source of this.#sources.length === 0 ? [undefined] : this.#sources) {
      try {
        this.#add(source);
      } catch {
        // Still a member (EADDRINUSE, EADDRNOTAVAIL), or the interface is away (ENODEV): the next silence tries again.
      }
    }
  }

  #add(source: string | undefined): void {
    const via = this.#interface === undefined ? undefined : interfaceFor(this.#interface, this.#type);
    if (source === undefined) this.#socket.addMembership(this.#group, via);
    else this.#socket.addSourceSpecificMembership(source, this.#group, via);
  }
}
