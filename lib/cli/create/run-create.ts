/** A userspace-driven timer that is there while a program runs, or until it is interrupted. */
import { UserTimer } from '../../timer/user-timer.js';
import { type Io, onInterrupt } from '../output/io.js';
import { json, print } from '../output/printing.js';
import type { Given } from '../table/command.js';
import { UsageError } from '../table/usage-error.js';
import { timerAdvice, timerFacts } from '../timer/made-timer.js';
import { descriptorOf } from './descriptor.js';
import { runProgram } from './program.js';

interface TimerValues {
  readonly rate?: number;
  readonly periodFrames?: number;
  readonly resolutionNs?: bigint;
  readonly id?: number;
}

/** @returns the exit code */
export async function runCreate(
  { values, library, program }: Given<{ readonly json: boolean }, TimerValues>,
  io: Io,
): Promise<number> {
  if (values.json && program.length > 0) throw new UsageError('--json cannot be given with COMMAND');
  using timer = open(library);
  // Awaited, since the timer is closed behind the return.
  if (program.length > 0) return await runProgram(program, inheritance(timer), io);
  const lines = values.json ? [json(timerFacts(timer))] : timerAdvice(timer);
  for (const line of lines) await print(io, line);
  await aborted(io.signal);
  return 0;
}

function open({ id, rate = 48_000, periodFrames = Math.round(rate / 100), resolutionNs }: TimerValues) {
  const tick = resolutionNs === undefined ? { rate, periodFrames } : { resolutionNs };
  return UserTimer.create({ ...tick, ...(id !== undefined && { id }) });
}

function inheritance(timer: UserTimer) {
  const environment = (descriptor: number) => ({
    ALSA_UTIMER_ID: String(timer.id),
    ALSA_UTIMER_SOURCE: timer.timerSource,
    ALSA_UTIMER_FD: String(descriptor),
  });
  return { descriptor: descriptorOf(timer), environment };
}

/** The longest time of a timer of JavaScript, ms. */
const LONG = 2 ** 31 - 1;

/** Neither a timer of the kernel nor the handler of a signal keeps a process alive. */
async function aborted(signal: AbortSignal): Promise<void> {
  const staying = setInterval(() => {}, LONG);
  await new Promise<void>((resolve) => onInterrupt(signal, resolve));
  clearInterval(staying);
}
