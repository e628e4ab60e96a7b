// A recording of the demo, whole.
import { WavReader } from '../../dist/wav/index.js';

/**
 * @typedef {object} Recording
 * @property {WavReader['parameters']['format']} format
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
  const wav = await WavReader.open(path);
  const { frameBytes, parameters } = wav;
  const pieces = [];
  for await (const piece of wav.frames()) pieces.push(piece);
  const data = Buffer.concat(pieces);
  return { ...parameters, frameBytes, frames: data.length / frameBytes, data };
}
