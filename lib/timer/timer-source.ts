/** The language of snd-aloop's timer_source (sound/drivers/aloop.c: loopback_parse_timer_id). */
import { typeError, valueError } from '../arguments.js';
import { USER_DRIVEN_DEVICE } from './id.js';

/** The kernel keeps this many bytes of a timer_source, and cuts the rest off without a word. */
export const TIMER_SOURCE_BYTES = 63;

/** What a timer_source names: a timer of a card (by number or id), or a global one where `card` is -1. */
export interface TimerSource {
  readonly card: number | string;
  readonly device: number;
  readonly subdevice: number;
}

/** How the kernel reads an integer (lib/kstrtox.c: kstrtoint, base 0): a leading zero is octal. */
function kernelInteger(text: string): number | undefined {
  const match = /^([+-]?)(?:(0x[0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))$/i.exec(text);
  if (!match) return undefined;
  const [, sign, hexadecimal, octal, decimal] = match;
  const magnitude = hexadecimal
    ? Number.parseInt(hexadecimal, 16)
    : octal
      ? Number.parseInt(octal, 8)
      : Number(decimal);
  const value = sign === '-' ? 0 - magnitude : magnitude;
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
}

/**
 * Reads a timer_source as the kernel will when it opens a cable.
 *
 * @returns 'jiffies' for the empty string, undefined for what the kernel would refuse with EINVAL or ERANGE at the next
 * open of a PCM
 * @example
 * parseTimerSource('hw:-1.4.5'); // { card: -1, device: 4, subdevice: 5 }
 */
export function parseTimerSource(text: string): TimerSource | 'jiffies' | undefined {
  if (text === '') return 'jiffies';
  const colon = text.indexOf(':');
  const parts = text.slice(colon + 1).split(/[.,]/);
  const [card = '', device = '0', subdevice = '0'] = parts;
  const numbers = [kernelInteger(device), kernelInteger(subdevice)] as const;
  if (parts.length > 3 || card === '' || numbers[0] === undefined || numbers[1] === undefined)
    return undefined;
  if (card.includes(':')) return undefined;
  return { card: kernelInteger(card) ?? card, device: numbers[0], subdevice: numbers[1] };
}

/**
 * The id of the userspace-driven timer that a timer_source names, or undefined.
 *
 * @example
 * userTimerIdOf('hw:-1,4,010'); // 8
 * userTimerIdOf('hw:0,1,0'); // undefined
 */
export function userTimerIdOf(text: string): number | undefined {
  const source = parseTimerSource(text);
  if (typeof source !== 'object' || source.card !== -1 || source.device !== USER_DRIVEN_DEVICE)
    return undefined;
  return source.subdevice >= 0 ? source.subdevice : undefined;
}

/** A blank or a quote would begin another parameter of the module, or end a word of a shell's line. */
const SAFE = /^[\w.,:+-]*$/;

/** A timer (anything with a `timerSource`) or a timer_source string, as the string that the kernel is to get. */
export function checkTimerSource(name: string, value: unknown): string {
  const source =
    typeof value === 'object' && value !== null ? (value as { timerSource?: unknown }).timerSource : value;
  if (typeof source !== 'string') throw typeError(name, 'a UserTimer or a timer_source string', value);
  if (
    !SAFE.test(source) ||
    Buffer.byteLength(source) > TIMER_SOURCE_BYTES ||
    parseTimerSource(source) === undefined
  ) {
    throw valueError(
      name,
      `a timer_source of at most ${TIMER_SOURCE_BYTES} bytes: '' (jiffies), or CARD[.DEVICE[.SUBDEVICE]] as in '-1.4.0', of letters, digits and '_+-.,:'`,
      source,
    );
  }
  return source;
}
