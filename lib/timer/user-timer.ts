/** UserTimer: a userspace-driven timer, which ticks when its owner says so. */
import { type InspectOptionsStylized, inspect } from 'node:util';
import { checkBigInt, checkInteger, checkOptions, type OptionNames, valueError } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { TIMER_DEVICE } from '../device-nodes.js';
import { AlsaError, callNative, closedError, fromNative } from '../errors.js';
import { inspection } from '../inspection.js';
import type { NativeHandle, UtimerHandle } from '../native/binding.js';
import { release, watch } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { PCM_PARAMETERS } from '../pcm/parameters.js';
import { timerChannels } from './channels.js';
import { type TimerId, USER_TIMER_COUNT, userTimerId, userTimerSource } from './id.js';
import { periodResolution } from './resolution.js';

const MAX_RESOLUTION = 2n ** 64n - 1n;

/** What one tick stands for: nanoseconds, or a PCM period. The parameters of a PCM may be given whole. */
export type UserTimerOptions = (
  | {
      /** Nanoseconds a tick stands for, 1..2^64-1. A label: it never makes the timer tick. */
      readonly resolutionNs: bigint;
    }
  | {
      /** Hz; with `periodFrames` gives the resolution that snd-aloop demands, see periodResolution. */
      readonly rate: number;
      /** Frames a period. */
      readonly periodFrames: number;
    }
) & {
  /**
   * Hold this id, 0..127: for a `timer_source` that was set before, by an administrator. The kernel gives the lowest free
   * id: create() takes timers until this one comes, and gives the others back before it returns. For that moment a high id
   * takes nearly all timers of the machine, and a process that creates one then may get ENOSPC. Choose a low id.
   */
  readonly id?: number;
};

const USER_TIMER_OPTIONS: OptionNames<UserTimerOptions> = {
  resolutionNs: true,
  rate: true,
  periodFrames: true,
  id: true,
};

/** What triggers a timer instead of its owner, until it is closed. */
interface Claim {
  /** For messages, what is done with it: 'clocks ClockedLoopback hw:0,0,0'. */
  readonly what: string;
  readonly owner: NativeHandle;
}

/** Set by the class, whose insides they need. */
let claims: {
  readonly check: (timer: UserTimer) => void;
  readonly make: (timer: UserTimer, claim: Claim) => void;
};

/**
 * A userspace-driven timer of this process (Linux 6.12, CONFIG_SND_UTIMER).
 *
 * The kernel destroys it, and frees its id, when it is closed or the process ends. Listeners and cables are not told.
 *
 * @example
 * using timer = UserTimer.create({ rate: 48_000, periodFrames: 480 });
 * console.log(timer.timerSource); // for snd-aloop: -1.4.0
 * timer.trigger();
 */
export class UserTimer implements Disposable {
  readonly #handle: UtimerHandle;
  #trigger: () => void;
  #claim: Claim | undefined;
  /** 0..127, the timer's subdevice. */
  readonly id: number;
  /** Nanoseconds that a tick stands for. */
  readonly resolutionNs: bigint;

  private constructor(made: typeof MADE, handle: UtimerHandle, resolution: bigint) {
    checkMade(made, 'UserTimer.create()');
    this.#handle = handle;
    this.#trigger = handle.trigger;
    this.id = handle.id;
    this.resolutionNs = resolution;
    watch(this, handle, this.#name);
  }

  /**
   * Creates a timer: ioctl SNDRV_TIMER_IOCTL_CREATE on /dev/snd/timer.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
   * @throws AlsaError ENOENT, EACCES, ENODEV (no timer device), ENOTTY (the kernel has no userspace-driven timers),
   * ENOSPC (all 128 are taken), EMFILE, ENFILE; ERR_TIMER_ID_TAKEN where `id` is held by somebody else
   */
  static create(options: UserTimerOptions): UserTimer {
    const { resolution, id } = checkCreateOptions(options);
    const handle = id === undefined ? createHandle(resolution) : createHandleWithId(resolution, id);
    const timer = new UserTimer(MADE, handle, resolution);
    timerChannels.publish('timer:create', { timer });
    return timer;
  }

  /**
   * Whether this process can create userspace-driven timers here. Asks with a resolution of 0, which a kernel that has them
   * refuses before it makes anything (EINVAL), and another one does not know (ENOTTY). False as well where there is no
   * /dev/snd/timer, where this process may not open it, and where there is no addon for this machine: `create` says why.
   *
   * @example
   * if (!UserTimer.isSupported()) console.error('this machine has no userspace-driven timers');
   */
  static isSupported(): boolean {
    try {
      return native().utimerSupported(TIMER_DEVICE);
    } catch {
      return false;
    }
  }

  get timerId(): TimerId {
    return userTimerId(this.id);
  }

  /** How snd-aloop's `timer_source` names this timer: `-1.4.<id>`. */
  get timerSource(): string {
    return userTimerSource(this.id);
  }

  get closed(): boolean {
    return this.#handle.closed();
  }

  /**
   * Ticks: ioctl SNDRV_TIMER_IOCTL_TRIGGER. When it returns, every listener has its tick, and a cable of snd-aloop that
   * this timer clocks has moved one period. A tick that nobody listens for is gone; that is no error. Triggers of one
   * timer never overlap, also not with those of native threads.
   *
   * @throws AlsaError ERR_CLOSED; ERR_TIMER_IN_USE while a ClockedLoopback or a Pacing triggers it
   */
  trigger(): void {
    try {
      this.#trigger();
    } catch (error) {
      throw fromNative(error, this.#name);
    }
  }

  /** Destroys the timer and frees its id before it returns. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    release(this.#handle);
    timerChannels.publish('timer:close', { timer: this });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptionsStylized): string {
    const { id, resolutionNs, timerSource, closed } = this;
    return inspection('UserTimer', { id, resolutionNs, timerSource, closed }, depth, options);
  }

  get #name(): string {
    return `UserTimer ${this.id}`;
  }

  #checkUnclaimed(): void {
    if (this.closed) throw closedError(this.#name);
    if (this.#claim && !this.#claim.owner.closed()) throw inUseError(this.#name, this.#claim.what);
  }

  static {
    claims = {
      check: (timer) => timer.#checkUnclaimed(),
      make: (timer, claim) => {
        timer.#checkUnclaimed();
        timer.#claim = claim;
        // So that a trigger of a timer that nobody has claimed asks for nothing.
        timer.#trigger = () => {
          timer.#checkUnclaimed();
          timer.#trigger = timer.#handle.trigger;
          timer.#trigger();
        };
      },
    };
  }
}

/** Throws AlsaError ERR_CLOSED, or ERR_TIMER_IN_USE where somebody has claimed the timer. */
export function checkUnclaimed(timer: UserTimer): void {
  claims.check(timer);
}

/** From now on until `claim.owner` is closed, nobody else triggers the timer. Throws as {@link checkUnclaimed}. */
export function claimTimer(timer: UserTimer, claim: Claim): void {
  claims.make(timer, claim);
}

function inUseError(timer: string, what: string): AlsaError {
  return new AlsaError(`${timer} ${what}`, {
    code: 'ERR_TIMER_IN_USE',
    hint: 'A cable or a pacer that has a timer triggers it alone. Close that first, or create another.',
  });
}

function checkCreateOptions(options: UserTimerOptions): { resolution: bigint; id: number | undefined } {
  const given = checkOptions('options', options, USER_TIMER_OPTIONS, PCM_PARAMETERS) as Partial<
    Record<'rate' | 'periodFrames' | 'id', number>
  > & {
    resolutionNs?: bigint;
  };
  const fromPeriod = given.rate !== undefined || given.periodFrames !== undefined;
  if (fromPeriod === (given.resolutionNs !== undefined)) {
    throw valueError('options', 'either { resolutionNs } or { rate, periodFrames }', options);
  }
  const resolution = fromPeriod
    ? periodResolution(given.rate as number, given.periodFrames as number)
    : checkBigInt('resolutionNs', given.resolutionNs, 1n, MAX_RESOLUTION);
  if (given.id !== undefined) checkInteger('id', given.id, 0, USER_TIMER_COUNT - 1);
  return { resolution, id: given.id };
}

function createHandle(resolution: bigint): UtimerHandle {
  return callNative('UserTimer', () => native().createUtimer(TIMER_DEVICE, resolution));
}

/** The kernel gives the lowest free id: once a higher one than the wanted comes, somebody else holds that. */
function createHandleWithId(resolution: bigint, id: number): UtimerHandle {
  const others: UtimerHandle[] = [];
  try {
    for (;;) {
      const handle = createHandle(resolution);
      if (handle.id === id) return handle;
      others.push(handle);
      if (handle.id > id) throw takenError(id);
    }
  } catch (error) {
    throw error instanceof AlsaError && error.code === 'ENOSPC' ? takenError(id) : error;
  } finally {
    for (const other of others) other.close();
  }
}

function takenError(id: number): AlsaError {
  return new AlsaError(`The userspace-driven timer ${id} exists already`, {
    code: 'ERR_TIMER_ID_TAKEN',
    path: TIMER_DEVICE,
    hint:
      `Another process or object holds it: \`ls -l /proc/*/fd/* 2>/dev/null | grep 'snd-utimer${id}$'\` shows which. ` +
      'Close it there, or take another id and point timer_source at that.',
  });
}
