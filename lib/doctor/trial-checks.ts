/** The proof: what the library is for, tried. */
import { AlsaError } from '../errors.js';
import { type Check, type Finding, fail, ok } from './check.js';

export const timerWorks: Check = {
  id: 'timer-trial',
  why: 'A timer is made, ticked and heard.',
  after: ['user-timers', 'timers-taken'],
  run: (machine) => attempt(() => machine.tryTimer()),
};

export const cableWorks: Check = {
  id: 'cable-trial',
  why: 'Frames go through a cable that a timer of this process clocks, and are compared.',
  after: ['timer-trial', 'loopback-card'],
  run: (machine) =>
    attempt(() => {
      const [card] = machine.cards();
      if (!card) throw new Error('the card of snd-aloop was unloaded');
      return machine.tryCable(card);
    }),
};

async function attempt(trial: () => Promise<string>): Promise<Finding> {
  try {
    return ok(await trial());
  } catch (error) {
    const { message } = error as Error;
    return fail(message, ...(error instanceof AlsaError && error.hint ? [error.hint] : []));
  }
}
