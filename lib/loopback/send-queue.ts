/** SendQueue: whoever gives frames to a cable in its listener's time, one after the other. */
import { checkOneOf, checkOptions, checkSignal, type OptionNames } from '../arguments.js';
import { AlsaError, closedError } from '../errors.js';
import type { LentBytes } from '../lent-bytes.js';
import { unlessAborted, withResolvers } from '../promises.js';
import type { CaptureWatch } from './capture-watch.js';
import type { Listener, ListenerWatchHandlers } from './listener.js';
import { Wakes } from './wakes.js';

export interface SendOptions {
  /**
   * 'listener' (default): take frames only while the listener has room for them, so that it loses none; one that has paused,
   * is suspended or was overrun has no room until it goes on. 'producer': take them at once, for a source that keeps time
   * itself.
   */
  readonly pace?: 'listener' | 'producer';
  /**
   * While nobody listens: 'wait' with the frames until somebody does, where who tries and does not fit is told as 'mismatch';
   * or 'drop' them in real time, as if somebody did. The default is 'wait', and with pace 'producer' it is 'drop': a source
   * that keeps the time itself does not stop for anybody, and its frames are dropped as they come.
   */
  readonly unheard?: 'wait' | 'drop';
  /** Ends a wait. */
  readonly signal?: AbortSignal;
}

export const SEND_OPTIONS: OptionNames<SendOptions> = { pace: true, unheard: true, signal: true };

/** With its defaults filled in. */
export type CheckedSendOptions = Required<Omit<SendOptions, 'signal'>> & Pick<SendOptions, 'signal'>;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkSendOptions(
  options: SendOptions,
  names: OptionNames<SendOptions> = SEND_OPTIONS,
): CheckedSendOptions {
  const { pace = 'listener', unheard = pace === 'producer' ? 'drop' : 'wait' } = checkOptions(
    'options',
    options,
    names,
  );
  checkOneOf('pace', pace, ['listener', 'producer']);
  checkOneOf('unheard', unheard, ['wait', 'drop']);
  const signal = checkSignal('signal', options.signal);
  return signal ? { pace, unheard, signal } : { pace, unheard };
}

/** What is written ahead of a pacer, as far as sends need it. */
export interface SendAhead {
  /** Bytes. */
  room(): number;
  /** Whole periods that wait. */
  queued(): number;
  /** Calls back once a period has moved; returns how to take that back. */
  whenTaken(callback: () => void): () => void;
}

/** The playback side of a cable, as far as sends need it. */
export interface SendTarget {
  readonly name: string;
  /** Hz. */
  readonly rate: number;
  readonly periodFrames: number;
  readonly frameBytes: number;
  readonly closed: boolean;
  /** While a pacer moves what is written: then that has the room, and not the listener. */
  readonly ahead?: SendAhead | undefined;
  /** Bytes that wait for the rest of their period. */
  pendingBytes(): number;
  /** Moves the periods that `bytes` complete. */
  write(bytes: Uint8Array): void;
  /** Completes a begun period, moves it and stops; returns the frames of silence. */
  flush(): number;
  /** From here to resumeSilence() no silence is inserted. */
  pauseSilence(): void;
  /** `unread`: whole periods that the listener has yet to read. */
  resumeSilence(unread: number): void;
  dropPartialFrame(): void;
}

/** The other end of the cable, as far as sends need it. */
export interface SendListener {
  /** Who captures now. */
  look(): Listener;
  watch(handlers: ListenerWatchHandlers): Pick<CaptureWatch, 'setRef' | 'close'>;
}

/** What real time may be behind before it begins anew, ms: an event loop that is busy catches up, a pause does not. */
const MOST_BEHIND = 100;

/**
 * Sends, and ends of streams, in the order of their calls. One at a time looks at the listener, moves what it has room for, and
 * waits; what is called next waits for all before it. An entry that fails or is aborted lets the next ones go on.
 */
export class SendQueue {
  readonly #target: SendTarget;
  readonly #listener: SendListener;
  readonly #periodBytes: number;
  readonly #periodMs: number;
  readonly #wakes = new Wakes();
  /** Resolved when all entries are through. */
  #through: Promise<void> | undefined;
  /** Until when the frames that nobody heard would have been heard, in ms of performance.now(). */
  #unheardUntil = Number.NEGATIVE_INFINITY;

  constructor(target: SendTarget, listener: SendListener) {
    this.#target = target;
    this.#listener = listener;
    this.#periodBytes = target.periodFrames * target.frameBytes;
    this.#periodMs = (1_000 * target.periodFrames) / target.rate;
  }

  /** While an entry is under way, nobody else may move frames: throws AlsaError ERR_BUSY. */
  refuseWhileBusy(): void {
    if (this.#through === undefined) return;
    throw new AlsaError(`${this.#target.name} is busy: a send waits for its listener`, {
      code: 'ERR_BUSY',
      hint: 'Await the promise of send() first: what is written now would overtake it.',
    });
  }

  /**
   * Moves all of `bytes`.
   *
   * @throws TypeError ERR_INVALID_STATE where their memory shrinks during a wait; AlsaError ERR_CLOSED; what `write` throws; the
   * reason of the signal
   */
  send(bytes: LentBytes, options: CheckedSendOptions): Promise<void> {
    let offset = 0;
    const isOver = () => {
      bytes.check();
      return offset === bytes.length;
    };
    const give = (most: number) => {
      const part = bytes.between(offset, Math.min(bytes.length, offset + most));
      this.#target.write(part);
      offset += part.length;
      return part.length;
    };
    return this.#enter(options.signal, () => this.#feed(options, isOver, give));
  }

  /**
   * Ends what was sent: waits for room for a begun period, completes it and stops. What a pacer moves has moved then.
   *
   * @param rest the beginning of a frame, which comes before that
   * @returns frames of silence
   * @throws as {@link send}, and what `flush` throws
   */
  end(rest: Uint8Array, options: CheckedSendOptions): Promise<number> {
    const target = this.#target;
    let frames: number | undefined;
    const end = () => {
      if (rest.length > 0) target.write(rest);
      frames = target.flush();
      return this.#periodBytes;
    };
    const isOver = () => frames !== undefined || target.pendingBytes() + rest.length === 0;
    return this.#enter(options.signal, async () => {
      await this.#feed(options, isOver, end);
      frames ??= target.flush();
      while (target.ahead && target.ahead.queued() > 0) await this.#untilTaken(target.ahead, options.signal);
      return frames;
    });
  }

  /** Has whoever waits look again, for instance at a target that was closed. */
  wake(): void {
    this.#wakes.wake();
  }

  async #enter<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    const earlier = this.#through;
    const { promise, resolve } = withResolvers();
    this.#through = promise;
    let complete = false;
    const through = () => {
      if (!complete) this.#target.dropPartialFrame();
      if (this.#through === promise) this.#through = undefined;
      resolve();
    };
    try {
      if (earlier) await unlessAborted(earlier, signal);
      const result = await act();
      complete = true;
      return result;
    } finally {
      // One that was aborted lets nobody pass those before it.
      if (earlier) earlier.then(through);
      else through();
    }
  }

  /** Has bytes given, up to as many as may go now, until it is over. `give` returns how many went. */
  async #feed(
    options: CheckedSendOptions,
    isOver: () => boolean,
    give: (most: number) => number,
  ): Promise<void> {
    const target = this.#target;
    let unread = 0;
    // Not only while it waits: what is inserted after a look would be too much for a listener that is almost full.
    target.pauseSilence();
    try {
      for (;;) {
        options.signal?.throwIfAborted();
        if (target.closed) throw closedError(target.name);
        if (isOver()) return;
        if (target.ahead) {
          const ahead = target.ahead.room();
          if (ahead === 0) await this.#untilTaken(target.ahead, options.signal);
          else give(ahead);
          continue;
        }
        const listener = this.#listener.look();
        unread = listener.waiting;
        const room = this.#roomFor(listener, options);
        if (typeof room !== 'number') {
          await room;
          continue;
        }
        const frames = give(room) / target.frameBytes;
        unread += frames;
        this.#unheardUntil += (1_000 * frames) / target.rate;
      }
    } finally {
      target.resumeSilence(Math.floor(unread / target.periodFrames));
    }
  }

  /** Bytes that may go now, one at least; or until when to wait before asking again. */
  #roomFor(listener: Listener, { pace, unheard, signal }: CheckedSendOptions): number | Promise<void> {
    if (!listener.running && unheard === 'wait') return this.#untilHeard(signal);
    if (pace === 'producer') return Number.POSITIVE_INFINITY;
    if (!listener.running && !listener.halted) return this.#roomForNobody(signal);
    const periods = Math.floor(listener.room / this.#target.periodFrames);
    if (periods < 1) return this.#pause(Math.floor(this.#periodMs), signal);
    return this.#bytesOf(periods);
  }

  /** What would have been heard by now goes where nobody hears it. */
  #roomForNobody(signal: AbortSignal | undefined): number | Promise<void> {
    const now = performance.now();
    if (now - this.#unheardUntil > MOST_BEHIND) this.#unheardUntil = now;
    const behind = now - this.#unheardUntil;
    if (behind < 0) return this.#pause(Math.ceil(-behind), signal);
    return this.#bytesOf(1 + Math.floor(behind / this.#periodMs));
  }

  /** A begun period goes first, so this much moves no more than `periods`, whatever is pending. */
  #bytesOf(periods: number): number {
    return periods * this.#periodBytes - this.#target.pendingBytes();
  }

  /** The kernel does not tell a writer when a listener reads, so the next look comes after a while. */
  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#wakes.wait(Math.max(1, ms), signal);
  }

  /** Until a pacer has moved a period, or does not move any more. */
  #untilTaken(ahead: SendAhead, signal: AbortSignal | undefined): Promise<void> {
    return this.#wakes.waitFor(signal, (resolve) => ahead.whenTaken(resolve));
  }

  /** Until somebody captures, or the card is gone. */
  #untilHeard(signal: AbortSignal | undefined): Promise<void> {
    return this.#wakes.waitFor(signal, (resolve, reject) => {
      const watching = this.#listener.watch({
        told: ({ type }) => type === 'start' && resolve(),
        ended: resolve,
        failed: reject,
      });
      watching.setRef(true);
      return () => watching.close();
    });
  }
}
