/** `utimer record`: what is played into a cable, as a WAV file. */
import { PCM_ACCESSES } from '../pcm/access.js';
import { MAX_RATE } from '../rtp/format.js';
import { WAV_WRITER_FORMATS } from '../wav/header.js';
import { command } from './table/command.js';
import { card, device, substream } from './table/machine.js';
import { file, rate, whole, words } from './table/reader.js';
import { nanoseconds, time } from './table/time.js';

export const record = command({
  name: 'record',
  summary: 'what is played into a snd-aloop cable, as a WAV file',
  withoutReader: 'go on',
  about: [
    'Records one end of a loopback cable, until it is interrupted. The header of the file is right however the command ends; beyond 4 GiB the file is RF64.',
    'If somebody plays already, the recording has the format of that, and the clock of the cable stays as it is. Otherwise this command is the clock of the cable: programs that play into it are recorded frame by frame, as fast as they play, up to their last frame, and nothing is recorded while nobody plays.',
  ],
  arguments: {
    file: { reader: file, needed: true, example: 'out.wav', help: 'the WAV file to write; - for stdout' },
  },
  options: {
    'The end': {
      frames: {
        reader: whole(1, Number.MAX_SAFE_INTEGER),
        without: 'duration',
        help: 'end after so many frames',
      },
      duration: {
        reader: nanoseconds({ min: '1ms', max: '596h' }),
        help: 'end after so much audio',
      },
      'until-stop': { help: 'end when who plays has stopped' },
    },
    'The cable': {
      card: { reader: card, as: 'card', otherwise: 'the first loopback card', help: 'a card of snd-aloop' },
      device: {
        reader: device,
        as: 'device',
        default: '1',
        help: 'the device to record from; programs play on the other one',
      },
      substream: { reader: substream, as: 'substream', default: '0', help: 'the substream of the cable' },
      'sample-format': {
        reader: words(...WAV_WRITER_FORMATS),
        as: 'format',
        otherwise: 'what is played, or S16_LE',
        help: 'what is recorded',
      },
      rate: { reader: rate(MAX_RATE), as: 'rate', otherwise: 'what is played, or 48k', help: 'sample rate' },
      channels: {
        reader: whole(1, 32),
        as: 'channels',
        otherwise: 'what is played, or 2',
        help: 'the same',
      },
      period: {
        reader: whole(1, 2 ** 20, 'FRAMES'),
        as: 'periodFrames',
        otherwise: 'what is played with, or 10 ms',
        help: 'frames a period',
      },
      access: {
        reader: words(...PCM_ACCESSES),
        as: 'access',
        otherwise: 'what is played with, or interleaved',
        help: 'how both ends of the cable lay out frames',
      },
    },
    'The output': {
      force: { help: 'write over FILE if it exists' },
      stats: {
        reader: time({ min: '10ms', max: '24h', step: 'ms', zero: 'never' }),
        default: '1s',
        help: 'how often to print the counters',
      },
      json: { help: 'print one JSON object a line' },
    },
  },
  notes: {
    JSON: [
      "The first object is { type: 'open' }. Then come player, mismatch, overrun, stats and error as they happen. The last is { type: 'close' } with the frames, the overruns, and the reason: 'length', 'stop', 'unread' (of stdout), 'interrupt' or 'error'.",
    ],
  },
  examples: [
    ['utimer record --until-stop out.wav', 'be the clock of the next program that plays'],
    ['utimer record --duration 10s --force take.wav', 'record ten seconds of audio'],
  ],
  exit: '0; 1 on an error, or when nobody reads the output of a program that was told to end',
  run: async (given, io) => (await import('./record/run-record.js')).runRecord(given, io),
});
