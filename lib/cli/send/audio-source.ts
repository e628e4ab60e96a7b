/** What `utimer send` sends: a file, by this machine's clock, or a cable of snd-aloop, at the cable's pace. */
import type { Clock } from '../../clock/clock.js';
import type { LoopbackCaptureStats } from '../../loopback/capture-events.js';
import type { LoopbackCaptureOptions } from '../../loopback/capture-options.js';
import type { RtpPcmFormat } from '../../rtp/format.js';
import type { RtpSender } from '../../rtp/sender.js';
import type { PaceOptions } from '../../rtp/sender-options.js';
import type { Io } from '../output/io.js';
import { UsageError } from '../table/usage-error.js';
import { openCable, openClockedCable } from './cable-source.js';
import { openFile } from './file-source.js';

/** The format of frames. */
export interface Shape {
  readonly format: RtpPcmFormat;
  readonly rate: number;
  readonly channels: number;
}

export interface AudioSource extends Shape {
  /** The file that says its format; undefined where options do. */
  readonly saidBy?: string;
  send(
    sender: RtpSender,
    signal: AbortSignal,
    restarted: (why: 'overrun' | 'suspend') => void,
    pace: MediaPace,
  ): Promise<void>;
  /** How often frames were lost before they were sent, where that may be. */
  restarts?(): Restarts;
  /** What is to be said of what was sent. */
  remark?(): string | undefined;
  close(): void;
}

/** The clock of the stream, where it has one. */
export type MediaPace = Pick<PaceOptions, 'clock' | 'mediaOffset'>;

export type Restarts = Pick<LoopbackCaptureStats, 'overruns' | 'suspends'>;

/** What the command line says about the audio. */
export type AudioOptions = Partial<Shape> &
  Pick<LoopbackCaptureOptions, 'device' | 'substream' | 'access'> & {
    readonly card?: number | string;
    readonly periodFrames?: number;
  };

export async function openAudio(
  file: string | undefined,
  options: AudioOptions,
  io: Pick<Io, 'signal' | 'stdin'>,
  clock: Clock | undefined,
): Promise<AudioSource> {
  if ((file === undefined) === (options.card === undefined))
    throw new UsageError('either one FILE (- for stdin) or --card is needed');
  if (file !== undefined) return openFile(file, options, io);
  const shape = wholeShape(options);
  return clock ? openClockedCable(options, shape, clock, io.signal) : openCable(options, shape);
}

/** @throws UsageError where a part is missing */
export function wholeShape({ format, rate, channels }: Partial<Shape>): Shape {
  if (format === undefined || rate === undefined || channels === undefined)
    throw new UsageError('--sample-format, --rate and --channels are needed');
  return { format, rate, channels };
}
