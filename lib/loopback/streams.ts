/** The playback side of a cable as a stream of Node's, or of WHATWG's. */
import { Writable } from 'node:stream';
import type { OptionNames } from '../arguments.js';
import { LentBytes } from '../lent-bytes.js';
import {
  type CheckedSendOptions,
  checkSendOptions,
  SEND_OPTIONS,
  type SendOptions,
  type SendQueue,
} from './send-queue.js';

/**
 * How a stream takes its chunks. Its end takes its turn among the sends, waits for room for a begun period, and does what
 * {@link ClockedLoopback.flush} does. Destroying or aborting it, as `signal` does, ends a wait and leaves the loopback open:
 * whole frames that wait for the rest of their period stay, and a frame that is not complete is dropped. Others may write once
 * the stream is closed. Of several streams that are open at once, each gives whole frames in its turn, and what others give
 * after the end of one begins a period.
 */
export interface StreamOptions extends Omit<SendOptions, 'signal'> {
  /** Bytes that the stream takes before it asks its source to wait, 0 or more. 4 periods by default. */
  readonly highWaterMark?: number;
  /** Ends a wait, and with it the stream. */
  readonly signal?: AbortSignal;
}

const STREAM_OPTIONS: OptionNames<StreamOptions> = { ...SEND_OPTIONS, highWaterMark: true };

interface CheckedStreamOptions extends CheckedSendOptions {
  readonly highWaterMark: number;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkStreamOptions(options: StreamOptions, periodBytes: number): CheckedStreamOptions {
  const checked = checkSendOptions(options, STREAM_OPTIONS);
  return { ...checked, highWaterMark: options.highWaterMark ?? 4 * periodBytes };
}

/**
 * What one of several streams gives, in chunks that are cut anywhere. It sends whole frames and keeps the beginning of another,
 * so that nothing of others comes in between, and nothing is left of it where the stream breaks off.
 */
class Source {
  readonly #queue: SendQueue;
  readonly #frame: Uint8Array;
  #begun = 0;

  constructor(queue: SendQueue, frameBytes: number) {
    this.#queue = queue;
    this.#frame = new Uint8Array(frameBytes);
  }

  async send(chunk: Uint8Array, options: CheckedSendOptions): Promise<void> {
    const bytes = new LentBytes('bytes', chunk);
    let start = 0;
    if (this.#begun > 0) {
      start = Math.min(bytes.length, this.#frame.length - this.#begun);
      this.#keep(bytes.between(0, start));
      if (this.#begun === this.#frame.length) {
        await this.#queue.send(new LentBytes('bytes', this.#frame), options);
        this.#begun = 0;
      }
    }
    const end = bytes.length - ((bytes.length - start) % this.#frame.length);
    await this.#queue.send(new LentBytes('bytes', bytes.between(start, end)), options);
    this.#keep(bytes.between(end, bytes.length));
  }

  async end(options: CheckedSendOptions): Promise<void> {
    await this.#queue.end(this.#frame.subarray(0, this.#begun), options);
  }

  #keep(bytes: Uint8Array): void {
    this.#frame.set(bytes, this.#begun);
    this.#begun += bytes.length;
  }
}

/** See ClockedLoopback.writable. */
export function writableTo(queue: SendQueue, frameBytes: number, options: CheckedStreamOptions): Writable {
  const { highWaterMark, signal, ...given } = options;
  const source = new Source(queue, frameBytes);
  const abort = new AbortController();
  const sendOptions = { ...given, signal: abort.signal };
  let sending = Promise.resolve();
  return new Writable({
    highWaterMark,
    ...(signal ? { signal } : {}),
    write: (chunk: Uint8Array, _encoding, callback) => {
      sending = source.send(chunk, sendOptions);
      // Through the event loop, so that a source that is always ready leaves room for everything else.
      sending.then(() => setImmediate(callback), callback);
    },
    final: (callback) => {
      sending = source.end(sendOptions);
      sending.then(() => callback(), callback);
    },
    destroy: (error, callback) => {
      abort.abort();
      const over = () => callback(error);
      sending.then(over, over);
    },
  });
}

/** See ClockedLoopback.toWeb. */
export function webStreamTo(
  queue: SendQueue,
  frameBytes: number,
  options: CheckedStreamOptions,
): WritableStream<Uint8Array> {
  const { highWaterMark, signal, ...given } = options;
  const source = new Source(queue, frameBytes);
  const over = new AbortController();
  const sendOptions = { ...given, signal: over.signal };
  return new WritableStream<Uint8Array>(
    {
      start: (controller) => {
        const fail = () => {
          // Before a pipe hears of it, which cancels its source only where it need not wait for a write that fails.
          controller.error(signal?.reason);
          over.abort(signal?.reason);
        };
        if (signal?.aborted) fail();
        else signal?.addEventListener('abort', fail, { signal: over.signal });
        // Its `abort` would wait for a write that waits; the signal does not.
        const aborted = signalOf(controller);
        aborted.addEventListener('abort', () => over.abort(aborted.reason), { signal: over.signal });
      },
      write: async (chunk) => {
        try {
          await source.send(chunk, sendOptions);
        } catch (error) {
          over.abort(error);
          throw error;
        }
      },
      close: async () => {
        try {
          await source.end(sendOptions);
        } finally {
          over.abort();
        }
      },
      abort: (reason) => over.abort(reason),
    },
    { highWaterMark, size: ({ length }) => length },
  );
}

/** In Node since 18, and not in its types for 20. */
function signalOf(controller: WritableStreamDefaultController): AbortSignal {
  return (controller as WritableStreamDefaultController & { readonly signal: AbortSignal }).signal;
}
