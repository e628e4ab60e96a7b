/** Readers of what is on the machine: cards, timers, interfaces; and of addresses with a port. */
import { needsInterface } from '../../net/address.js';
import { type TimerId, USER_TIMER_COUNT, userTimerSource } from '../../timer/id.js';
import { parseTimerId } from '../../timer/text.js';
import { parseTimerSource, userTimerIdOf } from '../../timer/timer-source.js';
import { type Reader, text, whole } from './reader.js';
import { mustBe, quoted, UsageError } from './usage-error.js';

/** The number or the id of a card. */
export const card: Reader<number | string> = {
  placeholder: 'CARD',
  suggests: 'card',
  read(given, name) {
    const isNumber = /^-?\d+$/.test(given);
    if (isNumber ? /^\d{1,3}$/.test(given) && Number(given) <= 255 : /^[\w-]{1,15}$/.test(given))
      return isNumber ? Number(given) : given;
    throw mustBe(name, "0..255 or a card's id", given);
  },
};

/** The greatest id of a userspace-driven timer. */
const MAX_USER_TIMER = USER_TIMER_COUNT - 1;

/** The number of a userspace-driven timer, for '5' as for '-1.4.5'. */
function userTimerNumber(given: string): number | undefined {
  const id = /^\d{1,3}$/.test(given) ? Number(given) : userTimerIdOf(given);
  return id !== undefined && id <= MAX_USER_TIMER ? id : undefined;
}

export const userTimer: Reader<number> = {
  placeholder: 'TIMER',
  suggests: 'user-timer',
  read(given, name) {
    const id = userTimerNumber(given);
    if (id !== undefined) return id;
    throw mustBe(name, `a userspace-driven timer, 0..${MAX_USER_TIMER} or -1.4.N`, given);
  },
};

/** Any timer that can be listened to. */
export const timer: Reader<TimerId> = {
  placeholder: 'TIMER',
  suggests: 'timer',
  read(given) {
    try {
      return parseTimerId(/^\d+$/.test(given) ? userTimerSource(userTimer.read(given, '')) : given);
    } catch {
      throw new UsageError(`${quoted(given)} is not a timer; \`utimer list\` shows them`);
    }
  },
};

/** What clocks a cable, in the language of timer_source: '' for jiffies. */
export const timerSource: Reader<string> = {
  placeholder: 'TIMER',
  suggests: 'timer',
  read(given, name) {
    if (given === 'jiffies') return '';
    const id = userTimerNumber(given);
    if (id !== undefined) return userTimerSource(id);
    if (/^\d+$/.test(given) || parseTimerSource(given) === undefined)
      throw mustBe(name, `0..${MAX_USER_TIMER}, a timer_source as -1.4.0, or jiffies`, given);
    return given;
  },
};

export const networkInterface = text('NAME', 'interface');

export const device = whole(0, 1) as Reader<0 | 1>;
export const substream = whole(0, 7);

/** The number of a substream, or whichever nobody uses. */
export const substreamOrFree: Reader<number | 'free'> = {
  placeholder: 'N',
  range: '0..7, or free',
  suggests: ['free'],
  read(given, name) {
    if (given === 'free') return given;
    if (/^[0-7]$/.test(given)) return Number(given);
    throw mustBe(name, '0..7 or free', given);
  },
};

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** An address and a port: '239.0.0.1:5004', '[ff02::1]:5004'. */
export function endpoint(leastPort: number): Reader<Endpoint> {
  return {
    placeholder: 'ADDRESS:PORT',
    read(given, name) {
      const [, six, four, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(given) ?? [];
      const address = six ?? four;
      if (address === undefined) throw mustBe(name, "like '239.0.0.1:5004' or '[ff02::1]:5004'", given);
      return { address, port: whole(leastPort, 65_535).read(digits as string, `the port of ${name}`) };
    },
  };
}

/**
 * An address that each link has of its own needs the name of one.
 *
 * @throws UsageError
 */
export function checkLink(address: string, how = 'with --interface eth0'): void {
  if (needsInterface(address)) throw new UsageError(`${address} is link-local: name the interface ${how}`);
}
