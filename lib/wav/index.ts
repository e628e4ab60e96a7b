/**
 * WAV files, read and written: without the addon, on any machine.
 *
 * @module alsa-utimer/wav
 */
export type { WavFormat } from './head.js';
export { WAV_WRITER_FORMATS, type WavWriterFormat } from './header.js';
export { WavReader, type WavReaderOptions } from './reader.js';
export { WavWriter, type WavWriterOptions } from './writer.js';
