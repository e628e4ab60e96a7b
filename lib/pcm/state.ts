/** The states of a substream. */
import { AlsaError } from '../errors.js';

/** SNDRV_PCM_STATE_*, in the kernel's order. */
const STATES = [
  'open',
  'setup',
  'prepared',
  'running',
  'xrun',
  'draining',
  'paused',
  'suspended',
  'disconnected',
] as const;

/**
 * SNDRV_PCM_STATE_*.
 *
 * @useDeclaredType
 */
export type PcmState = (typeof STATES)[number];

/** The name of SNDRV_PCM_STATE_* number `state`. */
export function stateName(state: number): PcmState {
  return STATES[state] ?? 'disconnected';
}

/** The error for a START that changed nothing. */
export function notStarted(what: string, result: number, state: PcmState): AlsaError {
  return new AlsaError(`${what} did not start: START returned ${result}, the state is ${state}`, {
    code: 'ERR_NOT_STARTED',
    syscall: 'ioctl SNDRV_PCM_IOCTL_START',
    hint:
      'Another client of the same timer is running (a listener, another cable, or the other direction of this one), ' +
      'and snd-aloop does not start then. Use one timer for one cable and no listener on it; /proc/asound/timers lists the clients.',
  });
}
