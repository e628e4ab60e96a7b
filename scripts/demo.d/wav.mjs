// A recording of the demo, whole.
import { createReadStream } from 'node:fs';
import { WavReader } from '../../dist/tools.js';

/**
 * @typedef {object} Recording
 * @property {WavReader['format']} format
 * @property {number} rate Hz
 * @property {number} channels
 * @property {number} frameBytes
 * @property {number} frames
 * @property {Buffer} data
 */

/**
 * @param {string} path
 * @returns {Promise<Recording>}
 */
export async function readWav(path) {
  const wav = await WavReader.open(createReadStream(path), path);
  const { format, rate, channels, frameBytes } = wav;
  const pieces = [];
  for await (const piece of wav.data()) pieces.push(piece);
  const data = Buffer.concat(pieces);
  return { format, rate, channels, frameBytes, frames: data.length / frameBytes, data };
}
