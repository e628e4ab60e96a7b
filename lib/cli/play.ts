/** `utimer play`: a WAV file into a cable. */
import { PCM_ACCESSES } from '../pcm/access.js';
import { device, substream, timer } from './cable/options.js';
import { command } from './table/command.js';
import { card } from './table/machine.js';
import { file, whole, words } from './table/reader.js';
import { time } from './table/time.js';

export const play = command({
  name: 'play',
  summary: 'a WAV file into a snd-aloop cable, frame by frame',
  withoutReader: 'go on',
  about: [
    'Plays a WAV file into a loopback cable that it clocks itself: the listener gets exactly the frames of the file. It waits for a listener first. Then each period comes as soon as the listener has room for it, so that a program that reads fast gets a file of an hour in seconds. With --realtime periods come by CLOCK_MONOTONIC.',
    'WAV is RIFF, RIFX, RF64 or BW64 with integers of 16, 24 or 32 bits, or floating point of 32. The last period is filled with silence.',
  ],
  arguments: {
    file: { reader: file, needed: true, example: 'music.wav', help: 'the WAV file; - for stdin' },
  },
  options: {
    'The pace': {
      realtime: {
        help: 'play as fast as it sounds',
        more: 'a listener that goes away misses what is played without it; otherwise it is waited for',
      },
    },
    'The cable': {
      card: {
        reader: card,
        as: 'card',
        otherwise: 'the first loopback card',
        help: 'a card of snd-aloop',
      },
      device,
      substream,
      period: {
        reader: whole(1, 2 ** 20, 'FRAMES'),
        as: 'periodFrames',
        otherwise: '10 ms',
        help: 'frames a period',
      },
      timer,
      access: {
        reader: words(...PCM_ACCESSES),
        as: 'access',
        default: 'interleaved',
        help: 'how both ends of the cable lay out frames',
        more: 'noninterleaved is for JACK and arecord -I',
      },
    },
    'The output': {
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
      "The first object is { type: 'open' }. Then come listener, mismatch, stats and error as they happen. The last is { type: 'close' } with the counters, and the reason: 'file', 'interrupt' or 'error'. missingFrames says how many frames a file that is cut does not have.",
    ],
  },
  examples: [
    ['utimer play --card Loopback music.wav', 'give a file to whoever listens on hw:Loopback,1,0'],
    ['ffmpeg -i music.flac -f wav - | utimer play --realtime -', 'play what another program decodes'],
  ],
  exit: '0; 1 on an error, or when nobody reads the output of a program that was told to end',
  run: async (given, io) => (await import('./play/run-play.js')).runPlay(given, io),
});
