import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { WavReader } from '../../../lib/wav/reader.js';
import { chunk, ds64, wav } from '../../support/wav-files.js';

/** Frames of two channels and 16 bits, none of which repeats. */
const AUDIO = Buffer.from(Uint8Array.from({ length: 400 }, (_, i) => (i * 7 + 3) % 251));

/** Bytes in pieces of a length that divides nothing here: what a pipe may give. */
const inPieces = (bytes: Uint8Array, length = 7) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
    })(),
  );

async function read(file: Uint8Array, pieces?: number) {
  const reader = await WavReader.open(inPieces(file, pieces), { name: 'a.wav' });
  const data: Uint8Array[] = [];
  for await (const piece of reader.frames()) {
    expect(piece.length % reader.frameBytes).toBe(0);
    data.push(piece);
  }
  const { parameters, frameCount: frames, missingFrames } = reader;
  return { ...parameters, frames, missingFrames, data: Buffer.concat(data) };
}

const stereo = { format: 'S16_LE', rate: 48_000, channels: 2, frames: 100, missingFrames: 0, data: AUDIO };
const unknown = { ...stereo, frames: undefined };
const list = chunk('LIST', Buffer.from('INFOISFT....'));

describe('a WAV file', () => {
  it.each([1, 7, 4096])('is read forward, in pieces of %i bytes', async (length) => {
    expect(await read(wav({ data: AUDIO }), length)).toEqual(stereo);
  });

  it.each<[string, Buffer, object]>([
    ['has chunks before and behind its audio', wav({ data: AUDIO, before: [list], after: [list] }), stereo],
    [
      'has odd chunks, which are made even',
      wav({ data: AUDIO, before: [chunk('bext', Buffer.alloc(31)), list] }),
      stereo,
    ],
    [
      'has odd chunks, which are not made even',
      wav({ data: AUDIO, before: [chunk('bext', Buffer.alloc(31, 'x'), { pad: false }), list] }),
      stereo,
    ],
    [
      'has a last odd chunk before its format, which is not made even',
      wav({ data: AUDIO, before: [chunk('note', Buffer.alloc(3, 1), { pad: false })] }),
      stereo,
    ],
    ['is of a program that was killed', wav({ data: AUDIO, dataLength: 0, riffLength: 0 }), unknown],
    ['was never ended by its program', wav({ data: AUDIO, dataLength: 0, riffLength: 36 }), unknown],
    [
      'is of arecord, ended by a signal',
      wav({ data: AUDIO, dataLength: 2 ** 31, riffLength: 2 ** 31 + 36 }),
      unknown,
    ],
    ['comes through a pipe', wav({ data: AUDIO, dataLength: 0xffff_ffff, riffLength: 0xffff_ffff }), unknown],
    ['comes from sox through a pipe', wav({ data: AUDIO, dataLength: 0x7fff_f000 }), unknown],
    [
      'has no audio, but something behind it',
      wav({ data: Buffer.alloc(0), after: [list] }),
      { ...stereo, frames: 0, data: Buffer.alloc(0) },
    ],
    [
      'is RF64',
      wav({
        ...{ magic: 'RF64', data: AUDIO, dataLength: 0xffff_ffff, riffLength: 0xffff_ffff },
        ...{ before: [ds64(500, 400)], after: [list] },
      }),
      stereo,
    ],
    [
      'is BW64, with another long chunk',
      wav({
        ...{ magic: 'BW64', data: AUDIO, dataLength: 0xffff_ffff, riffLength: 0xffff_ffff },
        before: [ds64(500, 400, [['axml', 12]]), chunk('axml', Buffer.alloc(12), { length: 0xffff_ffff })],
      }),
      stereo,
    ],
    ['is RIFX', wav({ magic: 'RIFX', data: AUDIO }), { ...stereo, format: 'S16_BE' }],
    ['calls itself RIFX, and is not', wav({ magic: 'RIFX', data: AUDIO, bigEndian: false }), stereo],
    ['is extensible', wav({ data: AUDIO, validBits: 16 }), stereo],
    ['says no block align', wav({ data: AUDIO, blockAlign: 0 }), stereo],
    [
      'has 24 bits in three bytes',
      wav({ data: AUDIO.subarray(0, 300), channels: 1, bits: 24 }),
      { ...stereo, format: 'S24_3LE', channels: 1, data: AUDIO.subarray(0, 300) },
    ],
    [
      'has 20 bits in three bytes',
      wav({ data: AUDIO.subarray(0, 300), channels: 1, bits: 20 }),
      { ...stereo, format: 'S24_3LE', channels: 1, data: AUDIO.subarray(0, 300) },
    ],
    [
      'is extensible, with 24 valid bits of 32',
      wav({ data: AUDIO, channels: 1, bits: 32, validBits: 24 }),
      { ...stereo, format: 'S32_LE', channels: 1 },
    ],
    [
      'holds floating point',
      wav({ data: AUDIO, channels: 1, bits: 32, tag: 3 }),
      { ...stereo, format: 'FLOAT_LE', channels: 1 },
    ],
  ])('that %s gives its frames, and nothing else', async (_, file, expected) => {
    expect(await read(file)).toEqual(expected);
  });

  const loud = [0x123456, -0x123456, 5, -5, 0x7fffff, -0x800000];
  const four = (shift: number, bigEndian: boolean, samples: readonly number[] = loud, padded = false) => {
    const bytes = Buffer.alloc(samples.length * 4);
    for (const [i, sample] of samples.entries()) {
      const value = padded ? sample & 0xffffff : sample << shift;
      if (bigEndian) bytes.writeInt32BE(value, i * 4);
      else bytes.writeInt32LE(value, i * 4);
    }
    return bytes;
  };

  it.each<[string, Buffer, boolean]>([
    ['in the high ones, as WAVE says', four(8, false), false],
    ['in the low ones, as arecord writes them', four(0, false), false],
    ['in the low ones, without their sign', four(0, false, loud, true), false],
    ['in the high ones, big-endian', four(8, true), true],
    ['in the low ones, big-endian', four(0, true), true],
  ])('with 24 bits in four bytes is decoded: %s', async (_, data, bigEndian) => {
    const file = wav({ data, channels: 1, bits: 24, container: 4, magic: bigEndian ? 'RIFX' : 'RIFF' });
    // In one piece: what tells the two may be in any sample of it.
    expect(await read(file, 4096)).toEqual({
      ...{ ...stereo, format: bigEndian ? 'S32_BE' : 'S32_LE', channels: 1, frames: 6 },
      data: four(8, bigEndian),
    });
  });

  it('with 24 bits in four bytes that may lie anywhere is taken as WAVE says', async () => {
    const quiet = four(8, false, [0, 1, 0x7fff, 0x100]);
    const { data } = await read(wav({ data: quiet, channels: 1, bits: 24, container: 4 }), 4096);
    expect(data).toEqual(quiet);
  });

  it('that was cut says how many frames are missing', async () => {
    const whole = wav({ data: AUDIO });
    const cut = await read(whole.subarray(0, whole.length - 41));
    expect(cut).toEqual({ ...stereo, missingFrames: 11, data: AUDIO.subarray(0, 356) });
  });

  it.each<[string, Buffer, RegExp]>([
    ['is none', Buffer.alloc(100), /^a\.wav is no WAV file$/],
    ['is empty', Buffer.alloc(0), /^a\.wav is empty$/],
    ['has no channels', wav({ data: AUDIO, channels: 0 }), /^a\.wav has no channels$/],
    ['has no rate', wav({ data: AUDIO, rate: 0 }), /^a\.wav has no sample rate$/],
    ['ends in its header', wav({ data: AUDIO }).subarray(0, 30), /^a\.wav has a format that is too short$/],
    ['ends before its audio', wav({ data: AUDIO }).subarray(0, 40), /^a\.wav ends before its audio$/],
    ['ends in a chunk', wav({ data: AUDIO, before: [list] }).subarray(0, 25), /ends before its audio$/],
    ['has audio first', wav({ data: AUDIO, before: [chunk('data', AUDIO)] }), /has audio before its format$/],
    [
      'holds 8 bits',
      wav({ data: AUDIO, bits: 8 }),
      /holds integers of 8 bits in a byte: integers of 16, 24 and 32/,
    ],
    ['holds mu-law', wav({ data: AUDIO, bits: 8, tag: 7 }), /holds mu-law of 8 bits/],
    [
      'holds 64 bits of float',
      wav({ data: AUDIO, bits: 64, tag: 3 }),
      /holds floating point of 64 bits in 8/,
    ],
    ['holds something else', wav({ data: AUDIO, tag: 0x1234 }), /holds encoding 4660 of 16 bits/],
    [
      'has frames that do not divide',
      wav({ data: AUDIO, blockAlign: 5 }),
      /integers of 16 bits in 2\.5 bytes/,
    ],
    ['has too many bits for its bytes', wav({ data: AUDIO, bits: 24, blockAlign: 4 }), /24 bits in 2 bytes/],
  ])('that %s is refused in words', async (_, file, message) => {
    const error = await read(file).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'AlsaError', code: 'ERR_INVALID_WAV', path: 'a.wav' });
    expect(error.message).toMatch(message);
  });

  it('that is damaged anywhere in its header gives frames or an error in words, and no other', async () => {
    const file = wav({ data: AUDIO, before: [list] });
    for (let at = 0; at < 70; at += 1) {
      for (const byte of [0, 1, 0x7f, 0xff]) {
        const damaged = Buffer.from(file);
        damaged[at] = byte;
        await read(damaged, 4096).catch((error) => expect(error.code).toBe('ERR_INVALID_WAV'));
      }
    }
  });
});
