/** What a program plays into a cable, pulled as fast as it plays, as an iteration. */
import { setImmediate as turn } from 'node:timers/promises';
import { checkOneOf, checkOptions, checkSignal } from '../arguments.js';
import { FRAMES_OPTIONS } from './capture-frames.js';
import type { MovedPeriods } from './moved-periods.js';
import type { Player } from './player.js';
import type { Wakes } from './wakes.js';
import type { WriterWatch, WriterWatchHandlers } from './writer.js';

export interface PlayerFramesOptions {
  /** Ends a wait: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * When the iteration ends by itself. 'close' (default): when the capture is closed. 'stop': also when a player has played, and
   * has drained or was closed, and all that it moved was given. One that pauses, is suspended or was underrun may go on, and is
   * waited for.
   */
  readonly until?: 'close' | 'stop';
}

/** A capture, as far as iterations need it. */
export interface PlayerSource {
  readonly periodMs: number;
  readonly wakes: Wakes;
  closed(): boolean;
  look(): Player;
  /** What a pacer has moved, and may move yet: that is given first. */
  moved(): MovedPeriods | undefined;
  /** So many periods of that, or as many as are given at once. */
  take(periods: number): Buffer;
  /** Moves the periods of so many frames, or of as many as are given at once, and returns those frames. */
  pull(frames: number): Buffer;
  /** Throws where the card is gone. */
  check(): void;
  watchPlayer(handlers: WriterWatchHandlers): WriterWatch;
}

/** How often somebody who has played and may go on is looked at, ms: the kernel announces that, but not that he leaves. */
const HALTED_MS = 50;

/** See ClockedCapture.frames. */
export function playerFrames(
  source: PlayerSource,
  options: PlayerFramesOptions,
): AsyncGenerator<Buffer, undefined, undefined> {
  const { until = 'close' } = checkOptions('options', options, FRAMES_OPTIONS);
  const signal = checkSignal('signal', options.signal);
  return pullFrames(source, checkOneOf('until', until, ['close', 'stop']) === 'stop', signal);
}

async function* pullFrames(
  source: PlayerSource,
  untilStop: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, undefined, undefined> {
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure = { error };
    source.wakes.wake();
  };
  const watching = source.watchPlayer({
    told: () => source.wakes.wake(),
    announced: () => source.wakes.wake(),
    ended: () => {
      try {
        source.check();
        source.wakes.wake();
      } catch (error) {
        fail(error);
      }
    },
    failed: fail,
  });
  try {
    let hasPlayed = false;
    while (!source.closed()) {
      signal?.throwIfAborted();
      if (failure) throw failure.error;
      // Before what it has moved is looked at: nothing more comes of one that does not play.
      const player = source.look();
      const moved = source.moved();
      if (moved) {
        const { alike, content } = moved.waiting();
        const isOver = alike > 0 ? content === 'silent' : !player.plays && !player.halted;
        if (hasPlayed && untilStop && isOver) return;
        if (alike > 0) {
          hasPlayed ||= content === 'played';
          yield source.take(alike);
          await turn();
        } else {
          await anotherPeriod(source, moved, hasPlayed && player.halted ? HALTED_MS : undefined, signal);
        }
        continue;
      }
      hasPlayed ||= player.plays;
      if (player.frames > 0) {
        const bytes = source.pull(player.frames);
        if (bytes.length > 0) yield bytes;
        // Through the event loop, so that a player that is always ahead leaves room for everything else.
        await turn();
      } else if (player.plays) {
        // The kernel does not tell a reader when a player writes.
        await source.wakes.wait(source.periodMs, signal);
      } else if (hasPlayed && untilStop && !player.halted) {
        return;
      } else {
        watching.setRef(true);
        await source.wakes.wait(hasPlayed && player.halted ? HALTED_MS : undefined, signal);
        watching.setRef(false);
      }
    }
  } finally {
    watching.close();
  }
}

/** Until a pacer has moved another period, or does no more, or until `ms` have passed. */
function anotherPeriod(
  source: PlayerSource,
  moved: MovedPeriods,
  ms: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  return source.wakes.waitFor(signal, (resolve) => {
    const undo = moved.whenMoved(resolve);
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    // What came before that is not told.
    if (moved.waiting().periods > 0) resolve();
    return () => {
      clearTimeout(timer);
      undo();
    };
  });
}
