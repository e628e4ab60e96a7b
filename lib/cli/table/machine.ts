/** Readers of what is on the machine: cards, timers, interfaces; and of addresses with a port. */
import { SYSTEM_CLOCK_NAMES } from '../../clock/clock-name.js';
import { needsInterface } from '../../net/address.js';
import { type MediaClock, readMediaClock } from '../../rtp/sdp/media-clock.js';
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

/** A clock of the kernel, as `Clock.open` takes it. */
export const clockName: Reader<string> = {
  placeholder: 'CLOCK',
  suggests: SYSTEM_CLOCK_NAMES,
  read(given, name) {
    if (/^[^\s:]+$/.test(given)) return given;
    throw mustBe(name, 'a clock that `utimer clocks` lists, as tai, /dev/ptp0 or eth0', given);
  },
};

/** What has the time of periods: a clock of the kernel, the ticks of a timer, or what comes through a descriptor. */
export type TimeSource = { readonly clock: string } | { readonly timer: TimerId } | { readonly fd: number };

/** Words for timers that are no clocks, and how `timer:` names them. */
const TIMER_WORDS = new Map([
  ['hrtimer', 'hrtimer'],
  ['hpet', 'hpet'],
  ['system', 'system'],
  ['jiffies', 'system'],
]);

export const timeSource: Reader<TimeSource> = {
  placeholder: 'CLOCK',
  suggests: [...SYSTEM_CLOCK_NAMES, 'timer:hrtimer', 'timer:system'],
  read(given, name) {
    const [, kind, what = ''] = /^(timer|fd):(.*)$/.exec(given) ?? [];
    if (kind === 'timer') return { timer: timer.read(what, name) };
    if (kind === 'fd') return { fd: whole(0, 2 ** 31 - 1).read(what, `the descriptor of ${name}`) };
    if (given.includes(':')) throw mustBe(name, 'a clock, timer:TIMER or fd:N', given);
    const meant = TIMER_WORDS.get(given);
    if (meant !== undefined) throw mustBe(name, `timer:${meant} for that timer`, given);
    return { clock: clockName.read(given, name) };
  },
};

/** What a stream is played by. */
export const playoutClock: Reader<string> = {
  placeholder: 'CLOCK',
  suggests: ['packets', 'arrival', 'tai', '/dev/ptp0'],
  read(given, name) {
    if (/^[^\s:]+$/.test(given)) return given;
    throw mustBe(name, 'packets, arrival, a PTP device, a network interface or tai', given);
  },
};

/** What timestamps count from, as a description says it: 'direct=0', 'sender'. */
export const mediaClock: Reader<MediaClock> = {
  placeholder: 'TEXT',
  read(given, name) {
    const clock = readMediaClock(given);
    if (clock.kind !== 'other' || !/^(direct|sender)/i.test(given)) return clock;
    throw mustBe(name, 'sender, direct, direct=0..4294967295 or another clock of RFC 7273', given);
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
      throw mustBe(name, `0..${MAX_USER_TIMER}, a timer_source as -1.4.0, jiffies or hrtimer`, given);
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
