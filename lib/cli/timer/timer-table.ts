/** The timers of the system, as a table or as lines of JSON. */
import { describeTimerId } from '../../timer/id.js';
import { listTimers } from '../../timer/list.js';
import { formatTimerId } from '../../timer/text.js';
import type { Io } from '../output/io.js';
import { json, print } from '../output/printing.js';
import { tickLength } from './duration.js';

/** @returns the exit code */
export async function printTimers(asJson: boolean, io: Io): Promise<number> {
  const timers = listTimers();
  if (asJson) {
    for (const { timerId, ...rest } of timers) {
      const { slaveClass: _, ...id } = timerId;
      await print(io, json({ timer: formatTimerId(timerId), ...id, ...rest }));
    }
    return 0;
  }
  await print(io, row('TIMER', 'TICK', 'CLIENTS', 'WHAT'));
  for (const { timerId, resolutionNs, clients, clientList = [] } of timers) {
    const owners = clientList.map(({ owner, running }) => `${owner} (${running ? 'running' : 'stopped'})`);
    const what = [describeTimerId(timerId), ...owners].join(', ');
    await print(io, row(formatTimerId(timerId), tickLength(resolutionNs), String(clients), what));
  }
  return 0;
}

function row(timer: string, tick: string, clients: string, what: string): string {
  return `${timer.padEnd(10)} ${tick.padEnd(16)} ${clients.padEnd(8)} ${what}`;
}
