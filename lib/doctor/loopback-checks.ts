/** snd-aloop: whether it is there, what clocks its cards, and who has their cables open. */
import { userTimerIdOf } from '../timer/timer-source.js';
import { type Check, fail, ok, shell, warn } from './check.js';
import { loading } from './kernel-checks.js';
import { SOUND_SERVERS } from './sound-servers.js';

export const loopbackCard: Check = {
  id: 'loopback-card',
  why: 'Cables are those of the virtual sound card snd-aloop.',
  run(machine) {
    const cards = machine.cards();
    if (cards.length === 0) return fail('no card of snd-aloop is loaded', ...loading(machine, 'snd-aloop'));
    return ok(
      cards.map((card) => `card ${card.number} (${card.id}), ${card.substreams()} substreams`).join('; '),
    );
  },
};

export const timerSources: Check = {
  id: 'timer-source',
  why: 'A cable that is opened while its card names a timer that does not exist cannot be opened.',
  after: ['loopback-card', 'timers-taken'],
  run(machine) {
    const living = new Set(machine.userTimers());
    const sources = machine.cards().map((card) => [card, card.timerSource()] as const);
    const dead = sources.filter(([, source]) => {
      const id = userTimerIdOf(source);
      return id !== undefined && !living.has(id);
    });
    if (dead.length === 0) {
      return ok(sources.map(([{ number }, source]) => `card ${number}: ${source || 'jiffies'}`).join('; '));
    }
    return warn(
      dead
        .map(([{ number }, source]) => `card ${number} names ${source}, which does not exist now`)
        .join('; '),
      'That is right where a program creates this timer before anybody opens the cable. Otherwise:',
      ...dead.map(([{ number }]) => shell(`echo | sudo tee /proc/asound/card${number}/timer_source`)),
    );
  },
};

export const cableHolders: Check = {
  id: 'cable-holders',
  why: 'A cable keeps the clock and the parameters of whoever opened it first.',
  after: ['loopback-card'],
  run(machine) {
    const holders = machine.cards().flatMap((card) => card.holders().map((holder) => ({ ...holder, card })));
    if (holders.length === 0) return ok('no cable is open');
    const seen = holders
      .map(({ name, pid, command, state }) => `${name}: process ${pid} (${command}), ${state}`)
      .join('; ');
    const servers = holders.filter(({ command }) => SOUND_SERVERS.includes(command));
    if (servers.length === 0) return ok(seen);
    return warn(
      seen,
      `A sound server has cables open (${[...new Set(servers.map(({ command }) => command))].join(', ')}). Keep it off the card where a program is to clock them, or let that program take another substream: substream 'free'.`,
    );
  },
};
