/** What is captured from a cable, as an iteration and as a stream of Node's. */
import { Readable } from 'node:stream';
import { checkOneOf, checkOptions, checkSignal, type OptionNames } from '../arguments.js';
import type { WriterWatch, WriterWatchHandlers } from './writer.js';

export interface FramesOptions {
  /** Ends a wait: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * When the iteration ends by itself. 'close' (default): when the capture is closed. 'stop': also when the writer has stopped,
   * or paused, and all that it moved was given. Where nobody plays when it begins, a writer is waited for; only on a cable that
   * a userspace-driven timer clocks do frames that wait then stand for a writer that has stopped. On a cable that jiffies or
   * a sound card clock, a capture hears silence while nobody plays, which is given as well. A stop is none where the next start
   * comes within the same turn of the event loop.
   */
  readonly until?: 'close' | 'stop';
}

export const FRAMES_OPTIONS: OptionNames<FramesOptions> = { signal: true, until: true };

/** A capture, as far as iterations need it. */
export interface FrameSource {
  closed(): boolean;
  /** Whole frames; empty when there are none. */
  read(): Buffer;
  /** Frames that wait to be read. */
  avail(): number;
  /** Until there may be something to read, or an error, or wake(). */
  ready(signal: AbortSignal | undefined): Promise<void>;
  wake(): void;
  watchWriter(handlers: WriterWatchHandlers): WriterWatch;
  /** Whether frames come from a writer alone: no other clock moves the cable, with silence where nobody plays. */
  isMovedByWriter(): boolean;
}

/** See LoopbackCapture.frames. */
export function framesOf(
  source: FrameSource,
  options: FramesOptions,
): AsyncGenerator<Buffer, undefined, undefined> {
  const { until = 'close' } = checkOptions('options', options, FRAMES_OPTIONS);
  const signal = checkSignal('signal', options.signal);
  return checkOneOf('until', until, ['close', 'stop']) === 'stop'
    ? framesUntilStop(source, signal)
    : framesUntil(source, signal, () => false);
}

/** A stream of what `frames` gives: see LoopbackCapture.readable. */
export function readableOf(
  framesOf: (options: FramesOptions) => AsyncGenerator<Buffer, undefined, undefined>,
  options: FramesOptions & { readonly highWaterMark?: number },
): Readable {
  const { highWaterMark, until = 'close' } = checkOptions('options', options, {
    ...FRAMES_OPTIONS,
    highWaterMark: true,
  });
  const signal = checkSignal('signal', options.signal);
  const abort = new AbortController();
  const frames = framesOf({
    until,
    signal: signal ? AbortSignal.any([signal, abort.signal]) : abort.signal,
  });
  return new Readable({
    ...(highWaterMark === undefined ? {} : { highWaterMark }),
    read() {
      frames.next().then(
        ({ value }) => this.push(value ?? null),
        (error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      abort.abort();
      // So that what it watches is let go of even where it waits for nothing.
      void frames.return(undefined).catch(() => {});
      callback(error);
    },
  });
}

async function* framesUntil(
  source: FrameSource,
  signal: AbortSignal | undefined,
  ended: () => boolean,
): AsyncGenerator<Buffer, undefined, undefined> {
  while (!source.closed()) {
    signal?.throwIfAborted();
    // Asked first: what a writer moved before it stopped is there to be read.
    const last = ended();
    const frames = source.read();
    if (frames.length > 0) yield frames;
    // A cable that runs on without the writer has more frames each time, and none of them are its.
    if (last) return;
    if (frames.length === 0) await source.ready(signal);
  }
}

async function* framesUntilStop(
  source: FrameSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, undefined, undefined> {
  let stopped = false;
  let announced = false;
  // Whether somebody has played whose stop would be the end.
  let hasPlayed = false;
  let failure: { readonly error: unknown } | undefined;
  const watching = source.watchWriter({
    announced: () => {
      announced = true;
      hasPlayed = true;
      source.wake();
    },
    told: ({ active }) => {
      hasPlayed ||= active;
      stopped = !active;
      source.wake();
    },
    // The substream goes with its card, and says so.
    ended: () => {},
    failed: (error) => {
      failure = { error };
      source.wake();
    },
  });
  try {
    const isOver = () => hasPlayed && !watching.state.active;
    // Frames first: a writer may start between the two.
    hasPlayed = source.isMovedByWriter() && source.avail() > 0;
    stopped = isOver();
    yield* framesUntil(source, signal, () => {
      if (failure) throw failure.error;
      if (announced && !stopped) stopped = isOver();
      announced = false;
      return stopped;
    });
  } finally {
    watching.close();
  }
}
