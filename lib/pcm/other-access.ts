/** The access of the other end of a cable: the kernel takes any, and fails at START (sound/drivers/aloop.c: loopback_check_format). */
import { AlsaError, forExplanation, withHint } from '../errors.js';
import type { PcmAccess } from './access.js';
import { describeHolder, otherEnd } from './holder.js';
import type { PcmDirection } from './options.js';

/** One end of what may be a cable. */
export interface CableEnd {
  /** For messages, as `hw:0,0,0`. */
  readonly name: string;
  readonly card: number;
  readonly device: number;
  readonly direction: PcmDirection;
  readonly substream: number;
  readonly access: PcmAccess;
}

/** @throws AlsaError ERR_PCM_PARAMETER where the other end has another access */
export function checkOtherAccess({ name, card, device, direction, substream, access }: CableEnd): void {
  const other = otherEnd(card, device, direction, substream);
  const offered = other?.parameters?.access;
  if (other === undefined || offered === undefined || offered === access) return;
  throw new AlsaError(`${direction} ${name} does not take access ${access}: the other end has ${offered}`, {
    code: 'ERR_PCM_PARAMETER',
    hint: `${accessHint(offered)} Now ${describeHolder(other)}.`,
  });
}

/** An error of START, which names the other end where that has other parameters. */
export function namingOther(
  error: AlsaError,
  { card, device, direction, substream, access }: CableEnd,
): AlsaError {
  if (error.code !== 'EIO') return error;
  const other = forExplanation(() => otherEnd(card, device, direction, substream));
  if (other?.parameters === undefined) return error;
  const option = other.parameters.access === access ? '' : `${accessHint(other.parameters.access)} `;
  return withHint(error, `${option}Now ${describeHolder(other)}.`);
}

/** What to do where the other end of a cable has `access`. */
function accessHint(access: PcmAccess): string {
  return `The two ends of a cable must agree in access: open this one with access: '${access}', or the other one anew.`;
}
