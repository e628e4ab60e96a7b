/** /proc/asound/timers: every timer, and who has it open (sound/core/timer.c: snd_timer_proc_read). */
import { join } from 'node:path';
import { glance, procAsound } from '../proc.js';

/** A client of a timer: an instance of an application, a sequencer queue, a cable of a loopback card. */
export interface TimerClient {
  /** As the kernel names it: 'application 1234' (a thread), or the id of a loopback card. */
  readonly owner: string;
  /** Whether it gets ticks. */
  readonly running: boolean;
}

export interface ProcTimer {
  /** Without a subdevice for global timers: the file has none. */
  readonly address: readonly [
    timerClass: number,
    card: number,
    device: number,
    subdevice: number | undefined,
  ];
  /** Nanoseconds of a tick, where the file has it. */
  readonly resolution: bigint | undefined;
  readonly clients: readonly TimerClient[];
}

const GLOBAL = 1;
const CARD = 2;
const PCM = 3;

/** The timers of the file, in its order: by class, device and subdevice. */
export function parseTimers(text: string): ProcTimer[] {
  const timers: (ProcTimer & { clients: TimerClient[] })[] = [];
  for (const line of text.split('\n')) {
    const client = /^ {2}Client (.*) : (running|stopped)$/.exec(line);
    if (client) {
      timers.at(-1)?.clients.push({ owner: client[1] ?? '', running: client[2] === 'running' });
      continue;
    }
    const address = addressOfLine(line);
    if (address) timers.push({ address, resolution: resolutionOfLine(line), clients: [] });
  }
  return timers;
}

function addressOfLine(line: string): ProcTimer['address'] | undefined {
  const [, kind, numbers] = /^([GCP])(\d+(?:-\d+)*): /.exec(line) ?? [];
  const [first = 0, second = 0, third] = (numbers ?? '').split('-').map(Number);
  if (kind === 'G') return [GLOBAL, -1, first, undefined];
  if (kind === 'C') return [CARD, first, second, undefined];
  return kind === 'P' ? [PCM, first, second, third] : undefined;
}

/** The kernel writes microseconds, with three digits behind the point. */
function resolutionOfLine(line: string): bigint | undefined {
  const [, us, ns] = / : ?(\d+)\.(\d{3})us /.exec(line) ?? [];
  return us === undefined ? undefined : BigInt(us) * 1_000n + BigInt(ns ?? 0);
}

/** The timers that /proc/asound/timers lists; none where it cannot be read. */
export function readTimers(): ProcTimer[] {
  return parseTimers(glance(join(procAsound(), 'timers')) ?? '');
}
