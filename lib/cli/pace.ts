/** `utimer pace`: a timer, or a cable of snd-aloop, by a clock. */
import { PCM_ACCESSES } from '../pcm/access.js';
import { PCM_FORMATS } from '../pcm/format.js';
import { MAX_RATE } from '../rtp/format.js';
import { device, substream, timer } from './cable/options.js';
import { command } from './table/command.js';
import { card, timeSource } from './table/machine.js';
import { describedWords, file, rate, whole, words } from './table/reader.js';
import { time } from './table/time.js';

export const pace = command({
  name: 'pace',
  summary: 'a timer or a snd-aloop cable, ticked by any clock',
  withoutReader: 'go on',
  forms: ['[--clock CLOCK] [OPTION]...', '[--clock CLOCK] --card CARD [OPTION]... [FILE|-]'],
  about: [
    'Ticks at the end of each period of a clock, until it is interrupted. The clock is one of the system, a PTP clock, another timer, or whatever writes into a descriptor.',
    'It ticks a userspace-driven timer of its own, which any cable or program may use: the command first prints what to write into timer_source. With --card it moves the periods of a loopback cable instead: the frames of FILE, until that ends, or silence.',
  ],
  arguments: {
    file: { reader: file, help: 'raw frames to play into the cable; - for stdin' },
  },
  options: {
    'The clock': {
      clock: {
        reader: timeSource,
        default: 'monotonic',
        help: 'monotonic, boottime, realtime, tai, aux0..aux7, /dev/ptpN, the network interface of a PTP clock, timer:TIMER or fd:N',
        more: '`utimer clocks` and `utimer list` show them',
      },
      rate: { reader: rate(MAX_RATE), as: 'rate', default: '48k', help: 'sample rate' },
      period: {
        reader: whole(1, 2 ** 20, 'FRAMES'),
        as: 'periodFrames',
        otherwise: '10 ms',
        help: 'frames a period',
      },
      ppb: {
        reader: whole(-500_000_000, 500_000_000),
        as: 'ppb',
        otherwise: '0',
        help: 'how much faster than the clock, in parts per billion',
      },
      start: {
        reader: describedWords({
          now: 'a period from now on',
          aligned: "at multiples of the period since the clock's epoch",
        }),
        as: 'start',
        otherwise: 'now',
        help: 'where periods end',
        more: 'aligned are those of all machines that share the clock',
      },
      late: {
        reader: describedWords({
          'catch-up': 'they move at once',
          skip: 'the last one moves, the others are missed',
        }),
        as: 'late',
        default: 'catch-up',
        help: 'what becomes of periods that are late by a period or more',
        more: 'catch-up moves them at once, skip the last one only',
      },
      'max-burst': {
        reader: whole(1, 1_000_000),
        as: 'maxBurst',
        when: ['late', 'catch-up'],
        otherwise: '1000',
        help: 'how many may move at once; of more the first are missed',
      },
    },
    'The timer': {
      timer,
    },
    'The cable': {
      card: { reader: card, as: 'card', help: 'move a cable of this loopback card' },
      device: { ...device, with: ['card'] },
      substream: { ...substream, with: ['card'] },
      'sample-format': {
        reader: words(...PCM_FORMATS),
        as: 'format',
        with: ['card'],
        default: 'S16_LE',
        help: 'what the listener gets, and FILE holds',
      },
      channels: { reader: whole(1, 32), as: 'channels', with: ['card'], default: '2', help: 'the same' },
      access: {
        reader: words(...PCM_ACCESSES),
        as: 'access',
        with: ['card'],
        default: 'interleaved',
        help: 'how both ends of the cable lay out frames',
        more: 'noninterleaved is for JACK and arecord -I',
      },
    },
    'The thread': {
      priority: {
        reader: whole(1, 99),
        as: 'priority',
        otherwise: 'none',
        help: 'real-time priority (SCHED_FIFO)',
      },
      cpu: { reader: whole(0, 1023), as: 'cpu', otherwise: 'any', help: 'the only CPU that it runs on' },
      'lock-memory': { help: 'keep its memory from being paged out' },
    },
    'The output': {
      duration: { reader: time({ min: '1ms', max: '596h' }), help: 'end after this time' },
      stats: {
        reader: time({ min: '10ms', max: '24h', step: 'ms', zero: 'never' }),
        default: '1s',
        help: 'how often to print the counters',
      },
      histogram: {
        help: 'at the end print how late periods were, as cyclictest -h does',
        more: 'all else goes to stderr then',
      },
      json: { without: 'histogram', help: 'print one JSON object a line' },
    },
  },
  notes: {
    Clocks: [
      'A clock of the kernel is followed in frequency and phase, and over steps. Once it cannot be read any more its last frequency goes on. Nothing is set or adjusted: a PTP daemon may do that beside this command.',
      'timer:hrtimer and timer:system (jiffies, the timer wheel) are asked for ticks of a period. Each tick of another timer is the end of a period; so is each byte that descriptor N gives, or each count of an eventfd or a timerfd. When these end, the command does. They have the time: --ppb, --start and --histogram are for clocks.',
    ],
    'On a terminal': [
      'One line shows the state of the clock (free, which needs no look at it, acquiring, locked or holdover), by how many ppb it is faster than CLOCK_MONOTONIC, how far its last reading was from where it was expected (phase), how late periods were (late: p50/p99/max), at how many ends nothing moved (missed), and the periods that were moved.',
    ],
    Histogram: [
      'A line has microseconds, and how many periods were that late or later, and less late than the next line says. Up to 16 us lines are 1 us apart, and above that an eighth of a power of two.',
    ],
    JSON: [
      "The first object is { type: 'open' }. Then come state, step, late, listener, mismatch, stats and error as they happen. The last is { type: 'close' } with all counters, the buckets of the lateness, and the reason: 'interrupt', 'duration', 'file', 'source' or 'error'. Nanoseconds and periods are strings. While nobody reads, the newest counters wait and all else is dropped; then { type: 'dropped', events } says how many.",
    ],
  },
  examples: [
    ['utimer pace --clock /dev/ptp0 --card Loopback', 'a cable of silence by a PTP clock'],
    [
      'ffmpeg -re -i in.flac -f s16le -ar 48000 -ac 2 - |\nutimer pace --clock tai --start aligned --card Loopback -',
      'play what another program decodes into a cable, in phase with other machines',
    ],
    ['utimer pace --clock timer:hrtimer --rate 44.1k --period 441', 'tick a timer by the kernel itself'],
    [
      'utimer pace --period 48 --priority 80 --lock-memory --duration 10s\n--histogram',
      'how late this machine wakes for periods of 1 ms',
    ],
  ],
  exit: '0; 1 on an error, or when nobody reads the output of a program that was told to end',
  run: async (given, io) => (await import('./pace/run-pace.js')).runPace(given, io),
});
