/** A file that is played into a cable, from its command line to its end. */
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Pacer } from '../../clock/pacer.js';
import { ClockedLoopback } from '../../loopback/clocked-loopback.js';
import type { ClockedLoopbackOptions } from '../../loopback/options.js';
import type { WavReader } from '../../wav/reader.js';
import { listeningAdvice, tellOfListeners } from '../cable/listeners.js';
import { tellerOf } from '../cable/tell.js';
import type { Io } from '../output/io.js';
import { handOver, json, print } from '../output/printing.js';
import { Report } from '../output/report.js';
import type { Given } from '../table/command.js';
import { naming } from '../table/naming.js';
import { clockTime } from '../timer/duration.js';
import { openWavInput } from './wav-input.js';

interface PlayValues {
  readonly file: string;
  readonly realtime: boolean;
  /** Milliseconds; 0: never. */
  readonly stats: number;
  readonly json: boolean;
}

type PlayGiven = Given<
  PlayValues,
  Pick<ClockedLoopbackOptions, 'card' | 'device' | 'timerId' | 'access'> & {
    readonly substream?: number | 'free';
    readonly periodFrames?: number;
  }
>;

const REASONS = { file: 'all frames were played', interrupt: 'interrupted', error: 'it has failed' } as const;

/** @returns the exit code */
export async function runPlay({ values, library, names }: PlayGiven, io: Io): Promise<number> {
  const { json: asJson, realtime } = values;
  using input = await openWavInput(values.file, io);
  const { wav } = input;
  const { rate } = wav.parameters;
  const periodFrames = library.periodFrames ?? Math.round(rate / 100);
  const { signal } = io;
  using loop = await naming(
    { rate: `the rate of ${wav.name}`, channels: `the channels of ${wav.name}` },
    () => ClockedLoopback.open({ ...library, ...wav.parameters, periodFrames, signal }),
  );
  const report = new Report(io.stdout, asJson);
  tellOfListeners(loop, tellerOf(report, asJson), `${names.access}`);
  for (const line of opening(loop, wav, values)) await print(io, line);
  const tell = () =>
    report.counters((status) => {
      if (asJson) status.print(json({ type: 'stats', ...counters(loop, wav) }));
      else status.show(inWords(loop, wav));
    });
  const telling = values.stats > 0 ? setInterval(tell, values.stats) : undefined;
  const failed = once(loop, 'error', { signal }).then(([error]) => {
    throw error;
  });
  let reason: keyof typeof REASONS = 'file';
  try {
    await Promise.race([realtime ? inTime(loop, wav, signal) : asHeard(loop, wav, signal), failed]);
  } catch (error) {
    reason = signal.aborted ? 'interrupt' : 'error';
    if (!signal.aborted) fail(error, report, values, io);
  } finally {
    failed.catch(() => {});
    clearInterval(telling);
  }
  report.end((status) => {
    if (asJson) status.print(json({ type: 'close', reason, ...counters(loop, wav) }));
    else status.print(`${REASONS[reason]}: ${inWords(loop, wav).join(', ')}`);
  });
  if (signal.aborted) await handOver(io);
  return reason === 'error' ? 1 : 0;
}

/** As fast as the listener reads. Its buffer has the end when this resolves. */
async function asHeard(loop: ClockedLoopback, wav: WavReader, signal: AbortSignal): Promise<void> {
  await pipeline(wav.frames(), loop.writable(), { signal });
}

/** By CLOCK_MONOTONIC, from the moment on at which somebody listens. */
async function inTime(loop: ClockedLoopback, wav: WavReader, signal: AbortSignal): Promise<void> {
  while (!loop.stats().listener) await once(loop, 'listener', { signal });
  using pacer = Pacer.open();
  using _pacing = pacer.start(loop);
  await asHeard(loop, wav, signal);
}

function opening(
  loop: ClockedLoopback,
  wav: WavReader,
  { json: asJson, realtime }: PlayValues,
): readonly string[] {
  const { name, parameters, frameCount } = wav;
  const { format, rate, channels } = parameters;
  const { listenerName, timerId: timer } = loop;
  const { periodFrames, access } = loop.parameters;
  if (asJson)
    return [
      json({
        type: 'open',
        name,
        ...parameters,
        frameCount,
        periodFrames,
        access,
        timer,
        listenerName,
        realtime,
      }),
    ];
  const length = frameCount === undefined ? '' : `, ${clockTime(frameCount / rate)}`;
  return [`${name}: ${format}, ${rate} Hz, ${channels} channels${length}`, ...listeningAdvice(loop)];
}

function counters(loop: ClockedLoopback, { frameCount, missingFrames }: WavReader): object {
  const { frames, paddedFrames, xruns, listener } = loop.stats();
  return { frames: frames - paddedFrames, frameCount, missingFrames, paddedFrames, xruns, listener };
}

function inWords(loop: ClockedLoopback, { parameters, frameCount, missingFrames }: WavReader): string[] {
  const { frames, paddedFrames, xruns, listener } = loop.stats();
  const heard = frames - paddedFrames;
  return [
    `${clockTime(heard / parameters.rate)}, ${heard} frames${frameCount === undefined ? '' : ` of ${frameCount}`}`,
    ...(listener ? [] : ['nobody listens']),
    ...(xruns > 0 ? [`xruns ${xruns}`] : []),
    ...(missingFrames > 0 ? [`the file is cut: ${missingFrames} frames are missing`] : []),
  ];
}

function fail(error: unknown, report: Report, { json: asJson }: PlayValues, { stderr }: Io): void {
  if (!(error instanceof Error && 'code' in error)) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (asJson) report.event(json({ type: 'error', code, message }));
  report.clear();
  stderr.write(`utimer play: ${message}\n`);
}
