/** snd-aloop: its cards and cables, and audio through a cable that a userspace-driven timer clocks. */
export type { CableSide, CableState } from './cable.js';
export { LoopbackCard } from './card.js';
export type { SubstreamHolder } from './holder.js';
export { isLoopbackLoaded, type LoopbackCardOptions, moduleParameters } from './module.js';
export { parseTimerSource, type TimerSource, userTimerIdOf } from './timer-source.js';
