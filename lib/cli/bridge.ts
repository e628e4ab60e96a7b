/** `utimer bridge`: a stream from the network into a cable of snd-aloop. */
import { PCM_ACCESSES } from '../pcm/access.js';
import { MAX_RATE, RTP_ENCODINGS, RTP_PCM_FORMATS } from '../rtp/format.js';
import { device, substream, timer } from './cable/options.js';
import { command } from './table/command.js';
import { card, endpoint, mediaClock, networkInterface, playoutClock } from './table/machine.js';
import { addresses, bytes, describedWords, rate, text, whole, word32, words } from './table/reader.js';
import { time } from './table/time.js';

export const bridge = command({
  name: 'bridge',
  summary: 'a stream from the network into a snd-aloop cable',
  withoutReader: 'go on',
  forms: [
    '--sdp FILE|URL|- [OPTION]...',
    '--listen ADDRESS:PORT --format L24 --rate 48k --channels 2 [OPTION]...',
  ],
  about: [
    'Receives an RTP stream (AES67: L16 or L24) and moves its frames into a loopback cable as they come, until it is interrupted. Any ALSA program may listen at the other end of the cable; the command first prints what to open there.',
    'With --clock the frames move when their media time has come by a clock, and the link offset after it: jitter of the network is not heard, the latency is fixed, and hosts with one clock play the same frame at the same time.',
  ],
  arguments: {},
  options: {
    'The stream': {
      sdp: {
        reader: text('FILE|URL|-', 'file'),
        help: 'session description: a file, a URL of http or https, or stdin (-)',
      },
      stream: {
        reader: whole(0, 1000),
        with: ['sdp'],
        otherwise: 'the first that is L16 or L24',
        help: 'which audio stream of the description',
      },
      listen: {
        reader: endpoint(0),
        help: 'the group or the local address, [IPv6]:PORT as well; 0.0.0.0:PORT takes what comes to the port',
      },
      format: {
        reader: words(...RTP_ENCODINGS),
        as: 'encoding',
        help: 'what packets hold; corrects a wrong --sdp',
      },
      channels: { reader: whole(1, 32), as: 'channels', help: 'corrects a wrong --sdp as well' },
      rate: { reader: rate(MAX_RATE), as: 'rate', without: 'sdp', help: 'sample rate' },
      ptime: {
        reader: time({ min: '1ns', max: '1s' }),
        without: 'sdp',
        help: 'how long packets are, where that is known; others are taken as well',
      },
      'payload-type': {
        reader: whole(0, 127),
        as: 'payloadType',
        otherwise: '96, or all that --sdp lists',
        help: 'RTP payload type, and no other; corrects a wrong --sdp',
      },
      interface: {
        reader: networkInterface,
        as: 'interface',
        help: 'for a group, where to join it: eth0, or an address of this machine',
      },
      source: {
        reader: addresses,
        as: 'sources',
        help: 'take packets from these addresses only, separated by commas',
      },
      exclude: { reader: addresses, as: 'excludedSources', help: 'take no packets from these addresses' },
      ssrc: {
        reader: word32,
        as: 'ssrc',
        otherwise: 'the first that comes, then one that outlives it',
        help: 'take packets of this RTP source only',
      },
      buffer: {
        reader: bytes(1, 2 ** 31 - 1),
        as: 'receiveBufferBytes',
        default: '2MiB',
        help: 'size of the socket buffer',
        more: 'without CAP_NET_ADMIN the kernel gives net.core.rmem_max at most, and the command says so',
      },
    },
    'When its frames are heard': {
      clock: {
        reader: playoutClock,
        as: 'clock',
        default: 'packets',
        help: 'packets: as they come; the clock that their timestamps count by: /dev/ptp0, eth0, tai; or arrival',
        more: 'arrival follows the clock of the sender by when its packets come',
      },
      'link-offset': {
        reader: time({ min: '0', max: '10s' }),
        as: 'linkOffsetMs',
        with: ['clock'],
        otherwise: '3ms, or three packets where those are known and longer',
        help: 'how long after its media time a frame is heard; a packet must come within it',
      },
      mediaclk: {
        reader: mediaClock,
        as: 'mediaClock',
        with: ['clock'],
        otherwise: 'what --sdp says, or direct=0',
        help: 'direct=N is the timestamp at the epoch of the clock; corrects a wrong --sdp',
      },
    },
    'What the network does to it': {
      reorder: {
        reader: whole(0, 1024),
        as: 'reorderPackets',
        otherwise: '8',
        help: 'packets that may wait for an earlier one; with --clock none waits',
      },
      'reorder-time': {
        reader: time({ min: '0', max: '10s' }),
        as: 'reorderMs',
        otherwise: '20ms',
        help: 'how long they may wait',
      },
      fill: {
        reader: describedWords({
          silence: 'silence',
          repeat: 'the last packet again, for up to 20 ms',
        }),
        as: 'fill',
        default: 'silence',
        help: 'what stands for lost frames',
      },
      'max-gap': {
        reader: whole(1, 2 ** 28, 'FRAMES'),
        as: 'maxGapFrames',
        otherwise: 'one second',
        help: 'the longest gap that is filled',
      },
      confirm: {
        reader: whole(1, 64),
        as: 'confirmPackets',
        default: '3',
        help: 'packets that have to agree about a jump or another source',
      },
      takeover: {
        reader: time({ min: '0', max: '10s', step: 'ms' }),
        as: 'takeoverMs',
        default: '200ms',
        help: 'how long the stream must be quiet before another source is followed',
      },
      silence: {
        reader: time({ min: '10ms', max: '24h', step: 'ms' }),
        as: 'silenceMs',
        default: '1s',
        help: 'time without packets after which the stream counts as silent',
      },
    },
    'The cable': {
      card: { reader: card, as: 'card', otherwise: 'the first loopback card', help: 'the loopback card' },
      device,
      substream,
      timer,
      period: {
        reader: whole(1, 2 ** 20, 'FRAMES'),
        as: 'periodFrames',
        otherwise: '10 ms, in whole packets where --ptime is known',
        help: 'frames a period; a listener uses the same',
      },
      periods: {
        reader: whole(2, 1024),
        as: 'periods',
        default: '4',
        help: "periods that the cable's own buffer holds",
      },
      access: {
        reader: words(...PCM_ACCESSES),
        as: 'access',
        default: 'interleaved',
        help: 'how both ends of the cable lay out frames',
        more: 'noninterleaved is for JACK and arecord -I',
      },
      'sample-format': {
        reader: words(...RTP_PCM_FORMATS),
        as: 'format',
        otherwise: 'as many bits as packets may have',
        help: 'what the listener gets',
      },
      idle: {
        reader: describedWords({
          silence: 'silence at the pace of the cable',
          stall: 'nothing, so that it waits',
        }),
        as: 'idle',
        default: 'silence',
        help: 'what the listener gets while no packets come',
        more: 'with stall it gets nothing and waits',
      },
      grace: {
        reader: time({ min: '0', max: '1h', step: 'ms' }),
        as: 'graceMs',
        when: ['idle', 'silence'],
        otherwise: 'two periods',
        help: 'how late a period may be before there is silence',
      },
      unheard: {
        reader: describedWords({
          drop: 'frames are dropped, so that a listener hears what comes now',
          wait: 'the newest frames are kept for a listener',
        }),
        as: 'unheard',
        default: 'drop',
        help: 'what happens to frames while nobody listens',
        more: 'with wait the newest ones wait for the listener',
      },
      'max-waiting': {
        reader: whole(1, 2 ** 24, 'FRAMES'),
        as: 'maxWaitingFrames',
        when: ['unheard', 'wait'],
        otherwise: 'one second',
        help: 'how many frames may wait for a listener',
      },
    },
    'The output': {
      stats: {
        reader: time({ min: '10ms', max: '24h', step: 'ms', zero: 'never' }),
        as: 'statsMs',
        default: '1s',
        help: 'how often to print the counters',
      },
      json: { help: 'print one JSON object a line' },
    },
  },
  notes: {
    'On a terminal': [
      "One line shows the sender's clock against this machine's (ppm), the frames that wait here (buf), frames lost, packets that came too late, periods moved, whether somebody listens, and what else there is room for. Above it stands what was lost since the counters before, and each reason for which packets are refused, once, with the option that takes them.",
      'With --clock it shows besides how its clock is known (locked), and the margin: how long before its time the packet came that came latest, of the last 10 to 20 s. The link offset may be shorter by that much, and must be longer where it is less than 0.',
      'The bridge goes on when the reader of its output is gone, or when its output cannot be written.',
    ],
    JSON: [
      "The first object is { type: 'open' }. Then come stream, loss, discontinuity, refusal, contradiction, clock, silence, listener, mismatch, stats and error as they happen. The last is { type: 'close' } with all counters. While nobody reads, the newest counters wait and all else is dropped; then { type: 'dropped', events } says how many.",
    ],
  },
  examples: [
    ['utimer bridge --sdp stage-left.sdp --interface eth0', 'follow a description, on one network'],
    [
      'utimer bridge --listen 239.0.0.1:5004 --format L24 --rate 48k\n--channels 2 --json --stats 500ms',
      'without a description, for a program that reads the events',
    ],
    [
      'utimer bridge --sdp stage-left.sdp --clock eth0 --link-offset 3ms',
      'heard 3 ms after it was recorded, by the PTP clock of eth0',
    ],
    [
      'utimer bridge --sdp stage-left.sdp --idle stall --unheard wait',
      'record the stream and nothing else, from the first frame on; its last period comes when the bridge ends',
    ],
  ],
  exit: '0 when it was interrupted (SIGINT, SIGTERM, SIGHUP); 1 on an error, or when nobody reads the output of a bridge that was told to end',
  run: async (given, io) => (await import('./bridge/run-bridge.js')).runBridge(given, io),
});
