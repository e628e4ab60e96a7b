/** Which clocks there are. */
import { join } from 'node:path';
import { AlsaError } from '../errors.js';
import { native } from '../native/load.js';
import { glance, glanceInto, sys } from '../proc.js';
import { visibleText } from '../visible-text.js';
import { Clock } from './clock.js';
import { AUX_COUNT, auxiliaryFile, ptpDevice, SYSTEM_CLOCK_NAMES } from './clock-name.js';

export interface ListedClock {
  /** For Clock.open(): 'tai', 'aux0', '/dev/ptp0'. */
  readonly name: string;
  /** Of a PTP clock: what its driver calls it, 'Mock-up PTP clock' for instance. */
  readonly driver: string | undefined;
  /** Of a PTP clock: the network interfaces whose time stamps it makes, which are names of it as well. */
  readonly interfaces: readonly string[];
  /** The call that reads it. */
  readonly method: string | undefined;
  /** By how many nanoseconds it is ahead of CLOCK_TAI. */
  readonly offsetNs: bigint | undefined;
  /** How long a reading took, in nanoseconds. */
  readonly delayNs: bigint | undefined;
  /** Why it could not be read. */
  readonly error: AlsaError | undefined;
}

/**
 * The clocks of this machine: those of the system, auxiliary clocks that are enabled, and PTP clocks (/sys/class/ptp). Each is
 * read once.
 *
 * @throws AlsaError ERR_ADDON_NOT_FOUND
 * @example
 * for (const { name, method, offsetNs } of listClocks()) console.log(name, method, offsetNs);
 */
export function listClocks(): ListedClock[] {
  using tai = Clock.open('tai');
  const interfaces = interfacesByDevice();
  const auxiliary = Array.from({ length: AUX_COUNT }, (_, number) => number)
    .filter((number) => glance(auxiliaryFile(number))?.trim() === '1')
    .map((number) => `aux${number}`);
  const ptp = glanceInto(join(sys(), 'class/ptp'))
    .map((name) => Number(/^ptp(\d+)$/.exec(name)?.[1]))
    .filter((index) => !Number.isNaN(index))
    .sort((one, other) => one - other);
  return [
    ...[...SYSTEM_CLOCK_NAMES, ...auxiliary].map((name) => look(name, tai)),
    ...ptp.map((index) => look(ptpDevice(index), tai, driverOf(index), interfaces.get(index))),
  ];
}

function look(name: string, tai: Clock, driver?: string, interfaces: readonly string[] = []): ListedClock {
  const known = { name, driver, interfaces };
  try {
    using clock = Clock.open(name);
    const reading = clock.read();
    const reference = tai.read();
    const [distance, referenceDistance] = [reading, reference].map((it) => it.timeNs - it.monotonicNs);
    const offsetNs = (distance as bigint) - (referenceDistance as bigint);
    return { ...known, method: clock.method, offsetNs, delayNs: reading.delayNs, error: undefined };
  } catch (error) {
    if (!(error instanceof AlsaError)) throw error;
    return { ...known, method: undefined, offsetNs: undefined, delayNs: undefined, error };
  }
}

function driverOf(index: number): string | undefined {
  const text = glance(join(sys(), `class/ptp/ptp${index}/clock_name`));
  return text === undefined ? undefined : visibleText(text.trim());
}

/** The names of interfaces by the number of their PTP clock. */
function interfacesByDevice(): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const name of glanceInto(join(sys(), 'class/net')).sort()) {
    const index = ptpOf(name);
    if (index >= 0) found.set(index, [...(found.get(index) ?? []), name]);
  }
  return found;
}

/** -1 also for an interface that went, and for a name that is none. */
function ptpOf(name: string): number {
  try {
    return native().interfacePtp(name);
  } catch {
    return -1;
  }
}
