/** Timer ids as people write them: in the language of snd-aloop's timer_source, or by name. */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { checkString, valueError } from '../arguments.js';
import { procAsound } from '../proc.js';
import { checkTimerId, globalTimerId, type HasTimerId, type TimerId, type TimerSlaveClass } from './id.js';
import { parseTimerSource } from './timer-source.js';

const NAMED = ['system', 'hpet', 'hrtimer'] as const;

/**
 * Reads a timer id: `-1.DEVICE.SUBDEVICE` for a global timer, `CARD.DEVICE.SUBDEVICE` for that of a PCM substream (where
 * the subdevice is twice the substream, plus one for capture), or 'system', 'hpet', 'hrtimer'. Two forms are not of
 * timer_source, which has no words for what they name: `card:CARD.DEVICE.SUBDEVICE` for a timer that is a part of a sound
 * card, and `slave:application.THREAD` for the slaves of an instance.
 *
 * Numbers that are left out are 0, as in the kernel: `5` is 5.0.0, the timer of the playback side of hw:5,0,0, and `-1.3` is
 * hrtimer. The command line differs: there a number alone is a userspace-driven timer. For that one call userTimerId(5).
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @example
 * parseTimerId('-1.4.0'); // userTimerId(0)
 * parseTimerId('0.1.1'); // pcmTimerId(0, 1, 0, 'capture')
 * parseTimerId('5'); // pcmTimerId(5, 0, 0, 'playback')
 */
export function parseTimerId(text: string): TimerId {
  checkString('timer', text);
  const named = NAMED.find((name) => name === text);
  if (named) return globalTimerId(named);
  const read = text.startsWith('slave:') ? slaveTimer : text.startsWith('card:') ? cardTimer : sourceTimer;
  const id = read(text);
  if (id === undefined) {
    throw valueError(
      'timer',
      "-1.4.ID, CARD.DEVICE.SUBDEVICE with the number or id of a card, or 'system', 'hpet', 'hrtimer'",
      text,
    );
  }
  return id;
}

function slaveTimer(text: string): TimerId | undefined {
  const [, slaveClass, thread] =
    /^slave:(none|application|sequencer|oss-sequencer)\.(\d{1,9})$/.exec(text) ?? [];
  if (slaveClass === undefined) return undefined;
  return {
    class: 'slave',
    slaveClass: slaveClass as TimerSlaveClass,
    card: -1,
    device: Number(thread),
    subdevice: 0,
  };
}

function cardTimer(text: string): TimerId | undefined {
  const address = /^card:([^:]+)$/.exec(text)?.[1];
  const id = address === undefined ? undefined : sourceTimer(address);
  return id?.class === 'pcm' ? { ...id, class: 'card' } : undefined;
}

function sourceTimer(text: string): TimerId | undefined {
  const source = parseTimerSource(text);
  const card = typeof source === 'object' ? cardNumber(source.card) : undefined;
  if (typeof source !== 'object' || card === undefined || card < -1) return undefined;
  const { device, subdevice } = source;
  return { class: card === -1 ? 'global' : 'pcm', slaveClass: 'none', card, device, subdevice };
}

/**
 * Writes a timer id as parseTimerId reads it. What the kernel does not look at is left out: who uses a timer that is no
 * slave, the card of a global one, and all but the thread of a slave.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (class 'none' is no timer); RangeError ERR_OUT_OF_RANGE
 * @example
 * formatTimerId(userTimerId(0)); // '-1.4.0'
 * formatTimerId(pcmTimerId(0, 1, 0, 'capture')); // '0.1.1'
 */
export function formatTimerId(timer: TimerId | HasTimerId): string {
  const id = checkTimerId('timer', timer);
  const { card, device, subdevice } = id;
  switch (id.class) {
    case 'global':
      return `-1.${device}.${subdevice}`;
    case 'pcm':
      return `${card}.${device}.${subdevice}`;
    case 'card':
      return `card:${card}.${device}.${subdevice}`;
    case 'slave':
      return `slave:${id.slaveClass}.${device}`;
    case 'none':
      throw valueError('timer.class', "a class of timers, not 'none'", id.class);
  }
}

/** /proc/asound has a link to card<N> for each id. */
function cardNumber(card: number | string): number | undefined {
  if (typeof card === 'number') return card;
  if (card.includes('/')) return undefined;
  try {
    const number = /^card(\d+)$/.exec(readlinkSync(join(procAsound(), card)))?.[1];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined;
  }
}
