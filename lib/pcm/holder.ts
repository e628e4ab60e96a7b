/** Who holds a substream. */
import { join } from 'node:path';
import { AlsaError, calledOn, forExplanation, withHint } from '../errors.js';
import type { Called } from '../hints.js';
import { glance, listProc, procAsound, readProc, readProcName } from '../proc.js';
import type { PcmDirection } from './options.js';
import {
  type HolderParameters,
  readSubstream,
  type SubstreamPlace,
  type SubstreamReader,
} from './substream.js';

export interface SubstreamHolder {
  /** The device in ALSA's notation, for instance 'hw:0,1,0'. */
  readonly name: string;
  readonly direction: PcmDirection;
  /** The process; 0 where it is of another container. */
  readonly pid: number;
  /** The id of its thread that opened the substream, which is what the kernel knows: a worker's, for instance. */
  readonly threadId: number;
  /**
   * The name of the program, as in /proc/<pid>/comm, with escapes for control characters; empty where it is gone or of
   * another container.
   */
  readonly command: string;
  /** The kernel's name of the state in lower case, for instance 'running'. */
  readonly state: string;
  /** What it was set to; undefined before hw_params. */
  readonly parameters: HolderParameters | undefined;
}

/** The holder of one substream, or undefined while it is closed. */
export function substreamHolder(
  card: number,
  device: number,
  direction: PcmDirection,
  substream: number,
): SubstreamHolder | undefined {
  const place = { card, device, direction, substream };
  return readSubstream(place, (reader) => holderOf(reader, place));
}

/** The same by a reader of that substream. */
export function holderOf(
  reader: SubstreamReader,
  { card, device, direction, substream }: SubstreamPlace,
): SubstreamHolder | undefined {
  const status = reader.status();
  if (status === undefined) return undefined;
  const { threadId, state } = status;
  const pid = threadId === 0 ? 0 : processOf(threadId);
  return {
    name: `hw:${card},${device},${substream}`,
    direction,
    pid,
    threadId,
    command: pid === 0 ? '' : (readProcName(`/proc/${pid}/comm`) ?? ''),
    state,
    parameters: reader.parameters(),
  };
}

/** Of the other end of a cable. */
export function otherDirection(direction: PcmDirection): PcmDirection {
  return direction === 'playback' ? 'capture' : 'playback';
}

/** The holder of the other end of a cable, where the card is a loopback. */
export function otherEnd(
  card: number,
  device: number,
  direction: PcmDirection,
  substream: number,
): SubstreamHolder | undefined {
  if (glance(join(procAsound(), `card${card}`, 'cable#0')) === undefined) return undefined;
  return substreamHolder(card, 1 - device, otherDirection(direction), substream);
}

/** The process of a thread; a thread that is gone stands for itself. */
function processOf(threadId: number): number {
  return Number(/^Tgid:\s*(\d+)/m.exec(readProc(`/proc/${threadId}/status`) ?? '')?.[1] ?? threadId);
}

/** Every holder of a substream of a card. */
export function cardHolders(card: number): SubstreamHolder[] {
  const folder = join(procAsound(), `card${card}`);
  return listProc(folder).flatMap((pcm) => {
    const match = /^pcm(\d+)([pc])$/.exec(pcm);
    if (!match) return [];
    return listProc(join(folder, pcm)).flatMap((sub) => {
      const substream = /^sub(\d+)$/.exec(sub)?.[1];
      if (substream === undefined) return [];
      const direction = match[2] === 'p' ? 'playback' : 'capture';
      return substreamHolder(card, Number(match[1]), direction, Number(substream)) ?? [];
    });
  });
}

/** For messages: `capture hw:0,1,0 is held by arecord (process 1234): S16_LE, 44100 Hz, 2 channels, 441 frames a period`. */
export function describeHolder(holder: SubstreamHolder): string {
  const { name, direction, parameters } = holder;
  const what = parameters
    ? `: ${parameters.format}, ${parameters.rate} Hz, ${parameters.channels} channels, ${parameters.periodFrames} frames a period` +
      (parameters.access === 'noninterleaved' ? ', non-interleaved' : '')
    : '';
  return `${direction} ${name} is held by ${processName(holder)}${what}`;
}

function processName({ pid, command }: SubstreamHolder): string {
  return `${command || 'a program'} (process ${pid})`;
}

/** The same of many, each process once: `node (process 12) holds playback hw:0,0,0, hw:0,0,1 and capture hw:0,1,2; ...`. */
export function describeHolders(holders: readonly SubstreamHolder[]): string {
  const processes = new Map<string, SubstreamHolder[]>();
  for (const holder of holders) {
    const who = processName(holder);
    processes.set(who, [...(processes.get(who) ?? []), holder]);
  }
  return [...processes]
    .map(([who, held]) => {
      const names = (wanted: PcmDirection) => {
        const of = held.filter(({ direction }) => direction === wanted);
        return of.length > 0 ? [`${wanted} ${of.map(({ name }) => name).join(', ')}`] : [];
      };
      return `${who} holds ${[...names('playback'), ...names('capture')].join(' and ')}`;
    })
    .join('; ');
}

/**
 * Runs `body`, which opens or starts one end of a cable for an object of the class `called`; an error that the other end causes
 * says who is there, and has set the cable.
 */
export function namingHolder<T>(
  called: Called,
  card: number,
  device: number,
  direction: PcmDirection,
  substream: number,
  body: () => T,
): T {
  try {
    return body();
  } catch (cause) {
    const error = calledOn(called, cause);
    if (!(error instanceof AlsaError)) throw error;
    if (!['ERR_PCM_PARAMETER', 'EINVAL', 'EIO'].includes(error.code)) throw error;
    const other = () => substreamHolder(card, 1 - device, otherDirection(direction), substream);
    throw naming(error, forExplanation(other));
  }
}

/** An error of opening a substream, which says who has it where somebody has. */
export function namingOccupant(error: unknown, place: SubstreamPlace): unknown {
  if (!(error instanceof AlsaError) || error.code !== 'EBUSY') return error;
  const { card, device, direction, substream } = place;
  return naming(
    error,
    forExplanation(() => substreamHolder(card, device, direction, substream)),
  );
}

function naming(error: AlsaError, holder: SubstreamHolder | undefined): AlsaError {
  const who = holder && describeHolder(holder);
  return who === undefined || error.message.includes(who) ? error : withHint(error, `Now ${who}.`);
}
