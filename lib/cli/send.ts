/** `utimer send`: a file, stdin or a cable of snd-aloop as a stream to the network. */
import { PCM_ACCESSES } from '../pcm/access.js';
import { MAX_CHANNELS, MAX_RATE, RTP_ENCODINGS, RTP_PCM_FORMATS } from '../rtp/format.js';
import { command } from './table/command.js';
import {
  card,
  clockName,
  device,
  endpoint,
  mediaClock,
  networkInterface,
  substream,
} from './table/machine.js';
import { file, rate, text, whole, words } from './table/reader.js';
import { time } from './table/time.js';

/** What is said in the description is heard where that is printed. */
const DESCRIBED = ['sdp-out', 'json'] as const;

export const send = command({
  name: 'send',
  summary: 'a file, stdin or a snd-aloop cable as a stream to the network',
  withoutReader: 'go on',
  forms: [
    '--to ADDRESS:PORT [OPTION]... FILE.wav|-',
    '--to ADDRESS:PORT --sample-format S16_LE --rate 48k --channels 2 [OPTION]... FILE|-',
    '--to ADDRESS:PORT --card CARD --sample-format S16_LE --rate 48k --channels 2 [OPTION]...',
  ],
  about: [
    "Sends audio as an RTP stream (AES67: L16 or L24) until the file ends, or until it is interrupted. The frames of a file, a named pipe or stdin go out by this machine's clock. Those of a loopback cable go out at the cable's pace. With --clock it is the clock that moves the cable: whoever plays into it plays at the pace of that clock, and silence is sent while nobody does.",
    'WAV is RIFF, RIFX, RF64 or BW64 with integers of 16, 24 or 32 bits. A file that is cut is sent, and the command says so at its end.',
  ],
  arguments: {
    file: { reader: file, help: 'a WAV file, or raw frames where options say their format; - for stdin' },
  },
  options: {
    'The stream': {
      to: { reader: endpoint(1), needed: true, help: 'the group or the receiver; [IPv6]:PORT as well' },
      format: {
        reader: words(...RTP_ENCODINGS),
        otherwise: 'L16 for 16 bits, else L24',
        help: 'what packets hold',
      },
      ptime: {
        reader: time({ min: '1ns', max: '1s' }),
        default: '1ms',
        help: 'time that a packet holds',
        more: 'as in AES67, 1 is 48 frames at 44.1 kHz as well, which last 1.09 ms',
      },
      clock: {
        reader: clockName,
        otherwise: 'monotonic, and timestamps that count frames',
        help: 'send by this clock, as tai, /dev/ptp0 or eth0; timestamps are those of its media clock',
        more: '`utimer clocks` lists them',
      },
      'payload-type': { reader: whole(0, 127), as: 'payloadType', default: '96', help: 'RTP payload type' },
      interface: {
        reader: networkInterface,
        as: 'interface',
        help: 'for a group: where to send from, eth0 or an address of this machine',
      },
      ttl: { reader: whole(0, 255), as: 'ttl', otherwise: '1', help: 'for a group: hops of packets' },
    },
    'The session description': {
      'sdp-out': {
        reader: file,
        help: 'write it to a file, or to stdout (-); all else goes to stderr then',
      },
      name: { reader: text('TEXT'), as: 'name', with: DESCRIBED, help: 'the name of the session' },
      origin: {
        reader: text('ADDRESS'),
        as: 'origin',
        with: DESCRIBED,
        otherwise: 'the one that the kernel sends from',
        help: "this machine's address",
      },
      'source-filter': {
        with: DESCRIBED,
        help: 'for a group: receivers take packets from that address only',
      },
      'ts-refclk': {
        reader: text('TEXT'),
        as: 'referenceClock',
        with: DESCRIBED,
        otherwise: 'local',
        help: 'reference clock; Dante and Q-SYS want ptp=IEEE1588-2008:00-1D-C1-FF-FE-00-00-01:0 with the identity and domain of their grandmaster',
      },
      mediaclk: {
        reader: mediaClock,
        as: 'mediaClock',
        with: DESCRIBED,
        otherwise: 'sender; direct=0 with --clock',
        help: 'clock of the timestamps; Dante and Q-SYS want direct=0',
        more: 'with --clock, direct=N is what its media clock shows at its epoch; otherwise neither changes how the stream is sent',
      },
    },
    'The audio': {
      'sample-format': {
        reader: words(...RTP_PCM_FORMATS),
        as: 'format',
        help: 'format of raw frames, or of the cable',
      },
      rate: { reader: rate(MAX_RATE), as: 'rate', help: 'their sample rate' },
      channels: { reader: whole(1, MAX_CHANNELS), as: 'channels', help: 'their channels' },
      card: { reader: card, as: 'card', help: 'capture from this loopback card' },
      device: {
        reader: device,
        as: 'device',
        with: ['card'],
        default: '1',
        help: 'the device to capture on',
      },
      substream: {
        reader: substream,
        as: 'substream',
        with: ['card'],
        default: '0',
        help: 'the substream to capture on',
      },
      access: {
        reader: words(...PCM_ACCESSES),
        as: 'access',
        with: ['card'],
        default: 'interleaved',
        help: 'how both ends of the cable lay out frames',
      },
      period: {
        reader: whole(1, 2 ** 20, 'FRAMES'),
        as: 'periodFrames',
        with: ['card'],
        otherwise: '10 ms',
        help: 'frames a period; without --clock its packets leave together, so a period of one packet paces them',
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
    'The clock': [
      'With --clock, a packet leaves when its last frame has been, at a multiple of its time since the epoch of the clock. Where the file or the player has nothing in time, that is a gap: the timestamps go on without it, and the command counts it. A cable is sent a period and 10 ms late.',
    ],
    'Lost frames': [
      'What a cable brings while this program, or the system, sleeps is lost. The command prints and counts each such overrun or suspend. What follows is sent as if nothing were missing.',
    ],
    JSON: [
      "The first object is { type: 'open' } with the session description. Then come stats, with --card overrun and suspend, and with --clock { type: 'clock', state } and { type: 'step', stepNs }; and error, where it fails. The last is { type: 'close' } with all counters. While nobody reads, the newest counters wait and all else is dropped; then { type: 'dropped', events } says how many.",
    ],
  },
  examples: [
    [
      'utimer send --to 239.0.0.1:5004 --sdp-out stage-left.sdp music.wav',
      'send a file to a group, and write what receivers need',
    ],
    [
      'utimer send --to 239.0.0.1:5004 --clock /dev/ptp0\n--sdp-out music.sdp music.wav',
      'send it by the clock of a PTP device, as AES67 wants it',
    ],
    [
      'utimer send --to 239.0.0.1:5004 --clock /dev/ptp0 --card Loopback\n--sample-format S32_LE --rate 48k --channels 2 --sdp-out stage.sdp',
      'send by that clock what any program plays to hw:Loopback,0,0',
    ],
    [
      'ffmpeg -i music.flac -f wav - | utimer send --to 192.168.1.9:5004 -',
      'send what another program decodes',
    ],
    [
      'utimer send --to 239.0.0.1:5004 --card Loopback\n--sample-format S16_LE --rate 48k --channels 2 --period 48',
      'send what is played into a cable, one packet of 1 ms at a time',
    ],
  ],
  exit: '0; 1 on an error, when every packet failed, or when nobody reads the output of a program that was told to end',
  run: async (given, io) => (await import('./send/send-audio.js')).sendAudio(given, io),
});
