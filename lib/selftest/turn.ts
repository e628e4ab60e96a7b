/** One selftest at a time: each would find the timers, the card and the module of the other. */

import { lockHolder } from '../loopback/card-lock.js';
import type { NativeError, NativeHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { refused } from './conditions.js';

/**
 * Takes a flock on the folder of the sound devices, which goes with the process at the latest.
 *
 * @returns what gives it back; undefined where there is no such folder, and so nothing to test either
 * @throws AlsaError ERR_SELFTEST_REFUSED where another selftest has it
 */
export function takeTurn(folder = '/dev/snd'): NativeHandle | undefined {
  try {
    return native().lockFile(folder);
  } catch (error) {
    if ((error as NativeError).code !== 'EAGAIN') return undefined;
    const holder = lockHolder(folder);
    throw refused(
      `Another selftest runs${holder === undefined ? '' : `: process ${holder}`}`,
      'Wait until it has ended, or end it.',
    );
  }
}
