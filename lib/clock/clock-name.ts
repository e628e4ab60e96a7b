/** How clocks are named: those of the system by words, PTP clocks by their device or their network interface. */
import { join } from 'node:path';
import { checkString, valueError } from '../arguments.js';
import { AlsaError, callNative, withHint } from '../errors.js';
import { native } from '../native/load.js';
import { glance, sys } from '../proc.js';
import { nearest } from '../suggestion.js';

/** clockid_t of `<linux/time.h>`. */
const SYSTEM_CLOCKS = { monotonic: 1, boottime: 7, realtime: 0, tai: 11 } as const;
const CLOCK_AUX = 16;
/** MAX_AUX_CLOCKS. */
export const AUX_COUNT = 8;

/** A clock of the system by its name. */
export type SystemClockName = keyof typeof SYSTEM_CLOCKS;

export const SYSTEM_CLOCK_NAMES = Object.keys(SYSTEM_CLOCKS) as SystemClockName[];

/** What the addon opens for a name. */
export type ClockAddress = { readonly id: number; readonly ofSystem: boolean } | { readonly device: string };

/**
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @throws AlsaError ENODEV (no such interface), ERR_NO_PTP_CLOCK (it has none), ERR_CLOCK_DISABLED (an auxiliary one)
 */
export function clockAddress(name: string): ClockAddress {
  checkString('name', name);
  const id = SYSTEM_CLOCKS[name as SystemClockName] as number | undefined;
  if (Object.hasOwn(SYSTEM_CLOCKS, name) && id !== undefined) return { id, ofSystem: true };
  const [, aux] = /^aux(\d+)$/.exec(name) ?? [];
  if (aux !== undefined) return auxiliaryAddress(name, Number(aux));
  if (name.includes('/')) return { device: name };
  const index = interfacePtp(name);
  if (index >= 0) return { device: ptpDevice(index) };
  throw new AlsaError(`The network interface ${name} has no PTP clock`, {
    code: 'ERR_NO_PTP_CLOCK',
    path: name,
    hint: '`utimer clocks` lists the clocks of this machine, and the interfaces of each PTP clock.',
  });
}

/** The number of the PTP clock of an interface. */
function interfacePtp(name: string): number {
  try {
    return callNative(name, () => native().interfacePtp(name));
  } catch (error) {
    throw withMeant(error, meantClock(name));
  }
}

/** The error of a name that no network interface has, with the name that was meant. */
export function withMeant(error: unknown, meant: string | undefined): unknown {
  if (!(error instanceof AlsaError) || error.code !== 'ENODEV' || meant === undefined) return error;
  return withHint(error, `Did you mean '${meant}'?`);
}

/** The clock that somebody may have meant by 'TAI', 'CLOCK_TAI' or 'ptp0'. */
function meantClock(name: string): string | undefined {
  const word = name.toLowerCase().replace(/^clock_/, '');
  return /^ptp\d+$/.test(word) ? `/dev/${word}` : nearest(word, SYSTEM_CLOCK_NAMES);
}

function auxiliaryAddress(name: string, number: number): ClockAddress {
  if (number >= AUX_COUNT) throw valueError('name', `aux0..aux${AUX_COUNT - 1}`, name);
  const path = auxiliaryFile(number);
  if (glance(path)?.trim() === '0') {
    throw new AlsaError(`The auxiliary clock ${name} is not enabled`, {
      code: 'ERR_CLOCK_DISABLED',
      path,
      hint: `Enable it as root: \`echo 1 > ${path}\`. It then stands at CLOCK_TAI, until somebody sets it.`,
    });
  }
  return { id: CLOCK_AUX + number, ofSystem: false };
}

/** The file that says whether an auxiliary clock is enabled. */
export function auxiliaryFile(number: number): string {
  return join(sys(), `kernel/time/aux_clocks/${number}/aux_clock_enable`);
}

export function ptpDevice(index: number): string {
  return `/dev/ptp${index}`;
}
