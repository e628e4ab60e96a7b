/** Readiness: waits in the event loop until a substream can move a period, or cannot go on. */
import { constants } from 'node:os';
import { checkWait, type WaitOptions } from '../arguments.js';
import { callNative, closedError, systemError } from '../errors.js';
import type { NativeHandle, PcmHandle, WatcherHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { stateName } from './state.js';

/**
 * The event loop waits while somebody does. It has a descriptor of its own, so whoever closes the substream closes this, too.
 */
export class Readiness implements NativeHandle {
  readonly #pcm: PcmHandle;
  readonly #what: string;
  readonly #periodFrames: number;
  readonly #watcher: WatcherHandle;
  readonly #waiting = new Set<() => void>();

  /**
   * @param what the substream, for errors
   * @param periodFrames what the kernel waits for (avail_min)
   */
  constructor(pcm: PcmHandle, what: string, periodFrames: number) {
    this.#pcm = pcm;
    this.#what = what;
    this.#periodFrames = periodFrames;
    this.#watcher = native().watchPcm(pcm);
  }

  /**
   * Until a period can be moved.
   *
   * @throws TypeError; AlsaError EPIPE, ESTRPIPE, EBADFD, ENODEV where the stream does not go on, ERR_CLOSED; the reason of
   * the signal
   */
  async ready(options: WaitOptions): Promise<void> {
    const signal = checkWait('options', options);
    if (this.closed()) throw closedError(this.#what);
    await this.#wait(signal, () => this.#isReady());
  }

  /** Until the kernel reports a period, or an error, or {@link wake}. Rejects with the reason of `signal`. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return this.#wait(signal, () => true);
  }

  /**
   * Through the event loop in any case: a stream that is always ready leaves room for everything else. Whoever is woken looks
   * at once, so that all who wait for a period learn of it, and not only the one who reads it first.
   */
  #wait(signal: AbortSignal | undefined, isOver: () => boolean): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const done = (finish: () => void) => {
        this.#waiting.delete(look);
        signal?.removeEventListener('abort', abort);
        finish();
      };
      const look = () => {
        try {
          if (isOver()) done(resolve);
          else this.#watcher.arm(this.wake);
        } catch (error) {
          done(() => reject(error));
        }
      };
      const abort = () => {
        done(() => reject(signal?.reason));
        if (this.#waiting.size === 0) this.#watcher.disarm();
      };
      this.#watcher.arm(this.wake);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(look);
    });
  }

  /** Has all of them look again. */
  readonly wake = (): void => {
    for (const look of [...this.#waiting]) look();
  };

  closed(): boolean {
    return this.#watcher.closed();
  }

  /** Whoever waits is told that it is closed. */
  close(): void {
    this.#watcher.close();
    this.wake();
  }

  #isReady(): boolean {
    if (this.closed()) throw closedError(this.#what);
    const { state, avail } = callNative(this.#what, () => this.#pcm.status());
    const errno = errnoOf(state);
    if (errno !== undefined) throw systemError(errno, 'poll', this.#what);
    return avail >= this.#periodFrames;
  }
}

/** What reading and writing fail with in a state (sound/core/pcm_lib.c: pcm_accessible_state). */
function errnoOf(state: number): number | undefined {
  switch (stateName(state)) {
    case 'prepared':
    case 'running':
    case 'paused':
      return undefined;
    case 'xrun':
      return constants.errno.EPIPE;
    case 'suspended':
      return native().errnos.ESTRPIPE;
    case 'disconnected':
      return constants.errno.ENODEV;
    case 'open':
    case 'setup':
    case 'draining':
      return native().errnos.EBADFD;
  }
}
