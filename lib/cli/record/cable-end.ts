/** The end of a cable that is recorded: by the clock that it has, or with this command as its clock. */
import { LoopbackCapture } from '../../loopback/capture.js';
import { LoopbackCard } from '../../loopback/card.js';
import { ClockedCapture } from '../../loopback/clocked-capture.js';
import type { PcmAccess } from '../../pcm/access.js';
import { substreamHolder } from '../../pcm/holder.js';
import { WAV_WRITER_FORMATS, type WavWriterFormat } from '../../wav/header.js';
import type { Tell } from '../cable/tell.js';
import { UsageError } from '../table/usage-error.js';

/** What the command line says of it. */
export interface CableOptions {
  readonly card?: number | string;
  readonly device?: 0 | 1;
  readonly substream?: number;
  readonly format?: WavWriterFormat;
  readonly rate?: number;
  readonly channels?: number;
  readonly periodFrames?: number;
  readonly access?: PcmAccess;
}

export interface RecordedParameters {
  readonly format: WavWriterFormat;
  readonly rate: number;
  readonly channels: number;
  readonly periodFrames: number;
  readonly access: PcmAccess;
}

export interface CableEnd extends Disposable {
  readonly parameters: RecordedParameters;
  readonly frameBytes: number;
  /** What is captured. */
  readonly name: string;
  /** What programs play into. */
  readonly playerName: string;
  /** Whether this command is the clock of the cable. */
  readonly isClock: boolean;
  frames(options: {
    readonly signal: AbortSignal;
    readonly until: 'close' | 'stop';
  }): AsyncIterable<Uint8Array>;
  /** How often frames were lost before they were recorded. */
  overruns(): number;
  /** Tells who plays, or tries to. */
  watch(tell: Tell, failed: (error: unknown) => void): void;
}

export async function openCableEnd(given: CableOptions, signal: AbortSignal): Promise<CableEnd> {
  const { device = 1, substream = 0 } = given;
  const card = LoopbackCard.find(given.card);
  const played = substreamHolder(card.number, 1 - device, 'playback', substream)?.parameters;
  const format = given.format ?? recordable(played?.format ?? 'S16_LE');
  const rate = given.rate ?? played?.rate ?? 48_000;
  const parameters = {
    format,
    rate,
    channels: given.channels ?? played?.channels ?? 2,
    periodFrames: given.periodFrames ?? played?.periodFrames ?? Math.round(rate / 100),
    access: given.access ?? played?.access ?? 'interleaved',
  };
  const options = { ...parameters, card, device, substream };
  const playerName = `hw:${card.number},${1 - device},${substream}`;
  const name = `hw:${card.number},${device},${substream}`;
  const end = played ? openJoined(options) : await openClock(options, signal);
  return { ...end, parameters, name, playerName };
}

type Opened = Omit<CableEnd, 'parameters' | 'name' | 'playerName'>;

/** What is played has a clock already. */
function openJoined(options: Parameters<typeof LoopbackCapture.open>[0]): Opened {
  const capture = LoopbackCapture.open({ ...options, onInterruption: 'restart' });
  return {
    frameBytes: capture.frameBytes,
    isClock: false,
    frames: (given) => capture.frames(given),
    overruns: () => capture.stats().overruns + capture.stats().suspends,
    watch(tell, failed) {
      capture.on('writer', (state) =>
        tell('player', { ...state }, state.active ? 'somebody plays' : 'nobody plays'),
      );
      capture.on('error', failed);
    },
    [Symbol.dispose]: () => capture.close(),
  };
}

/** Nobody plays yet: who does so later plays at the pace of this. */
async function openClock(
  options: Parameters<typeof ClockedCapture.open>[0],
  signal: AbortSignal,
): Promise<Opened> {
  const capture = await ClockedCapture.open({ ...options, signal });
  return {
    frameBytes: capture.frameBytes,
    isClock: true,
    frames: (given) => capture.frames(given),
    overruns: () => capture.stats().lostPeriods,
    watch(tell, failed) {
      capture.on('player', (state) =>
        tell('player', { ...state }, state.active ? 'somebody plays' : 'nobody plays'),
      );
      capture.on('mismatch', (mismatch) => tell('mismatch', mismatch, mismatch.message));
      capture.on('error', failed);
    },
    [Symbol.dispose]: () => capture.close(),
  };
}

function recordable(format: string): WavWriterFormat {
  const found = WAV_WRITER_FORMATS.find((known) => known === format);
  if (found !== undefined) return found;
  throw new UsageError(
    `${format} is played, which no WAV file holds; have the player play S16_LE, S24_3LE, S32_LE or FLOAT_LE`,
  );
}
