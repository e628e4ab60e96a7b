/** A recording of a cable, from its command line to its end. */
import { WavWriter } from '../../wav/writer.js';
import { tellerOf } from '../cable/tell.js';
import type { Io } from '../output/io.js';
import type { Output } from '../output/output.js';
import { handOver, json, print, UnreadError } from '../output/printing.js';
import { Report } from '../output/report.js';
import type { Given } from '../table/command.js';
import { naming } from '../table/naming.js';
import { clockTime } from '../timer/duration.js';
import { type CableEnd, type CableOptions, openCableEnd } from './cable-end.js';
import { stdoutTarget } from './stdout-target.js';

interface RecordValues {
  readonly file: string;
  readonly frames: number | undefined;
  /** Nanoseconds. */
  readonly duration: bigint | undefined;
  readonly 'until-stop': boolean;
  readonly force: boolean;
  /** Milliseconds; 0: never. */
  readonly stats: number;
  readonly json: boolean;
}

const REASONS = {
  length: 'all that was asked for',
  stop: 'who played has stopped',
  unread: 'nobody reads it any more',
  interrupt: 'interrupted',
  error: 'it has failed',
} as const;

type Reason = keyof typeof REASONS;

/** @returns the exit code */
export async function runRecord(
  { values, library }: Given<RecordValues, CableOptions>,
  io: Io,
): Promise<number> {
  using cable = await openCableEnd(library, io.signal);
  const { format, rate, channels } = cable.parameters;
  const target = values.file === '-' ? stdoutTarget(io) : values.file;
  // Named here, since an option without a value has no name of the library's.
  await using wav = await naming({ overwrite: '--force' }, () =>
    WavWriter.create(target, { format, rate, channels, overwrite: values.force, signal: io.signal }),
  );
  return await new Recording(cable, wav, values, io).done();
}

class Recording {
  readonly #cable: CableEnd;
  readonly #wav: WavWriter;
  readonly #values: RecordValues;
  readonly #io: Io;
  /** A file on stdout has that for itself. */
  readonly #out: Pick<Io, 'stdout' | 'signal'>;
  readonly #report: Report;
  /** Frames, at most. */
  readonly #most: number;

  constructor(cable: CableEnd, wav: WavWriter, values: RecordValues, io: Io) {
    this.#cable = cable;
    this.#wav = wav;
    this.#values = values;
    this.#io = io;
    this.#out = { stdout: values.file === '-' ? io.stderr : io.stdout, signal: io.signal };
    this.#report = new Report(this.#out.stdout, values.json);
    const { frames, duration } = values;
    const ofTime = duration && (duration * BigInt(cable.parameters.rate)) / 1_000_000_000n;
    this.#most = frames ?? (ofTime === undefined ? Number.POSITIVE_INFINITY : Number(ofTime));
  }

  /** Until it ends. Returns the exit code. */
  async done(): Promise<number> {
    const { json: asJson, stats } = this.#values;
    const ended = this.#record();
    ended.catch(() => {});
    for (const line of this.#opening()) await print(this.#out, line);
    const tell = () =>
      this.#report.counters((status) => {
        if (asJson) status.print(json({ type: 'stats', ...this.#counters() }));
        else status.show(this.#inWords());
      });
    const telling = stats > 0 ? setInterval(tell, stats) : undefined;
    const { reason, error } = await ended.finally(() => clearInterval(telling));
    const isUnread = error instanceof UnreadError;
    if (error !== undefined && !isUnread) this.#fail(error);
    this.#report.end((status) => {
      if (asJson) status.print(json({ type: 'close', reason, ...this.#counters() }));
      else status.print(`${REASONS[reason]}: ${this.#inWords().join(', ')}`);
    });
    if (isUnread) throw error;
    if (this.#io.signal.aborted) await handOver(this.#out);
    return error === undefined ? 0 : 1;
  }

  async #record(): Promise<{ readonly reason: Reason; readonly error?: unknown }> {
    const { signal } = this.#io;
    const failed = new AbortController();
    this.#cable.watch(tellerOf(this.#report, this.#values.json), (error) => failed.abort(error));
    const until = this.#values['until-stop'] ? 'stop' : 'close';
    try {
      for await (const frames of this.#cable.frames({
        signal: AbortSignal.any([signal, failed.signal]),
        until,
      })) {
        const left = (this.#most - this.#wav.frameCount) * this.#cable.frameBytes;
        await this.#wav.write(left < frames.length ? frames.subarray(0, left) : frames);
        if (this.#wav.frameCount >= this.#most) return await this.#close('length');
        if (this.#isUnread()) return await this.#close('unread');
      }
      return await this.#close('stop');
    } catch (error) {
      if (error instanceof UnreadError) return { reason: 'unread', error };
      // What the system refuses fails, whatever else has come.
      const isRefused = (error as NodeJS.ErrnoException).errno !== undefined;
      if (signal.aborted && !isRefused) return await this.#close('interrupt');
      await this.#wav.close().catch(() => {});
      return { reason: 'error', error };
    }
  }

  /** Of a file on stdout: it drops what nobody reads. */
  #isUnread(): boolean {
    return this.#values.file === '-' && (this.#io.stdout as Partial<Output>).isReaderGone === true;
  }

  /** The header is right before anything is told of the end. */
  async #close(reason: Reason): Promise<{ readonly reason: Reason; readonly error?: unknown }> {
    try {
      await this.#wav.close();
      return { reason };
    } catch (error) {
      return { reason: 'error', error };
    }
  }

  #opening(): readonly string[] {
    const { name, playerName, parameters, isClock } = this.#cable;
    const { format, rate, channels, periodFrames } = parameters;
    if (this.#values.json) {
      const { file } = this.#values;
      return [json({ type: 'open', file, name, playerName, ...parameters, isClock })];
    }
    return [
      `${name}: ${format}, ${rate} Hz, ${channels} channels`,
      ...(isClock
        ? [
            'to be recorded:',
            `  aplay -D ${playerName} -f ${format} -r ${rate} -c ${channels} --period-size=${periodFrames} in.wav`,
          ]
        : []),
    ];
  }

  #counters(): object {
    return { frames: this.#wav.frameCount, overruns: this.#cable.overruns() };
  }

  #inWords(): string[] {
    const overruns = this.#cable.overruns();
    const frames = this.#wav.frameCount;
    return [
      `${clockTime(frames / this.#cable.parameters.rate)}, ${frames} frames`,
      ...(overruns > 0 ? [`overruns ${overruns}`] : []),
    ];
  }

  #fail(error: unknown): void {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (this.#values.json) this.#report.event(json({ type: 'error', code, message }));
    this.#report.clear();
    this.#io.stderr.write(`utimer record: ${message}\n`);
  }
}
