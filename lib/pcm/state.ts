/** States of a substream. */

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
