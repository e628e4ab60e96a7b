/** What a pacing follows: each of its ticks is the end of a period. */
import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { checkInteger, typeError } from '../arguments.js';
import { closedError } from '../errors.js';
import type { TimerInstanceHandle } from '../native/binding.js';
import { handleOf } from '../native/lifetime.js';
import { describeTimerId } from '../timer/id.js';
import { TimerInstance } from '../timer/timer-instance.js';

/**
 * - A `TimerInstance` of any timer: each interval of it. Start it; nobody else may take its events.
 * - A descriptor: of an eventfd or a timerfd the number that it counts, of anything else each byte. The pacer's thread reads a
 *   duplicate; the descriptor is O_NONBLOCK until the pacing ends. Nobody else may read it.
 * - A `Readable`, a child's stdout for instance: each byte. The event loop reads it, so what it ticks comes no earlier than that turns.
 */
export type TickSource = TimerInstance | { readonly fd: number } | Readable;

/** What the addon waits for, and what this thread reads. */
export interface CheckedSource {
  readonly native: TimerInstanceHandle | number | null;
  readonly readable: Readable | undefined;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE; AlsaError ERR_CLOSED */
export function checkTickSource(source: unknown): CheckedSource {
  if (source instanceof TimerInstance) {
    if (source.closed) throw closedError(`The instance of ${describeTimerId(source.timerId)}`);
    return { native: handleOf<TimerInstanceHandle>(source), readable: undefined };
  }
  if (typeof source === 'object' && source !== null) {
    if (isReadable(source)) return { native: null, readable: source };
    if ('fd' in source) {
      return { native: checkInteger('source.fd', source.fd, 0, 0x7fff_ffff), readable: undefined };
    }
  }
  throw typeError('source', 'a TimerInstance, a Readable, or an object with a descriptor `fd`', source);
}

function isReadable(source: object): source is Readable {
  return (
    'read' in source && typeof source.read === 'function' && 'on' in source && typeof source.on === 'function'
  );
}

/**
 * Counts the bytes that come.
 *
 * @param ended is told once that no more come, with the error where there is one
 * @returns how to stop that; the stream is paused then
 */
export function countBytes(
  source: Readable,
  came: (bytes: number) => void,
  ended: (error?: unknown) => void,
): () => void {
  const data = (chunk: unknown) => {
    if (typeof chunk === 'string' || types.isUint8Array(chunk)) came(Buffer.byteLength(chunk));
    else fail(typeError('source', 'a Readable of bytes', chunk));
  };
  const end = () => {
    stop();
    ended();
  };
  const fail = (error: unknown) => {
    stop();
    ended(error);
  };
  const stop = () => {
    source.off('data', data).off('end', end).off('close', end).off('error', fail).pause();
  };
  source.on('end', end).on('close', end).on('error', fail).on('data', data);
  // One that is over has told that already.
  if (source.readableEnded || source.destroyed) {
    process.nextTick(() => (source.errored ? fail(source.errored) : end()));
  }
  return stop;
}
