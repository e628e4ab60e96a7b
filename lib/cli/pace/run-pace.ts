/** A pacing, from its command line to its end. */
import { pickOptions } from '../../arguments.js';
import type { PacerOptions } from '../../clock/options.js';
import { Pacer } from '../../clock/pacer.js';
import type { Pacing } from '../../clock/pacing.js';
import type { ClockedLoopbackOptions } from '../../loopback/options.js';
import { type Io, onInterrupt } from '../output/io.js';
import { handOver, json, print } from '../output/printing.js';
import { Report } from '../output/report.js';
import type { Given } from '../table/command.js';
import type { TimeSource } from '../table/machine.js';
import { UsageError } from '../table/usage-error.js';
import { counters, histogram, summary } from './counters.js';
import { logEvents } from './event-log.js';
import { openRawFrames, type RawFrames } from './raw-frames.js';
import { cableTarget, type PaceTarget, timerTarget } from './target.js';
import { type OpenedTime, openTime, type ScheduleOptions, type Stream } from './time-source.js';

interface PaceValues {
  readonly file: string | undefined;
  readonly clock: TimeSource;
  readonly card: number | string | undefined;
  readonly 'lock-memory': boolean;
  /** Milliseconds. */
  readonly duration: number | undefined;
  /** Milliseconds; 0: never. */
  readonly stats: number;
  readonly histogram: boolean;
  readonly json: boolean;
}

type CableOptions = Pick<
  ClockedLoopbackOptions,
  'card' | 'device' | 'substream' | 'timerId' | 'format' | 'channels' | 'access'
>;

type PaceGiven = Given<
  PaceValues,
  Partial<Stream> & Partial<CableOptions> & ScheduleOptions & Omit<PacerOptions, 'lockMemory'>
>;

type Reason = 'interrupt' | 'duration' | 'file' | 'source' | 'error';

const REASONS: Readonly<Record<Reason, string>> = {
  interrupt: 'interrupted',
  duration: 'the time is over',
  file: 'all frames were moved',
  source: 'what it followed has ended',
  error: 'it has failed',
};

/** @returns the exit code */
export async function runPace(command: PaceGiven, io: Io): Promise<number> {
  const { values, library } = command;
  check(command);
  const { rate = 48_000, periodFrames = Math.round(rate / 100) } = library;
  const stream = { rate, periodFrames };
  using frames = values.file === undefined ? undefined : await openRawFrames(values.file, io);
  using time = await openTime(values.clock, stream);
  using target = await openTarget(values.card, stream, library, io.signal);
  using pacer = Pacer.open({ ...pickOptions(library, THREAD), lockMemory: values['lock-memory'] });
  using pacing = time.pace(pacer, target, pickOptions(library, SCHEDULE));
  // Awaited, since all is closed behind the return.
  return await new Run({ pacing, pacer, time, target, stream, frames }, command, io).done();
}

/** What only a clock has, and what only a cable takes. */
function check({ values: { clock, file, card }, given }: PaceGiven): void {
  if (file !== undefined && card === undefined) throw new UsageError('FILE is for --card');
  if ('clock' in clock) return;
  const [name] = ['ppb', 'start', 'histogram'].filter((option) => given.has(option));
  const what = 'fd' in clock ? 'a descriptor' : 'another timer';
  if (name !== undefined) throw new UsageError(`--${name} is for clocks: ${what} has the time itself`);
}

async function openTarget(
  card: number | string | undefined,
  stream: Stream,
  library: PaceGiven['library'],
  signal: AbortSignal,
): Promise<PaceTarget> {
  if (card === undefined) return timerTarget(stream, library.timerId);
  const { format = 'S16_LE', channels = 2, ...options } = pickOptions(library, CABLE);
  return cableTarget({ ...options, ...stream, format, channels, signal });
}

interface Parts {
  readonly pacing: Pacing;
  readonly pacer: Pacer;
  readonly time: OpenedTime;
  readonly target: PaceTarget;
  readonly stream: Stream;
  readonly frames: RawFrames | undefined;
}

/** What is printed until a pacing ends. */
class Run {
  readonly #parts: Parts;
  readonly #values: PaceValues;
  readonly #io: Io;
  readonly #report: Report;
  /** A histogram has stdout for itself, so that it can be plotted. */
  readonly #out: Pick<Io, 'stdout' | 'signal'>;

  constructor(parts: Parts, { values, names }: PaceGiven, io: Io) {
    this.#parts = parts;
    this.#values = values;
    this.#io = io;
    this.#out = { stdout: values.histogram ? io.stderr : io.stdout, signal: io.signal };
    this.#report = new Report(this.#out.stdout, values.json);
    const { pacing, target } = parts;
    logEvents(pacing, target.loop, this.#report, { asJson: values.json, accessOption: `${names.access}` });
  }

  /** Until it ends. Returns the exit code. */
  async done(): Promise<number> {
    const { pacing, pacer } = this.#parts;
    const { json: asJson, stats } = this.#values;
    for (const reason of pacer.scheduling.refused) this.#warn(reason);
    const ended = this.#end();
    for (const line of this.#opening()) await print(this.#out, line);
    const tell = () =>
      this.#report.counters((status) => {
        if (asJson) status.print(json({ type: 'stats', ...counters(pacing.stats(), false) }));
        else status.show(this.#summary());
      });
    const telling = stats > 0 ? setInterval(tell, stats) : undefined;
    const { reason, error } = await ended;
    clearInterval(telling);
    pacing.close();
    if (error !== undefined) this.#fail(error);
    this.#report.end((status) => {
      if (asJson) status.print(json({ type: 'close', reason, ...counters(pacing.stats(), true) }));
      else status.print(`${REASONS[reason]}: ${this.#summary().join(', ')}`);
    });
    if (this.#values.histogram)
      for (const line of histogram(pacing.stats().lateness)) await print(this.#io, line);
    if (this.#io.signal.aborted) await handOver(this.#io);
    return error === undefined ? 0 : 1;
  }

  /** What ends it, first. */
  async #end(): Promise<{ readonly reason: Reason; readonly error?: unknown }> {
    const { pacing, frames, target } = this.#parts;
    const { duration } = this.#values;
    const { signal } = this.#io;
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<{ readonly reason: Reason; readonly error?: unknown }>((resolve) => {
      pacing.on('end', () => resolve({ reason: 'source' }));
      const fail = (error: unknown) => resolve({ reason: 'error', error });
      pacing.on('error', fail);
      target.loop?.on('error', fail);
      onInterrupt(signal, () => resolve({ reason: 'interrupt' }));
      if (duration !== undefined) timer = setTimeout(() => resolve({ reason: 'duration' }), duration);
      if (frames && target.loop) {
        frames.playInto(target.loop, until).then(() => resolve({ reason: 'file' }), fail);
      }
    });
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }

  #opening(): string[] {
    const { time, target, stream, pacer } = this.#parts;
    const { rate, periodFrames } = stream;
    const { name, method } = time;
    const { scheduling } = pacer;
    if (this.#values.json)
      return [json({ type: 'open', clock: name, method, ...stream, ...target.facts, scheduling })];
    return [
      `${periodFrames} frames at ${rate} Hz by ${name}${method ? ` (${method})` : ''}`,
      ...target.advice,
    ];
  }

  #summary(): string[] {
    const { pacing, time, frames } = this.#parts;
    return summary(pacing.stats(), time.isClock, frames !== undefined);
  }

  #fail(error: unknown): void {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (this.#values.json) this.#report.event(json({ type: 'error', code, message }));
    this.#warn(message);
  }

  #warn(text: string): void {
    this.#report.clear();
    this.#io.stderr.write(`utimer pace: ${text}\n`);
  }
}

const THREAD = { priority: true, cpu: true } as const;
const SCHEDULE = { ppb: true, start: true, late: true, maxBurst: true } as const;
const CABLE = {
  card: true,
  device: true,
  substream: true,
  timerId: true,
  format: true,
  channels: true,
  access: true,
} as const;
