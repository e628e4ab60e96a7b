/** Opening a cable so that one timer, and nothing else, clocks it. */
import { AlsaError, forExplanation, withHint } from '../errors.js';
import {
  describeHolder,
  describeHolders,
  namingHolder,
  otherDirection,
  substreamHolder,
} from '../pcm/holder.js';
import type { PcmDirection } from '../pcm/options.js';
import { Pcm } from '../pcm/pcm.js';
import { USER_DRIVEN_DEVICE } from '../timer/id.js';
import { timerInfo } from '../timer/list.js';
import { TIMER_SOURCE_BYTES, userTimerIdOf } from '../timer/timer-source.js';
import { checkUnclaimed, UserTimer } from '../timer/user-timer.js';
import { applyTimerSource, type LoopbackCard, readTimerSource, writeTimerSource } from './card.js';
import type { CheckedClockOptions } from './clock-options.js';

/** Programs that do not share the lock, and point the same card at the same moment, give way to each other this often. */
const ATTEMPTS = 8;

/** A cable, or whichever is free, and its clock: `timer` is one that exists, and that stays open whatever happens. */
interface Wanted extends CheckedClockOptions {
  /** Which end of the cable is opened. */
  readonly direction: PcmDirection;
}

interface Cable extends Wanted {
  readonly substream: number;
}

interface Clocked {
  readonly timer: UserTimer;
  readonly pcm: Pcm;
}

/**
 * Creates a timer, or takes the given one, and points the card at it while one end of a cable is opened, and puts the old
 * timer_source back: the cable keeps the timer that it was opened on. Where timer_source may not be set, the timer that
 * it names is held. Openers of one card take turns: the caller has the lock of the card.
 *
 * @param make what has the two from now on; they are closed where it throws
 */
export function openClocked<T>(wanted: Wanted, make: (timer: UserTimer, pcm: Pcm) => T): T {
  if (wanted.timer) checkUnclaimed(wanted.timer);
  const { substream } = wanted;
  const { timer, pcm } = substream === 'free' ? openFree(wanted) : openOne({ ...wanted, substream });
  try {
    return make(timer, pcm);
  } catch (error) {
    pcm.close();
    if (timer !== wanted.timer) timer.close();
    throw error;
  }
}

/** Nobody who takes turns can be quicker. Whoever else takes a substream in between gets it. */
function openFree(wanted: Wanted): Clocked {
  const { card, device, direction } = wanted;
  const cables = card.cables().filter(({ cable }) => cable === cableOf(wanted));
  for (const { substream, playback, capture } of cables) {
    if (playback || capture) continue;
    try {
      return openOne({ ...wanted, substream });
    } catch (error) {
      if (!(error instanceof AlsaError && TAKEN.has(error.code))) throw error;
    }
  }
  const holders = forExplanation(() =>
    cables.flatMap(({ substream }) => [
      substreamHolder(card.number, device, direction, substream) ?? [],
      substreamHolder(card.number, 1 - device, otherDirection(direction), substream) ?? [],
    ]),
  );
  throw new AlsaError(
    `None of the ${cables.length} substreams of ${card} is free at both ends, from device ${device} on`,
    {
      code: 'ERR_NO_FREE_SUBSTREAM',
      hint: `${holders ? `Now ${describeHolders(holders.flat())}. ` : ''}LoopbackCard.loadAll() makes more cards.`,
    },
  );
}

/** The number of a cable: the device whose playback feeds it. */
function cableOf({ device, direction }: Pick<Wanted, 'device' | 'direction'>): number {
  return direction === 'playback' ? device : 1 - device;
}

/** What opening fails with where somebody has this end, or the other one. */
const TAKEN: ReadonlySet<string> = new Set(['EBUSY', 'ERR_CABLE_CLOCK']);

function openOne(cable: Cable): Clocked {
  for (let attempt = 1; ; attempt += 1) {
    const clocked = attemptClocked(cable, attempt === ATTEMPTS);
    if (clocked) return clocked;
  }
}

/** Undefined when somebody without the lock has pointed the card elsewhere meanwhile; when it is the last try, an error. */
function attemptClocked(cable: Cable, last: boolean): Clocked | undefined {
  const { card, device, direction, substream, parameters, timer: given } = cable;
  const open = () => Pcm.open({ ...parameters, card: card.number, device, substream, direction });
  const called = direction === 'playback' ? 'ClockedLoopback' : 'ClockedCapture';
  let timer = given ?? createTimer(cable, cable.timerId);
  const closeTimer = () => {
    if (timer !== given) timer.close();
  };
  let pcm: Pcm | undefined;
  let pointed: Pointed | undefined;
  try {
    const source = readTimerSource(card.number);
    if (source !== timer.timerSource) {
      const result = point(card, timer, source, given === undefined);
      if (typeof result === 'number') {
        closeTimer();
        timer = createTimer(cable, result);
      } else {
        pointed = result;
      }
    }
    pcm = namingHolder(called, card.number, device, direction, substream, open);
    const foreign = foreignClock(cable, timer);
    if (foreign === undefined) {
      checkResolution(pcm, timer);
      return { timer, pcm };
    }
    if (last || hasOtherEnd(cable)) throw foreign;
  } catch (error) {
    pcm?.close();
    closeTimer();
    // A cable of somebody else without a timer of that id is ENODEV; anybody else's pointing in between can be too.
    const meddled =
      error instanceof AlsaError &&
      (error.code === 'ERR_TIMER_SOURCE' || (error.code === 'ENODEV' && pcm === undefined));
    if (!meddled || last) throw error;
    return undefined;
  } finally {
    if (pointed) restore(card, pointed);
  }
  pcm.close();
  closeTimer();
  return undefined;
}

/** What the card was pointed at, and what it is to be put back to. */
interface Pointed {
  readonly source: string;
  readonly previous: string;
}

/**
 * A timer_source for the moment of an open, which says what it stands in the place of: snd-aloop ignores what precedes
 * the colon. Without it, an opener that is killed between pointing and putting back would leave the card on a timer that
 * is gone, and nobody could tell that from an id which an administrator has chosen, and whose timer need not exist either.
 * Whoever opens next puts back what the mark says.
 */
function marked(timer: UserTimer, previous: string): string {
  const source = `${MARK}${encodeURIComponent(previous)}:${timer.timerSource}`;
  return source.length <= TIMER_SOURCE_BYTES ? source : timer.timerSource;
}

/** What was meant to be there: what a mark says, or the source itself. */
function unmarked(source: string): string {
  const colon = source.indexOf(':');
  if (!source.startsWith(MARK) || colon < 0) return source;
  try {
    return decodeURIComponent(source.slice(MARK.length, colon));
  } catch {
    return source; // no mark of ours
  }
}

const MARK = 'alsa-utimer=';

function createTimer({ parameters }: Wanted, id: number | undefined): UserTimer {
  const { rate, periodFrames } = parameters;
  try {
    return UserTimer.create(id === undefined ? { rate, periodFrames } : { rate, periodFrames, id });
  } catch (error) {
    if (!(error instanceof AlsaError) || error.code !== 'ERR_TIMER_ID_TAKEN') throw error;
    throw withHint(error, 'Where this program holds it, give that UserTimer as `timer`.');
  }
}

/** Points the card; where that is not permitted, and another timer will do, returns the id of the one to hold instead. */
function point(card: LoopbackCard, timer: UserTimer, source: string, mayHold: boolean): Pointed | number {
  const pointed = { previous: unmarked(source), source: marked(timer, unmarked(source)) };
  try {
    applyTimerSource(card.number, pointed.source);
    return pointed;
  } catch (error) {
    const denied = error instanceof AlsaError && ['EACCES', 'EPERM', 'EROFS'].includes(error.code);
    const fixed = denied && mayHold ? userTimerIdOf(source) : undefined;
    if (fixed === undefined) throw error;
    return fixed;
  }
}

/** Puts the old source back, unless somebody else has pointed the card since. */
function restore(card: LoopbackCard, { source, previous }: Pointed): void {
  try {
    // Whatever it was: the kernel takes more than it understands.
    if (readTimerSource(card.number) === source) writeTimerSource(card.number, previous);
  } catch {
    // The cable is open on its timer all the same; the source only matters to whoever opens the next one.
  }
}

/** Whether somebody has the other end of the cable open. */
function hasOtherEnd(cable: Cable): boolean {
  const { playback, capture } = cable.card.cable(cableOf(cable), cable.substream);
  return (cable.direction === 'playback' ? capture : playback) !== undefined;
}

/** The error for a cable that this timer does not clock, or undefined. */
function foreignClock(cable: Cable, timer: UserTimer): AlsaError | undefined {
  const { card, device, direction, substream } = cable;
  const { timer: found } = card.cable(cableOf(cable), substream);
  const same = found?.card === -1 && found.device === USER_DRIVEN_DEVICE && found.subdevice === timer.id;
  // The id alone may be that of a dead timer that the cable of somebody else still holds.
  if (same && timerInfo(timer).clients > 0) return undefined;
  const clock = same
    ? `an earlier timer ${timer.id}, which is gone`
    : found
      ? `timer ${found.card}.${found.device}.${found.subdevice}`
      : 'jiffies';
  const holder = forExplanation(() =>
    substreamHolder(card.number, 1 - device, otherDirection(direction), substream),
  );
  const way = direction === 'playback' ? 'to' : 'from';
  return new AlsaError(
    `The cable ${way} hw:${card.number},${1 - device},${substream} is clocked by ${clock}`,
    {
      code: 'ERR_CABLE_CLOCK',
      hint: hasOtherEnd(cable)
        ? `A cable keeps its clock until both ends are closed${holder ? `, and ${describeHolder(holder)}` : ''}. ` +
          'Close it there, and open it again after this end is open.'
        : 'Another program has pointed the card at its own timer at the same moment. Try again.',
    },
  );
}

/** A mismatch would show as xruns of both ends at the first trigger, and a line in the kernel's log. */
function checkResolution(pcm: Pcm, timer: UserTimer): void {
  const wanted = pcm.timerResolution();
  if (wanted === timer.resolutionNs) return;
  throw new AlsaError(
    `The kernel computes ${wanted} ns for a period of ${pcm.name}, and the timer has ${timer.resolutionNs} ns`,
    {
      code: 'ERR_RESOLUTION',
      hint:
        wanted === 0n
          ? 'The kernel has no PCM timers (CONFIG_SND_PCM_TIMER), and snd-aloop refuses every other timer then.'
          : 'A 32-bit kernel rounds differently. snd-aloop would stop both ends at the first trigger.',
    },
  );
}
