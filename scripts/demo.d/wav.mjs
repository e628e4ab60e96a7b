// Reads a WAV file (RIFF, PCM or float): what is in it, as ALSA names it.
import { readFileSync } from 'node:fs';

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const FORMATS = { '1/16': 'S16_LE', '1/24': 'S24_3LE', '1/32': 'S32_LE', '3/32': 'FLOAT_LE' };

/**
 * @param {string} path
 * @returns {{ format: string, rate: number, channels: number, frameBytes: number, frames: number, data: Buffer }}
 */
export function readWav(path) {
  const file = readFileSync(path);
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`${path} is not a WAV file`);
  }
  let description;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = file.toString('latin1', at, at + 4);
    const chunk = file.subarray(at + 8, at + 8 + file.readUInt32LE(at + 4));
    if (id === 'fmt ') description = readFormat(path, chunk);
    if (id === 'data') {
      if (!description) throw new Error(`${path} has data before its format`);
      const frames = Math.floor(chunk.length / description.frameBytes);
      return { ...description, frames, data: chunk.subarray(0, frames * description.frameBytes) };
    }
    at += 8 + chunk.length + (chunk.length % 2);
  }
  throw new Error(`${path} has no audio data`);
}

function readFormat(path, chunk) {
  const tag = chunk.readUInt16LE(0);
  const bits = chunk.readUInt16LE(14);
  const format = FORMATS[`${tag === EXTENSIBLE ? chunk.readUInt16LE(24) : tag}/${bits}`];
  if (!format) {
    throw new Error(
      `${path} holds ${tag === PCM ? 'PCM' : tag === FLOAT ? 'float' : `encoding ${tag}`} of ${bits} bits; ` +
        'the demo plays 16, 24 or 32 bit PCM and 32 bit float. Convert it: sox IN.wav -b 16 OUT.wav',
    );
  }
  const channels = chunk.readUInt16LE(2);
  return { format, channels, rate: chunk.readUInt32LE(4), frameBytes: (channels * bits) / 8 };
}
