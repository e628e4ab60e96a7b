/** `utimer list`: every timer of the system. */
import { describeTimerId } from '../timer/timer-id.js';
import { listTimers } from '../timer/timer-list.js';
import { formatTimerId } from '../timer/timer-text.js';
import { type Command, duration, json, parse, print, UsageError } from './command.js';

export const list: Command = {
  summary: 'every timer of the system, and who listens to it',
  help: `Usage: utimer list [--json]

Lists every timer of the system: its id in the language of snd-aloop's timer_source, what a tick stands for, and who has it
open. Userspace-driven timers are -1.4.ID.

  --json   one object a line: timer, class, card, device, subdevice, id, name, slave, resolutionNs (ns, as a string, and so
           are the next two), resolutionMin, resolutionMax, clients, clientList (owner and running of each; absent where
           it cannot be told)
  --help   this text`,

  async run(args, io) {
    const { values, positionals } = parse(args, { json: { type: 'boolean' } });
    if (positionals.length > 0) throw new UsageError(`unexpected argument '${positionals[0]}'`);
    const timers = listTimers();
    if (values.json) {
      for (const { timerId, ...rest } of timers) {
        const { slaveClass: _, ...id } = timerId;
        await print(io, json({ timer: formatTimerId(timerId), ...id, ...rest }));
      }
      return 0;
    }
    await print(io, row('TIMER', 'TICK', 'CLIENTS', 'WHAT'));
    for (const { timerId, resolutionNs: resolution, clients, clientList = [] } of timers) {
      const who = clientList.map(({ owner, running }) => `${owner} (${running ? 'running' : 'stopped'})`);
      const what = [describeTimerId(timerId), ...who].join(', ');
      const tick = resolution === 0n ? '-' : duration(resolution);
      await print(io, row(formatTimerId(timerId), tick, String(clients), what));
    }
    return 0;
  },
};

function row(timer: string, tick: string, clients: string, what: string): string {
  return `${timer.padEnd(10)} ${tick.padEnd(16)} ${clients.padEnd(8)} ${what}`;
}
