/** The device nodes of ALSA, which are numbered by card. */

/** Of all timers, those of cards as well. */
export const TIMER_DEVICE = '/dev/snd/timer';

export function controlDevice(card: number): string {
  return `/dev/snd/controlC${card}`;
}

export function pcmDevice(card: number, device: number, direction: 'playback' | 'capture'): string {
  return `/dev/snd/pcmC${card}D${device}${direction === 'playback' ? 'p' : 'c'}`;
}
