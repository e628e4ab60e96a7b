// A loopback card for a file of cases, and conversations about its cables.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Pcm, type PcmOptions } from '../../../lib/index.js';
import { readTimerSource, writeTimerSource } from '../../../lib/loopback/card.js';
import { isLoopbackLoaded, LoopbackCard } from '../../../lib/loopback/index.js';
import { runKmod } from '../../../lib/loopback/kmod.js';
import { converse, transcript } from './raw.js';

/** What the steps of streams.c take unless they are told otherwise. */
export const STREAM = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;
/** Nanoseconds of a period of that. */
export const RESOLUTION = 10_000_000n;

/** The steps that make a cable with a timer of its own: timer t, capture c that runs, playback p that is prepared. */
export const CABLE = `
  create t ${RESOLUTION}
  source t
  capture c
  ready c
  start c
  playback p
  ready p`;

/** A card for cases, and how it is left as it was. */
export interface TakenCard {
  readonly card: LoopbackCard;
  /** Whether it was there before, with the module, which then stays loaded. */
  readonly isForeign: boolean;
  giveBack(): Promise<void>;
}

/** The first card of snd-aloop where that is loaded, or one that it is loaded for. */
export async function takeCard(): Promise<TakenCard> {
  if (!isLoopbackLoaded()) {
    const card = await LoopbackCard.load();
    return { card, isForeign: false, giveBack: () => LoopbackCard.unload() };
  }
  const card = LoopbackCard.find();
  const source = readTimerSource(card.number);
  const giveBack = async () => writeTimerSource(card.number, source);
  card.resetTimerSource();
  return { card, isForeign: true, giveBack };
}

/** For every file of cases about cables: what is opened by it does not outlive its case. */
export function useCard() {
  let card: LoopbackCard;
  let taken: TakenCard | undefined;
  const open: Disposable[] = [];
  beforeAll(async () => {
    taken = await takeCard();
    card = taken.card;
  });
  afterEach(() => {
    for (const pcm of open.splice(0).reverse()) pcm[Symbol.dispose]();
    expect(card.cables().filter(({ playback, capture }) => playback || capture)).toEqual([]);
    card.resetTimerSource();
  });
  afterAll(() => taken?.giveBack());

  const pcm = (direction: 'playback' | 'capture', options: Partial<PcmOptions>) => {
    const device = direction === 'playback' ? 0 : 1;
    const opened = Pcm.open({ ...STREAM, card: card.number, device, substream: 0, direction, ...options });
    open.push(opened);
    return opened;
  };
  const onCard = (text: string) => `card ${card.number}\n${text.trim()}`;
  return {
    get card() {
      return card;
    },
    get isForeign() {
      return taken?.isForeign === true;
    },
    playback: (options: Partial<PcmOptions> = {}) => pcm('playback', options),
    capture: (options: Partial<PcmOptions> = {}) => pcm('capture', options),
    /** Unloads the module and loads it with other parameters. */
    async reload(...parameters: string[]) {
      await LoopbackCard.unload();
      await runKmod('modprobe', ['snd-aloop', ...parameters]);
      card = LoopbackCard.find();
    },
    /** `converse` about this card. */
    converse: (text: string) => converse(onCard(text)),
    /** `transcript` about this card. */
    transcript: (text: string) => transcript(onCard(text)),
  };
}

/** What the kernel logs from now on; each record is given once. */
export interface KernelLog extends Disposable {
  /** Records about sound: others come whenever they like. */
  read(): string[];
  /** Records that tell of a fault of the kernel. */
  faults(): string[];
}

export function followKernelLog(): KernelLog {
  const file = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  const record = Buffer.alloc(8192);
  const take = () => {
    const records: string[] = [];
    for (;;) {
      try {
        records.push(record.toString('utf8', 0, readSync(file, record)));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') return records;
        // EPIPE: records were overwritten before they were read.
        if (code !== 'EPIPE') throw error;
      }
    }
  };
  take();
  return {
    read: () => take().filter((text) => /\bsnd[_-]|aloop|loopback|\bALSA\b/i.test(text)),
    faults: () => take().filter((text) => /\bBUG\b|\bOops\b|\bWARNING\b|\bKASAN\b|Call Trace/.test(text)),
    [Symbol.dispose]: () => closeSync(file),
  };
}
