/** A warning for instances that would keep a cable of snd-aloop from starting. */
import { join } from 'node:path';
import { glance, glanceInto, procAsound } from '../proc.js';
import { userTimerIdOf } from './timer-source.js';

interface Client {
  readonly closed: boolean;
  readonly ended: boolean;
}

/** For whom it was said, by the id of the timer: a later timer may have the same. */
const warned = new Map<number, WeakRef<Client>>();

/** A one-shot instance starts with every tick, and looking takes seventy times as long as starting. */
const REST_MS = 1_000;

/** For whom nothing was found in the last second, and whether they have started since. */
const rests = new WeakMap<Client, { startedAgain: boolean }>();

/**
 * Says that an instance of a userspace-driven timer is in the way of a cable: while any other client of the timer runs,
 * snd-aloop's START returns 1 and the stream stays PREPARED (sound/core/timer.c: snd_timer_start1). Once, as long as the
 * instance for which it was said is there. Where nothing is found, one look comes a second later for all starts until then.
 */
export function warnAboutCable(id: number, client: Client): void {
  const before = warned.get(id)?.deref();
  if (before !== undefined && isThere(before)) return;
  const rest = rests.get(client);
  if (rest) {
    rest.startedAgain = true;
    return;
  }
  const card = cardClockedBy(id);
  if (card === undefined) {
    takeRest(id, client);
    return;
  }
  warned.set(id, new WeakRef(client));
  process.emitWarning(
    `While an instance of userspace-driven timer ${id} runs, no cable of loopback card ${card} starts that this timer clocks.`,
    {
      type: 'AlsaTimerWarning',
      code: 'ALSA_UTIMER_INSTANCE_BLOCKS_CABLE',
      detail:
        "Listen to the timer of the loopback's substream instead (pcmTimerId), which ticks with every period; " +
        'or let the owner of the timer count its triggers.',
    },
  );
}

function isThere({ closed, ended }: Client): boolean {
  return !closed && !ended;
}

function takeRest(id: number, client: Client): void {
  const rest = { startedAgain: false };
  rests.set(client, rest);
  const reference = new WeakRef(client);
  setTimeout(() => {
    const resting = reference.deref();
    if (!resting) return;
    rests.delete(resting);
    if (rest.startedAgain && isThere(resting)) warnAboutCable(id, resting);
  }, REST_MS).unref();
}

/** The number of a card whose cables this timer clocks, or will clock when they are opened. */
function cardClockedBy(id: number): string | undefined {
  const folder = procAsound();
  const found = glanceInto(folder).find((name) => {
    if (!/^card\d+$/.test(name)) return false;
    const card = join(folder, name);
    const source = glance(join(card, 'timer_source'));
    if (source === undefined) return false;
    return (
      userTimerIdOf(source.trim()) === id ||
      ['cable#0', 'cable#1'].some((cable) => openCableOn(glance(join(card, cable)) ?? '', id))
    );
  });
  return found?.slice('card'.length);
}

function openCableOn(text: string, id: number): boolean {
  return new RegExp(`^\\s*sound timer:\\s*hw:-1,4,${id}$`, 'm').test(text);
}
