/** The error for a parameter that a device does not take. */
import { AlsaError } from '../errors.js';
import type { NativeError } from '../native/binding.js';
import { accessName } from './access.js';
import { formatName } from './format.js';

/** Undefined for an error of another kind. */
export function refusedParameterError(error: unknown, what: string): AlsaError | undefined {
  const native = error as NativeError;
  if (native.code !== 'ERR_PCM_PARAMETER' || native.parameter === undefined) return undefined;
  const { parameter, requested = 0, offered = [], min, max } = native;
  const named = parameter === 'access' ? accessName : parameter === 'format' ? formatName : undefined;
  const asked = named ? named(requested) : String(requested);
  const range = min === max ? String(min) : `${min}..${max}`;
  const choice = named ? offered.map(named).join(', ') || 'nothing else' : range;
  return new AlsaError(`${what} does not take ${parameter} ${asked}: it offers ${choice}`, {
    code: 'ERR_PCM_PARAMETER',
    syscall: 'ioctl SNDRV_PCM_IOCTL_HW_REFINE',
    hint:
      'On a loopback card the other end of the cable decides format, rate, channels and period, until both ends are closed; ' +
      '`cat /proc/asound/<card>/cable#0` (or #1) shows its parameters, `fuser -v /dev/snd/pcmC*` who holds it.',
  });
}
