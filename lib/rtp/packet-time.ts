/** How long a packet lasts: frames, and the milliseconds that descriptions give for them (ptime), as AES67 counts both. */
import { checkInteger, rangeError, typeError } from '../arguments.js';
import { MAX_RATE } from './format.js';

/**
 * Frames in a packet of `ptime` milliseconds: the nearest whole number, since descriptions of AES67 streams
 * round: '0.12' is 6 frames at 48 kHz, '1.09' is 48 frames at 44.1 kHz.
 *
 * @param ptime milliseconds, 0.125..10 for AES67; anything that gives at least one frame is taken, up to 1000
 * @param rate Hz, 1..768000
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * import { framesOfPtime } from 'alsa-utimer/rtp';
 *
 * console.log(framesOfPtime(1, 48_000), framesOfPtime(0.12, 48_000), framesOfPtime(1.09, 44_100)); // 48 6 48
 */
export function framesOfPtime(ptime: number, rate: number): number {
  if (typeof ptime !== 'number') throw typeError('ptime', 'a number', ptime);
  checkInteger('rate', rate, 1, MAX_RATE);
  const frames = Math.round((ptime * rate) / 1000);
  if (!(frames >= 1 && ptime <= 1000))
    throw rangeError('ptime', 'at least one frame, at most 1000 ms', ptime);
  return frames;
}

/** The packets of AES67 in frames, which are the same at 44.1 and at 48 kHz; and how it writes their time at 44.1 kHz. */
const AES67_PACKETS: readonly { frames: number; ptimes: readonly number[]; at44100: string }[] = [
  { frames: 6, ptimes: [0.125, 0.12], at44100: '0.14' },
  { frames: 12, ptimes: [0.25], at44100: '0.27' },
  { frames: 16, ptimes: [0.333, 0.33], at44100: '0.36' },
  { frames: 48, ptimes: [1], at44100: '1.09' },
  { frames: 192, ptimes: [4], at44100: '4.35' },
];

/**
 * Frames in a packet that is to last about `ptime` milliseconds, as AES67 counts them: at 44.1 kHz a packet of 1 ms holds 48
 * frames, as at 48 kHz, and lasts 1.09 ms. Times that AES67 does not name are those of `framesOfPtime`.
 *
 * @param ptime milliseconds that give at least one frame, up to 1000
 * @param rate Hz, 1..768000
 * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_OUT_OF_RANGE
 *
 * @example
 * import { packetFramesFor } from 'alsa-utimer/rtp';
 *
 * console.log(packetFramesFor(1, 44_100), packetFramesFor(1, 48_000), packetFramesFor(1, 88_200)); // 48 48 96
 */
export function packetFramesFor(ptime: number, rate: number): number {
  const frames = framesOfPtime(ptime, rate);
  const packet = AES67_PACKETS.find(({ ptimes }) => ptimes.includes(ptime));
  return packet && rate % 44_100 === 0 ? packet.frames * (rate / 44_100) : frames;
}

/** How a description writes the time of a packet: as AES67 does, or as the shortest decimal that reads back as its frames. */
export function formatPtime(frames: number, rate: number): string {
  const packet = AES67_PACKETS.find((known) => known.frames === frames);
  if (packet && rate === 44_100) return packet.at44100;
  const ptime = ptimeOfFrames(frames, rate);
  for (let digits = 0; digits < 9; digits++) {
    const text = ptime.toFixed(digits);
    const isNear = Math.abs(Number(text) - ptime) <= ptime * 1e-3;
    if (isNear && Math.round((Number(text) * rate) / 1000) === frames) return text;
  }
  return String(ptime);
}

/**
 * Milliseconds that `frames` frames last.
 *
 * @example
 * import { ptimeOfFrames } from 'alsa-utimer/rtp';
 *
 * console.log(ptimeOfFrames(6, 48_000)); // 0.125
 */
export function ptimeOfFrames(frames: number, rate: number): number {
  return (frames * 1000) / rate;
}
