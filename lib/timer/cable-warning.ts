/** A warning for listeners that would keep a cable of snd-aloop from starting. */
import { join } from 'node:path';
import { listProc, procAsound, readProc } from '../proc.js';
import { userTimerIdOf } from './timer-source.js';

const warned = new Set<number>();

/**
 * Says once for each userspace-driven timer that a listener on it is in the way of a cable: while any other client of the
 * timer runs, snd-aloop's START returns 1 and the stream stays PREPARED (sound/core/timer.c: snd_timer_start1).
 */
export function warnAboutCable(id: number): void {
  if (warned.has(id)) return;
  const card = cardClockedBy(id);
  if (card === undefined) return;
  warned.add(id);
  process.emitWarning(
    `While a listener on userspace-driven timer ${id} runs, no stream of the loopback ${card} starts that this timer clocks`,
    {
      type: 'AlsaTimerWarning',
      code: 'ALSA_UTIMER_LISTENER_BLOCKS_CABLE',
      detail:
        "Listen to the timer of the loopback's substream instead (pcmTimerId), which ticks with every period; " +
        'or let the owner of the timer count its triggers.',
    },
  );
}

/** The folder of a card, 'card0', whose cables this timer clocks, or will clock when they are opened. */
function cardClockedBy(id: number): string | undefined {
  const folder = procAsound();
  return listProc(folder).find((name) => {
    if (!/^card\d+$/.test(name)) return false;
    const card = join(folder, name);
    const source = readProc(join(card, 'timer_source'));
    if (source === undefined) return false;
    return (
      userTimerIdOf(source.trim()) === id ||
      ['cable#0', 'cable#1'].some((cable) => openCableOn(readProc(join(card, cable)) ?? '', id))
    );
  });
}

function openCableOn(text: string, id: number): boolean {
  return new RegExp(`^\\s*sound timer:\\s*hw:-1,4,${id}$`, 'm').test(text);
}
