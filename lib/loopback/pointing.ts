/** Opening a cable so that one timer, and nothing else, clocks it. */
import { AlsaError, fromNative } from '../errors.js';
import type { TimerGinfoNative } from '../native/binding.js';
import { native } from '../native/load.js';
import type { Pcm } from '../pcm/pcm.js';
import { USER_DRIVEN_DEVICE } from '../timer/timer-id.js';
import { userTimerIdOf } from '../timer/timer-source.js';
import { UserTimer } from '../timer/user-timer.js';
import type { LoopbackCard } from './card.js';
import { describeHolder, namingHolder, substreamHolder } from './holder.js';

/** SNDRV_TIMER_CLASS_GLOBAL. */
const GLOBAL_CLASS = 1;
/** Programs that point the same card at the same moment give way to each other this often. */
const ATTEMPTS = 8;

interface Clock {
  readonly rate: number;
  readonly periodFrames: number;
  readonly id: number | undefined;
}

interface Clocked {
  readonly timer: UserTimer;
  readonly pcm: Pcm;
}

/**
 * Creates a timer, points `card` at it while `open` opens the playback side of a cable, and puts the old timer_source
 * back: the cable keeps the timer that it was opened on. Where timer_source may not be set, the timer that it names is
 * held.
 */
export function openClocked(
  card: LoopbackCard,
  clock: Clock,
  device: number,
  substream: number,
  open: () => Pcm,
): Clocked {
  for (let attempt = 1; ; attempt += 1) {
    let timer = createTimer(clock, clock.id);
    let pcm: Pcm | undefined;
    let previous: string | undefined;
    try {
      previous = card.timerSource;
      if (previous !== timer.timerSource) {
        const fixed = point(card, timer, previous);
        if (fixed !== undefined) {
          timer.close();
          timer = createTimer(clock, fixed);
          previous = undefined;
        }
      }
      pcm = namingHolder(card.number, device, 'playback', substream, open);
      const foreign = foreignClock(card, timer, device, substream);
      if (foreign === undefined) {
        checkResolution(pcm, timer);
        return { timer, pcm };
      }
      if (card.cable(device, substream).capture || attempt === ATTEMPTS) throw foreign;
    } catch (error) {
      pcm?.close();
      timer.close();
      // A listener's cable without a timer of that id is ENODEV; anybody else's pointing in between can be too.
      if (
        !(error instanceof AlsaError && error.code === 'ENODEV' && pcm === undefined && attempt < ATTEMPTS)
      ) {
        throw error;
      }
      continue;
    } finally {
      if (previous !== undefined) restore(card, timer, previous);
    }
    pcm.close();
    timer.close();
  }
}

function createTimer({ rate, periodFrames }: Clock, id: number | undefined): UserTimer {
  return UserTimer.create(id === undefined ? { rate, periodFrames } : { rate, periodFrames, id });
}

/** Points the card; returns the id of the timer to hold instead where that is not permitted. */
function point(card: LoopbackCard, timer: UserTimer, previous: string): number | undefined {
  try {
    card.setTimerSource(timer);
    return undefined;
  } catch (error) {
    const denied = error instanceof AlsaError && ['EACCES', 'EPERM', 'EROFS'].includes(error.code);
    const fixed = denied ? userTimerIdOf(previous) : undefined;
    if (fixed === undefined) throw error;
    return fixed;
  }
}

/** Puts the old source back, unless somebody else has pointed the card since. */
function restore(card: LoopbackCard, timer: UserTimer, previous: string): void {
  try {
    if (card.timerSource === timer.timerSource) card.setTimerSource(previous);
  } catch {
    // The cable is open on its timer all the same; the source only matters to whoever opens the next one.
  }
}

/** The error for a cable that this timer does not clock, or undefined. */
function foreignClock(
  card: LoopbackCard,
  timer: UserTimer,
  device: number,
  substream: number,
): AlsaError | undefined {
  const { timer: found, capture } = card.cable(device, substream);
  const same = found?.card === -1 && found.device === USER_DRIVEN_DEVICE && found.subdevice === timer.id;
  // The id alone may be that of a dead timer that a listener's cable still holds.
  if (same && ginfo(timer).clients > 0) return undefined;
  const clock = same
    ? `an earlier timer ${timer.id}, which is gone`
    : found
      ? `timer ${found.card}.${found.device}.${found.subdevice}`
      : 'jiffies';
  const holder = substreamHolder(card.number, 1 - device, 'capture', substream);
  return new AlsaError(`The cable to hw:${card.number},${1 - device},${substream} is clocked by ${clock}`, {
    code: 'ERR_CABLE_CLOCK',
    hint: capture
      ? `A cable keeps its clock until both ends are closed${holder ? `, and ${describeHolder(holder)}` : ''}. ` +
        'Close it there, and open it again after this end is open.'
      : 'Another program has pointed the card at its own timer at the same moment. Try again.',
  });
}

function ginfo(timer: UserTimer): TimerGinfoNative {
  const { card, device, subdevice } = timer.timerId;
  try {
    return native().timerGinfo('/dev/snd/timer', GLOBAL_CLASS, card, device, subdevice);
  } catch (error) {
    throw fromNative(error, `timer ${subdevice}`);
  }
}

/** A mismatch would show as xruns of both ends at the first trigger, and a line in the kernel's log. */
function checkResolution(pcm: Pcm, timer: UserTimer): void {
  const wanted = pcm.timerResolution;
  if (wanted === timer.resolution) return;
  throw new AlsaError(
    `The kernel computes ${wanted} ns for a period of ${pcm.name}, and the timer has ${timer.resolution} ns`,
    {
      code: 'ERR_RESOLUTION',
      hint:
        wanted === 0n
          ? 'The kernel has no PCM timers (CONFIG_SND_PCM_TIMER), and snd-aloop refuses every other timer then.'
          : 'A 32-bit kernel rounds differently. snd-aloop would stop both ends at the first trigger.',
    },
  );
}
