/** The descriptor of a userspace-driven timer, for a program that inherits it. The library itself hands out no descriptor. */
import { AlsaError } from '../../errors.js';
import { glanceAtLink, glanceInto } from '../../proc.js';
import type { UserTimer } from '../../timer/user-timer.js';

const FOLDER = '/proc/self/fd';

/**
 * The id names one timer of the whole machine, so that a descriptor of that name can be no other one.
 *
 * @throws AlsaError ENOENT where /proc does not tell
 */
export function descriptorOf({ id }: UserTimer): number {
  const found = glanceInto(FOLDER).find(
    (fd) => glanceAtLink(`${FOLDER}/${fd}`) === `anon_inode:snd-utimer${id}`,
  );
  if (found !== undefined) return Number(found);
  throw new AlsaError(`${FOLDER} does not name the descriptor of timer ${id}`, {
    code: 'ENOENT',
    path: FOLDER,
    hint: 'COMMAND cannot inherit it without that. Mount /proc.',
  });
}
