/** Timer ids as people write them: in the language of snd-aloop's timer_source, or by name. */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { checkString, valueError } from '../arguments.js';
import { procAsound } from '../proc.js';
import { globalTimerId, type TimerId } from './timer-id.js';
import { parseTimerSource } from './timer-source.js';

const NAMED = ['system', 'hpet', 'hrtimer'] as const;

/**
 * Reads a timer id: `-1.DEVICE.SUBDEVICE` for a global timer, `CARD.DEVICE.SUBDEVICE` for that of a PCM substream (where
 * the subdevice is twice the substream, plus one for capture), or 'system', 'hpet', 'hrtimer'.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @example
 * parseTimerId('-1.4.0'); // userTimerId(0)
 * parseTimerId('Loopback.1.1'); // pcmTimerId(0, 1, 0, 'capture')
 */
export function parseTimerId(text: string): TimerId {
  checkString('timer', text);
  const named = NAMED.find((name) => name === text);
  if (named) return globalTimerId(named);
  const source = parseTimerSource(text);
  const card = typeof source === 'object' ? cardNumber(source.card) : undefined;
  if (typeof source !== 'object' || card === undefined || card < -1) {
    throw valueError(
      'timer',
      "-1.4.ID, CARD.DEVICE.SUBDEVICE with the number or id of a card, or 'system', 'hpet', 'hrtimer'",
      text,
    );
  }
  const { device, subdevice } = source;
  return { class: card === -1 ? 'global' : 'pcm', slaveClass: 'none', card, device, subdevice };
}

/** Writes a timer id as parseTimerId reads it: `-1.4.0`. */
export function formatTimerId({ class: timerClass, card, device, subdevice }: TimerId): string {
  return `${timerClass === 'global' ? -1 : card}.${device}.${subdevice}`;
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
