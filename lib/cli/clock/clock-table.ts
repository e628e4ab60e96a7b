/** The clocks of the machine, as a table or as lines of JSON. */
import { type ListedClock, listClocks } from '../../clock/list.js';
import type { Io } from '../output/io.js';
import { json, print } from '../output/printing.js';
import { duration } from '../timer/duration.js';

/** @returns the exit code */
export async function printClocks(asJson: boolean, io: Io): Promise<number> {
  const clocks = listClocks();
  if (asJson) {
    for (const { error, ...known } of clocks) {
      await print(
        io,
        json(error ? { ...known, error: { code: error.code, message: error.message } } : known),
      );
    }
    return 0;
  }
  await print(io, row('CLOCK', 'READ BY', 'DELAY', 'AHEAD OF TAI', 'WHAT'));
  for (const { name, method = '-', delayNs, offsetNs, ...known } of clocks) {
    const delay = delayNs === undefined ? '-' : duration(delayNs);
    const offset = offsetNs === undefined ? '-' : signed(offsetNs);
    await print(io, row(name, method, delay, offset, whatOf({ name, ...known })));
  }
  return 0;
}

function signed(ns: bigint): string {
  return ns < 0n ? `-${duration(-ns)}` : duration(ns);
}

const SYSTEM: Readonly<Record<string, string>> = {
  monotonic: 'CLOCK_MONOTONIC, since the machine was started',
  boottime: 'CLOCK_BOOTTIME, the same with the time that it was suspended',
  realtime: 'CLOCK_REALTIME, UTC',
  tai: 'CLOCK_TAI',
};

function whatOf({
  name,
  driver,
  interfaces,
  error,
}: Pick<ListedClock, 'name' | 'driver' | 'interfaces' | 'error'>) {
  const named = SYSTEM[name] ?? driver ?? (name.startsWith('aux') ? `CLOCK_${name.toUpperCase()}` : '');
  return [named, ...interfaces, ...(error ? [error.message] : [])].filter(Boolean).join(', ');
}

function row(clock: string, method: string, delay: string, offset: string, what: string): string {
  return `${clock.padEnd(10)} ${method.padEnd(29)} ${delay.padEnd(10)} ${offset.padEnd(24)} ${what}`.trimEnd();
}
