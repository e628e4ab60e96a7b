/** Bridge: a stream from the network into a cable, in a thread of its own. */
import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { checkSignal } from '../arguments.js';
import { Channels } from '../channels.js';
import { checkMade, MADE } from '../construction.js';
import { AlsaError, closedError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { emitOrThrowUncaught } from '../uncaught.js';
import { refuseCloning } from '../uncloneable.js';
import { receiveError } from './error-transfer.js';
import { BRIDGE_EVENTS, type BridgeEvent, type BridgeEventName, type BridgeStats } from './events.js';
import type { BridgeInfo, FromThread, ToThread } from './messages.js';
import { type BridgeOptions, checkBridgeOptions } from './options.js';

/** What a bridge tells: each event as in {@link BridgeEvent}, but 'error', which is the error itself. */
export type BridgeEvents = {
  [Name in BridgeEventName]: [Name extends 'error' ? Error : Extract<BridgeEvent, { readonly type: Name }>];
};

/** What the channels of node:diagnostics_channel carry. */
export interface BridgeMessage {
  readonly bridge: Bridge;
  readonly event: BridgeEvent;
}

const channels = new Channels<Record<`bridge:${BridgeEventName}`, BridgeMessage>>(
  BRIDGE_EVENTS.map((name) => `bridge:${name}` as const),
);

/**
 * Receives a stream and writes its frames into a cable of snd-aloop as they come: each packet that completes a period moves
 * it to the listener. Both happen in a thread of its own, so that a busy main thread delays no frame.
 *
 * With a `clock`, each frame is heard when its media time has come by it, `linkOffsetMs` later: see RtpReceiver. A thread of the
 * addon moves the cable then.
 *
 * The cable is open from the beginning, so a listener may be there before the first packet.
 *
 * What a handler throws is an uncaught exception. It keeps no other event from being told.
 *
 * @example
 * await using bridge = await Bridge.open(await loadSdp('stage-left.sdp'));
 * console.log(`arecord -D ${bridge.info.listenerName} -f ${bridge.info.format} -r ${bridge.info.rate} out.wav`);
 * bridge.on('loss', ({ frames }) => console.error(`${frames} frames lost`));
 * await once(bridge, 'close');
 */
export class Bridge extends EventEmitter<BridgeEvents> implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.close();
  #samples: ((stats: BridgeStats) => void)[] = [];
  #stats: BridgeStats;
  #closing = false;
  /** Whether the thread has told its last counters, or why it has none. */
  #ended = false;
  /** What the thread crashed with. */
  #crash: Error | undefined;
  /** What came before whoever opens it could listen; undefined from then on. */
  #early: (() => void)[] | undefined = [];
  /** What it is set to. */
  readonly info: BridgeInfo;

  private constructor(
    made: typeof MADE,
    worker: Worker,
    info: BridgeInfo,
    stats: BridgeStats,
    signal: AbortSignal | undefined,
    crash: Error | undefined,
  ) {
    checkMade(made, 'Bridge.open()');
    super();
    refuseCloning(this);
    this.#worker = worker;
    this.#stats = stats;
    this.#signal = signal;
    this.info = info;
    this.#crash = crash;
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#whenHad(() => {
          this.#finish(code);
          resolve();
        });
      });
    });
    worker.on('message', (message: FromThread) => this.#whenHad(() => this.#take(message)));
    // It may come before messages that the thread sent earlier, all of which come before 'exit'.
    worker.on('error', (error) => {
      this.#crash = error;
    });
    setImmediate(() => {
      const waiting = this.#early;
      this.#early = undefined;
      for (const take of waiting ?? []) take();
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * Starts the thread, opens the cable (see ClockedLoopback.open) and then the socket (see RtpReceiver.open).
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE, before anything is opened
   * @throws AlsaError ERR_NO_LOOPBACK_CARD, EBUSY, EACCES, ERR_CABLE_CLOCK, ERR_CARD_LOCKED, ERR_RESOLUTION and what else
   * ClockedLoopback.open throws; ERR_THREAD_ENDED where the thread ended before it could say why
   * @throws the error of the system where the address cannot be bound (EADDRINUSE, EADDRNOTAVAIL, EACCES) or the group not
   * be joined (ENODEV); the reason of `signal`
   */
  static async open(options: BridgeOptions): Promise<Bridge> {
    const configuration = checkBridgeOptions(options);
    const signal = checkSignal('signal', options.signal);
    signal?.throwIfAborted();
    const worker = new Worker(new URL('dist/bridge/worker.js', packageRoot), {
      name: 'alsa-utimer bridge',
      workerData: configuration,
      // Flags of this process that concern its main module are none of its threads'.
      execArgv: [],
    });
    const bridge = await Bridge.#opened(worker, signal);
    if (signal?.aborted) {
      // Nobody else has it: its error would be an uncaught exception.
      bridge.on('error', () => {});
      await bridge.close();
      throw signal.reason;
    }
    return bridge;
  }

  /** All that a thread may tell is listened for before it can, since with a busy event loop all of it comes at once. */
  static #opened(worker: Worker, signal: AbortSignal | undefined): Promise<Bridge> {
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      // The cable may have to wait for others.
      const giveUp = () => worker.postMessage({ kind: 'close' } satisfies ToThread);
      signal?.addEventListener('abort', giveUp, { once: true });
      worker.once('message', (first: FromThread) => {
        signal?.removeEventListener('abort', giveUp);
        if (first.kind === 'open')
          resolve(new Bridge(MADE, worker, first.info, first.stats, signal, failure));
        else if (first.kind === 'failed') failure = receiveError(first.error);
      });
      worker.once('error', (error) => {
        failure ??= error;
      });
      // Not before it has gone, and left nothing open.
      worker.once('exit', (code) => {
        signal?.removeEventListener('abort', giveUp);
        reject(signal?.aborted ? signal.reason : (failure ?? threadEnded(code)));
      });
    });
  }

  /** Whether `close` was called, or the bridge failed. */
  get closed(): boolean {
    return this.#closing;
  }

  /** The counters that were told last: with 'stats', by `sample` or with 'close'. */
  stats(): BridgeStats {
    return this.#stats;
  }

  /**
   * Asks the thread for its counters.
   *
   * @throws AlsaError ERR_CLOSED
   */
  async sample(): Promise<BridgeStats> {
    if (this.closed) throw closedError('the bridge');
    return new Promise((resolve) => {
      this.#samples.push(resolve);
      this.#post({ kind: 'sample' });
    });
  }

  /**
   * Ends it in order: writes what waits for earlier packets, leaves the group, completes the last period with silence,
   * closes the cable and ends the thread. Frames that are kept for a listener which reads are given to it, for up to a
   * second. Frames that a clock plays are played, which takes the link offset. Resolves when all of this is done. Idempotent.
   */
  async close(): Promise<void> {
    if (!this.closed) {
      this.#closing = true;
      this.#post({ kind: 'close' });
    }
    await this.#exited;
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** With a busy event loop, 'open' and all that follows come at once. */
  #whenHad(take: () => void): void {
    if (this.#early) this.#early.push(take);
    else take();
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromThread): void {
    if (message.kind === 'events') {
      this.#post({ kind: 'acknowledge' });
      for (const event of message.events) {
        if (event.type === 'stats') {
          const { type: _, ...stats } = event;
          this.#stats = stats;
        }
        this.#tell(event);
      }
    } else if (message.kind === 'sample') {
      this.#stats = message.stats;
      this.#samples.shift()?.(message.stats);
    } else if (message.kind === 'closed') {
      this.#closing = true;
      this.#ended = true;
      this.#stats = message.stats;
      if (message.error) this.#fail(receiveError(message.error));
    }
  }

  #fail(error: Error): void {
    this.#closing = true;
    this.#ended = true;
    this.#tell({ type: 'error', error });
  }

  #finish(code: number): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    for (const resolve of this.#samples.splice(0)) resolve(this.#stats);
    if (this.#crash) this.#fail(this.#crash);
    else if (!this.#ended) this.#fail(threadEnded(code));
    this.#tell({ type: 'close', ...this.#stats });
  }

  #tell(event: BridgeEvent): void {
    channels.publish(`bridge:${event.type}`, { bridge: this, event });
    const payload = event.type === 'error' ? event.error : event;
    emitOrThrowUncaught(this, event.type, payload);
  }
}

function threadEnded(code: number): AlsaError {
  return new AlsaError(`the thread of the bridge has ended with code ${code}`, {
    code: 'ERR_THREAD_ENDED',
    hint: 'Something in this process has ended it, process.exit in a module that was preloaded for instance.',
  });
}
