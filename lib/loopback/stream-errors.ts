/** Why a stream of a cable does not move, in words. */
import { AlsaError, calledOn, closedError, forExplanation, fromNative, withHint } from '../errors.js';
import type { Called } from '../hints.js';
import type { NativeError } from '../native/binding.js';
import { describeHolder, otherDirection, substreamHolder } from '../pcm/holder.js';
import type { Pcm } from '../pcm/pcm.js';
import { notStarted, type PcmState, stateName } from '../pcm/state.js';
import { isUserDriven } from '../timer/id.js';
import { listTimers } from '../timer/list.js';

/** ERR_NOT_STARTED for a stream of a cable, with those who run on the timer of the cable. */
function notStartedOn(timerId: number, what: string, result: number, state: PcmState): AlsaError {
  const error = notStarted(what, result, state);
  const timer = forExplanation(listTimers)?.find(
    (listed) => isUserDriven(listed.timerId) && listed.timerId.subdevice === timerId,
  );
  const running = timer?.clientList?.filter((client) => client.running).map(({ owner }) => owner) ?? [];
  return running.length === 0 ? error : withHint(error, `Now running on it: ${running.join(', ')}.`);
}

/** @param how for instance 'its buffer is full after triggers' */
export function stalled(what: string, how: string): AlsaError {
  return new AlsaError(`${what} does not move: ${how}`, {
    code: 'ERR_STALLED',
    hint: 'Its timer no longer clocks the cable. Close both ends and open them again.',
  });
}

/** A stream of a cable that failed. */
export interface CableStream {
  readonly called: Called;
  /** For messages. */
  readonly name: string;
  readonly card: number;
  readonly device: number;
  readonly pcm: Pick<Pcm, 'direction' | 'substream'>;
  readonly timerId: number;
  readonly closed: boolean;
  /** How it stalls: see {@link stalled}. */
  readonly stalls: string;
}

/** What a native error of it means: who runs on the timer, who holds the other end. */
export function explainStream(error: unknown, stream: CableStream): unknown {
  const { called, name, card, device, pcm, timerId, closed, stalls } = stream;
  const { code, result, state } = error as NativeError;
  if (code === 'ERR_NOT_STARTED') return notStartedOn(timerId, name, result ?? 1, stateName(state ?? 0));
  if (code === 'ERR_STALLED') return stalled(name, stalls);
  if (code === 'ERR_CLOSED' && !closed) return closedError(`UserTimer ${timerId} of ${name}`);
  const explained = calledOn(called, fromNative(error, name));
  if (!(explained instanceof AlsaError) || (explained.code !== 'EIO' && explained.code !== 'EINVAL'))
    return explained;
  const holder = forExplanation(() =>
    substreamHolder(card, 1 - device, otherDirection(pcm.direction), pcm.substream),
  );
  return holder ? withHint(explained, `Now ${describeHolder(holder)}.`) : explained;
}
