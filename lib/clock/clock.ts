/** Clock: a clock of the kernel, other than the one of the event loop. */
import { type InspectOptionsStylized, inspect } from 'node:util';
import { checkMade, MADE } from '../construction.js';
import { callNative } from '../errors.js';
import { inspection } from '../inspection.js';
import type { ClockHandle } from '../native/binding.js';
import { release, watch } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { clockAddress } from './clock-name.js';

/** A clock and CLOCK_MONOTONIC at one instant, in nanoseconds. */
export interface ClockReading {
  /** Since the epoch of the clock. */
  readonly timeNs: bigint;
  /** CLOCK_MONOTONIC, as monotonicNs() of `alsa-utimer` counts. */
  readonly monotonicNs: bigint;
  /** How long the reading took. The two times belong together within half of that. */
  readonly delayNs: bigint;
}

/**
 * A clock that the kernel knows: CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME, CLOCK_TAI, one of the auxiliary clocks
 * (CLOCK_AUX0..7, Linux 6.17), or a PTP clock (/dev/ptpN), which a network interface and its time stamps run by.
 *
 * It is only read, never set or adjusted: a PTP daemon does that, ptp4l for instance, and may do so beside it.
 *
 * @example
 * using clock = Clock.open('tai');
 * const { timeNs, delayNs } = clock.read();
 * console.log(clock.method, typeof timeNs, delayNs >= 0n); // clock_gettime bigint true
 */
export class Clock implements Disposable {
  readonly #handle: ClockHandle;
  /** As it was opened: 'tai', '/dev/ptp0', 'eth0'. */
  readonly name: string;
  /**
   * The call that reads it. A PTP clock has the first of these that its driver offers: 'ioctl PTP_SYS_OFFSET_PRECISE' (the hardware
   * compares the clocks), 'ioctl PTP_SYS_OFFSET_EXTENDED', 'ioctl PTP_SYS_OFFSET'. Others are read by 'clock_gettime'.
   */
  readonly method: string;

  private constructor(made: typeof MADE, name: string, handle: ClockHandle) {
    checkMade(made, 'Clock.open()');
    this.#handle = handle;
    this.name = name;
    this.method = handle.method;
    watch(this, handle, this.#what);
  }

  /**
   * Opens a clock, and reads it once.
   *
   * @param name 'monotonic', 'boottime', 'realtime', 'tai', 'aux0'..'aux7', the path of a PTP device, or the name of a network
   * interface, whose PTP clock ioctl ETHTOOL_GET_TS_INFO tells
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   * @throws AlsaError ENOENT, EACCES (the device); ENODEV (no such interface, or the device is gone); ERR_NO_PTP_CLOCK (the
   * interface has none); ERR_CLOCK_DISABLED (an auxiliary clock); EINVAL (the kernel has no such clock)
   * @example
   * try {
   *   Clock.open('lo').close();
   * } catch (error) {
   *   console.log(error instanceof AlsaError && error.code); // ERR_NO_PTP_CLOCK
   * }
   */
  static open(name: string): Clock {
    const address = clockAddress(name);
    const handle = callNative(`Clock ${name}`, () =>
      'device' in address
        ? native().openClockDevice(address.device)
        : native().openClock(address.id, address.ofSystem, name),
    );
    return new Clock(MADE, name, handle);
  }

  get closed(): boolean {
    return this.#handle.closed();
  }

  /**
   * Reads the clock between two readings of CLOCK_MONOTONIC: the fastest of five.
   *
   * @throws AlsaError ERR_CLOSED; ENODEV where the device is gone, or the auxiliary clock was disabled
   */
  read(): ClockReading {
    const { time, monotonic, delay } = callNative(this.#what, () => this.#handle.read());
    return { timeNs: time, monotonicNs: monotonic, delayNs: delay };
  }

  /** Closing again does nothing. What follows the clock goes on. */
  close(): void {
    if (!this.closed) release(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptionsStylized): string {
    const { name, method, closed } = this;
    return inspection('Clock', { name, method, closed }, depth, options);
  }

  get #what(): string {
    return `Clock ${this.name}`;
  }
}
