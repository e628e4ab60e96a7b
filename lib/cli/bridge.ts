/** `utimer bridge`: a stream from the network into a cable of snd-aloop. */
import type { Readable } from 'node:stream';
import { Bridge } from '../bridge/bridge.js';
import { BRIDGE_EVENTS, type BridgeEvent, type BridgeStats, toJsonLine } from '../bridge/events.js';
import type { BridgeInfo } from '../bridge/messages.js';
import type { BridgeOptions } from '../bridge/options.js';
import { PCM_ACCESSES } from '../pcm/access.js';
import { frameBytes } from '../pcm/format.js';
import { takesInterface } from '../rtp/address.js';
import type { ContradictionEvent } from '../rtp/contradictions.js';
import { framesOfPtime, RTP_ENCODINGS, RTP_PCM_FORMATS, type RtpAudioFormat } from '../rtp/format.js';
import type { PayloadEncoding } from '../rtp/payload-types.js';
import { describeRefusal, type RefusalEvent, sourceText } from '../rtp/refusals.js';
import { loadSdp, readSdp } from '../rtp/sdp/load.js';
import type { StreamParameters } from '../rtp/sdp/parse.js';
import { shellLine } from '../shell-line.js';
import {
  type Command,
  endpoint,
  handOver,
  type Io,
  milliseconds,
  naming,
  number,
  oneOf,
  parse,
  print,
  refuse,
  UsageError,
  userTimer,
  withoutUndefined,
} from './command.js';
import { Report } from './report.js';
import type { StatusLine } from './status-line.js';

export const bridge: Command = {
  summary: 'a stream from the network into a cable of snd-aloop',
  withoutReader: 'go on',
  help: `Usage: utimer bridge --sdp FILE|URL|- [options]
       utimer bridge --listen ADDRESS:PORT --format L24 --rate 48000 --channels 2 --ptime 1 [options]

Receives an RTP stream (AES67: L16 or L24) and moves its frames into a loopback cable as they come, until it is interrupted.
Any ALSA program may listen at the other end; what to open is printed first.

The stream
  --sdp FILE|URL|-       its session description: a file, an address of http or https, or stdin
  --stream N             which audio stream of the description (default: the first that is L16 or L24)
  --listen ADDRESS:PORT  the group or the local address, [IPv6]:PORT; 0.0.0.0:PORT for all that come to the port
  --format L16|L24, --channels N
                         what its packets hold; with --sdp, in place of what that says wrongly
  --rate HZ
  --ptime MS             how long its packets are, where that is known; others are taken as well
  --payload-type N       0..127, and no other (default 96, or all that --sdp lists)
  --interface NAME       for a group: where to join it, 'eth0' or an address of this machine
  --source LIST          take packets from these addresses only, separated by commas
  --exclude LIST         take no packets from these addresses
  --ssrc N               take packets of this RTP source only: decimal, or 0x and hexadecimal (default: the first that
                         comes, and who outlives it)
  --buffer BYTES         what the socket is to hold (default 2097152; without CAP_NET_ADMIN the kernel gives
                         net.core.rmem_max at most, which is told where it is less)

What the network does to it
  --reorder N            packets that may wait for an earlier one, 0..1024 (default 8)
  --reorder-time MS      and for how long, 0..10000 (default 20)
  --fill silence|repeat  what stands for lost frames (default silence)
  --max-gap FRAMES       the longest gap that is filled (default one second)
  --confirm N            packets that have to agree about a jump or another source, 1..64 (default 3)
  --takeover MS          how long the stream must be quiet before another source that sends is followed, 0..10000
                         (default 200)
  --silence MS           without packets until the stream counts as silent, 10..86400000 (default 1000)

The cable
  --card CARD            number or id of the loopback card (default: the first)
  --device 0|1           the device to play on (default 0); listeners capture on the other one
  --substream N          0..7 (default 0)
  --timer TIMER          hold this userspace-driven timer, where timer_source was set to it for good: its id, or -1.4.ID
  --period FRAMES        frames a period (default 10 ms, in whole packets where --ptime is known); a listener uses the same
  --periods N            periods that the cable's own buffer holds, 2..1024 (default 4)
  --access MODE          interleaved (default); noninterleaved for JACK and \`arecord -I\`: both ends must agree in it
  --sample-format NAME   S16_LE, S24_3LE, S32_LE ... (default: as many bits as packets may have)
  --starvation POLICY    silence: keep the listener alive while no packets come (default); hold: give it nothing
  --grace MS             how late a period may be before there is silence, 0..3600000 (default two periods)
  --unheard POLICY       discard what comes while nobody listens (default); hold the newest frames for the listener
  --hold-frames N        how many of them (default one second)

The output: on a terminal one line with the sender's clock against this machine's (ppm), frames buffered here (buf), frames
lost, packets that came too late, periods moved, whether somebody listens, and what else there is room for; above it, what
was lost since the counters before, and once each reason for which packets are refused, with the option that takes them.
Each loss by itself is a line of --json.
  --stats TIME           how often to tell the counters: 1s (default), 500ms, 0 for never
  --json                 one object a line: first { type: 'open' }, then stream, loss, discontinuity, refusal, contradiction,
                         silence, listener, mismatch, stats and error as they happen, last { type: 'close' } with all
                         counters. While nobody reads, the newest counters wait and all else is dropped; then
                         { type: 'dropped', events } says how many
  --help                 this text

It goes on when the reader of its output is gone, or its output cannot be written.
Exit code: 0 when it was interrupted (SIGINT, SIGTERM, SIGHUP); 1 on an error, or when nobody reads the output and it was
told to end; 2 for a wrong command line.`,

  async run(args, io) {
    const { values, positionals } = parse(args, {
      ...{ sdp: { type: 'string' }, stream: { type: 'string' }, listen: { type: 'string' } },
      ...{ format: { type: 'string' }, rate: { type: 'string' }, channels: { type: 'string' } },
      ...{ 'payload-type': { type: 'string' }, ptime: { type: 'string' }, interface: { type: 'string' } },
      ...{ source: { type: 'string' }, exclude: { type: 'string' }, buffer: { type: 'string' } },
      ssrc: { type: 'string' },
      ...{ reorder: { type: 'string' }, 'reorder-time': { type: 'string' }, fill: { type: 'string' } },
      ...{ 'max-gap': { type: 'string' }, confirm: { type: 'string' }, silence: { type: 'string' } },
      takeover: { type: 'string' },
      ...{ card: { type: 'string' }, device: { type: 'string' }, substream: { type: 'string' } },
      ...{ timer: { type: 'string' }, period: { type: 'string' }, periods: { type: 'string' } },
      access: { type: 'string' },
      ...{ 'sample-format': { type: 'string' }, starvation: { type: 'string' }, grace: { type: 'string' } },
      ...{ unheard: { type: 'string' }, 'hold-frames': { type: 'string' }, stats: { type: 'string' } },
      json: { type: 'boolean' },
    });
    if (positionals.length > 0) throw new UsageError(`unexpected argument '${positionals[0]}'`);
    const starvation = oneOf('starvation', values.starvation, ['silence', 'hold'] as const);
    const unheard = oneOf('unheard', values.unheard, ['discard', 'hold'] as const);
    if (starvation === 'hold') refuse(values, ['grace'], 'is for --starvation silence');
    if (unheard !== 'hold') refuse(values, ['hold-frames'], 'is for --unheard hold');
    const reorderMs = number('reorder-time', values['reorder-time'], 0, 10_000, false);
    const policies = withoutUndefined({
      format: oneOf('sample-format', values['sample-format'], RTP_PCM_FORMATS),
      interface: values.interface,
      sources: values.source?.split(','),
      excludedSources: values.exclude?.split(','),
      ssrc: number('ssrc', values.ssrc, 0, 2 ** 32 - 1),
      receiveBufferBytes: number('buffer', values.buffer, 1, 2 ** 31 - 1),
      reorderPackets: number('reorder', values.reorder, 0, 1024),
      reorderNanoseconds: reorderMs === undefined ? undefined : BigInt(Math.round(reorderMs * 1e6)),
      fill: oneOf('fill', values.fill, ['silence', 'repeat'] as const),
      maxGapFrames: number('max-gap', values['max-gap'], 1, 2 ** 28),
      confirmPackets: number('confirm', values.confirm, 1, 64),
      takeoverMilliseconds: number('takeover', values.takeover, 0, 10_000),
      silenceMilliseconds: number('silence', values.silence, 10, 86_400_000),
      card: values.card === undefined || !/^\d+$/.test(values.card) ? values.card : Number(values.card),
      device: number('device', values.device, 0, 1) as 0 | 1 | undefined,
      substream: number('substream', values.substream, 0, 7),
      timerId: userTimer('timer', values.timer),
      periodFrames: number('period', values.period, 1, 2 ** 20),
      periods: number('periods', values.periods, 2, 1024),
      access: oneOf('access', values.access, PCM_ACCESSES),
      ...{ starvation, unheard },
      grace: number('grace', values.grace, 0, 3_600_000),
      holdFrames: number('hold-frames', values['hold-frames'], 1, 2 ** 24),
      statsMilliseconds: milliseconds('stats', values.stats),
    });
    const cable = await naming(optionNames(values), async () => {
      const stream = await streamOf(values, io);
      if (!takesInterface(stream.address ?? ''))
        refuse(values, ['interface'], `is for groups, and ${stream.address} is none`);
      return Bridge.open({ ...stream, ...policies });
    });
    return follow(cable, io, values.json === true);
  },
};

/** What a session description says; without one, options do. */
const DESCRIBED = ['rate', 'ptime'] as const;
/** What it may say wrongly, so that options replace it. */
const CORRECTED = ['format', 'channels', 'payload-type'] as const;

type StreamValues = Partial<
  Record<'sdp' | 'stream' | 'listen' | (typeof DESCRIBED | typeof CORRECTED)[number], string>
>;

/** The words for the options of Bridge.open. */
function optionNames({ sdp, format, channels }: StreamValues): Readonly<Record<string, string>> {
  const described = (name: string, isGiven = false) =>
    sdp === undefined || isGiven ? `--${name}` : `the ${name} of --sdp`;
  return {
    address: sdp === undefined ? '--listen' : 'the address of --sdp',
    location: '--sdp',
    ...{ encoding: described('format', format !== undefined), rate: described('rate') },
    ...{ channels: described('channels', channels !== undefined), ptime: described('ptime') },
    ...{
      format: '--sample-format',
      interface: '--interface',
      sources: '--source',
      excludedSources: '--exclude',
    },
    ...{ periodFrames: '--period', periods: '--periods', holdFrames: '--hold-frames' },
  };
}

/** The stream that a command line asks for: by its description, with what corrects that, or by options alone. */
export async function streamOf(
  values: StreamValues,
  { signal, stdin, stderr }: Pick<Io, 'signal' | 'stdin' | 'stderr'>,
): Promise<BridgeOptions> {
  const { sdp, listen } = values;
  if ((sdp === undefined) === (listen === undefined)) {
    throw new UsageError(
      sdp === undefined ? 'either --sdp or --listen is needed' : 'give --sdp or --listen, not both',
    );
  }
  const encoding = oneOf('format', values.format, RTP_ENCODINGS);
  const channels = number('channels', values.channels, 1, 32);
  const payloadType = number('payload-type', values['payload-type'], 0, 127);
  if (sdp !== undefined) {
    refuse(values, DESCRIBED, 'cannot be given with --sdp');
    if (sdp === '') throw new UsageError('--sdp is empty');
    const which = withoutUndefined({ stream: number('stream', values.stream, 0, 1000) });
    const { warnings, ...described } =
      sdp === '-'
        ? await readSdp(until(signal, stdin), 'standard input', which)
        : await loadSdp(sdp, { signal, ...which });
    for (const warning of warnings) stderr.write(`utimer bridge: ${warning}\n`);
    return corrected(described, withoutUndefined({ encoding, channels, payloadType }));
  }
  refuse(values, ['stream'], 'is for --sdp');
  const rate = number('rate', values.rate, 1, 768_000);
  if (encoding === undefined || rate === undefined || channels === undefined) {
    throw new UsageError('--listen needs --format, --rate and --channels');
  }
  const ptime = number('ptime', values.ptime, 0, 1000, false);
  return {
    ...{ ...endpoint('listen', listen as string), encoding, rate, channels, payloadType: payloadType ?? 96 },
    ...(ptime === undefined ? {} : { packetFrames: framesOfPtime(ptime, rate) }),
  };
}

/** A description, with what replaces it. A payload type is taken alone, with what the description says of it. */
function corrected(
  { alternatives = [], ...stream }: Omit<StreamParameters, 'warnings'>,
  correction: Partial<RtpAudioFormat & PayloadEncoding>,
): BridgeOptions {
  const { encoding, payloadType } = correction;
  const chosen = alternatives.find((other) => other.payloadType === payloadType);
  const others = alternatives.map((other) => ({ ...other, ...withoutUndefined({ encoding }) }));
  return {
    ...stream,
    ...chosen,
    ...correction,
    ...(payloadType === undefined && others.length > 0 ? { alternatives: others } : {}),
  };
}

/** Standard input, which is given up when the command is to end. */
async function* until(signal: AbortSignal, stdin: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  const giveUp = () => (stdin as Readable).destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    yield* stdin as Readable as AsyncIterable<Uint8Array>;
  } finally {
    signal.removeEventListener('abort', giveUp);
    signal.throwIfAborted();
  }
}

/** Tells what happens until the bridge is closed. */
async function follow(cable: Bridge, io: Io, asJson: boolean): Promise<number> {
  const { info } = cable;
  let code = 0;
  const report = new Report(io.stdout, asJson);
  const tell = asJson ? inJson(report) : inWords(report, info);
  const ended = new Promise<void>((resolve) => {
    cable.on('close', (event) => {
      tell(event);
      resolve();
    });
  });
  for (const name of BRIDGE_EVENTS) if (name !== 'error' && name !== 'close') cable.on(name, tell);
  cable.on('error', (error) => {
    code = 1;
    tell({ type: 'error', error });
    report.clear();
    io.stderr.write(`utimer bridge: ${error.message}\n`);
  });
  const interrupt = () => void cable.close();
  io.signal.addEventListener('abort', interrupt, { once: true });
  if (io.signal.aborted) interrupt();
  if (asJson) await print(io, JSON.stringify({ type: 'open', ...info }));
  else {
    const { listenerName, format, rate, channels, periodFrames, access } = info;
    // One file a channel.
    const apart = access === 'noninterleaved' ? ['-I'] : [];
    await print(io, `receiving at ${info.address} port ${info.port}; to listen:`);
    await print(
      io,
      `  ${shellLine('arecord', ...apart, '-D', listenerName, '-f', format, '-r', rate, '-c', channels, `--period-size=${periodFrames}`, 'out.wav')}`,
    );
    const { given, asked } = info.receiveBufferBytes;
    if (given < asked) {
      await print(
        io,
        `the socket holds ${given} bytes of ${asked}: sysctl -w net.core.rmem_max=${asked}, or --buffer ${given}`,
      );
    }
  }
  await ended;
  io.signal.removeEventListener('abort', interrupt);
  if (io.signal.aborted) await handOver(io);
  return code;
}

type Tell = (event: BridgeEvent) => void;

/** Each event, as it happens. */
function inJson(report: Report): Tell {
  return (event) => {
    const print = (status: StatusLine) => status.print(toJsonLine(event));
    if (event.type === 'stats') report.counters(print);
    else if (event.type === 'error' || event.type === 'close') report.end(print);
    else report.event(toJsonLine(event));
  };
}

/** What a person can follow: losses, of which a bad network makes hundreds a second, are added up until the next counters. */
export function inWords(report: Report, info: BridgeInfo): Tell {
  let frames = 0;
  let gaps = 0;
  let left = 0;
  let pauses = 0;
  const tellLosses = (status: StatusLine) => {
    if (gaps > 0) status.print(`${count(frames, 'frame')} lost in ${count(gaps, 'gap')}`);
    if (pauses > 0)
      status.print(`${count(left, 'frame')} left out by the sender in ${count(pauses, 'pause')}`);
    frames = gaps = left = pauses = 0;
  };
  return (event) => {
    switch (event.type) {
      case 'stream': {
        const why = { first: 'began', ssrc: 'is of another source', timestamp: 'began anew' }[event.reason];
        report.event(`stream ${why}: source ${sourceText(event.ssrc)}, timestamp ${event.timestamp}`);
        break;
      }
      case 'loss':
        frames += event.frames;
        gaps += 1;
        break;
      case 'discontinuity':
        left += event.frames;
        pauses += 1;
        break;
      case 'refusal':
        report.event(`refused: ${refusalWords(event)}`);
        break;
      case 'contradiction':
        report.event(contradictionWords(event, info.rate));
        break;
      case 'silence':
        report.event('no packets of the stream');
        break;
      case 'listener': {
        const who = event.holder ? `${event.holder.command} (process ${event.holder.pid})` : 'somebody';
        report.event(`${who} ${event.running ? 'listens' : 'listens no more'}`);
        break;
      }
      case 'mismatch':
        report.event(event.message + (event.access ? `: --access ${event.access} is for it` : ''));
        break;
      case 'stats':
        report.counters((status) => {
          tellLosses(status);
          status.show(summary(event, info));
        });
        break;
      case 'close':
        report.end((status) => {
          tellLosses(status);
          status.print(`closed: ${summary(event, info).join(', ')}`);
        });
        break;
    }
  };
}

/** The options of the command line for those of the library. */
const OPTIONS = {
  ...{ payloadType: '--payload-type', ssrc: '--ssrc', sources: '--source', excludedSources: '--exclude' },
  channels: '--format, --channels',
} as const;

/** What came, what was expected, and what takes it: 'payload type 97 came, 96 was expected; --payload-type 97'. */
export function refusalWords(event: RefusalEvent): string {
  const { option, value } = event;
  const advice = option === undefined ? '' : `; ${OPTIONS[option]}${value === undefined ? '' : ` ${value}`}`;
  return describeRefusal(event) + advice;
}

/** What contradicts what, and which options would agree. */
export function contradictionWords(event: ContradictionEvent, rate: number): string {
  const { what, packetFrames, timestampFrames, fits } = event;
  if (what === 'sequence') return 'the sequence numbers stand still: only the timestamps count';
  const formats = fits.map(({ encoding, channels }) => `--format ${encoding} --channels ${channels}`);
  const clock = `its clock counts ${Math.round((rate * timestampFrames) / packetFrames)} Hz`;
  return `packets hold ${packetFrames} frames as described, but their timestamps count ${timestampFrames}: ${[...formats, clock].join(', or ')}`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** The counters in words, the most important ones first: a terminal of 80 columns has room for six. */
export function summary(
  { receiver, loopback, framesHeld, framesDropped }: BridgeStats,
  info: BridgeInfo,
): string[] {
  const { senderPpm } = receiver;
  const { padding, 'payload-type': type, size, source, truncated, version } = receiver.packetsRejected;
  const refused = padding + type + size + source + truncated + version;
  const { packetsStray, datagramsFiltered, datagramsDropped = 0, framesCut, framesSkipped } = receiver;
  const pendingFrames = Math.floor(loopback.pendingBytes / frameBytes(info.format, info.channels));
  return [
    senderPpm === undefined ? 'ppm -' : `ppm ${senderPpm >= 0 ? '+' : ''}${senderPpm.toFixed(1)}`,
    `buf ${receiver.framesHeld + framesHeld + pendingFrames}`,
    `lost ${receiver.framesLost}`,
    `late ${receiver.packetsLate}`,
    `periods ${loopback.periods}`,
    loopback.listener ? 'listener' : 'no listener',
    ...(refused > 0 ? [`refused ${refused}`] : []),
    ...(datagramsFiltered > 0 ? [`filtered ${datagramsFiltered}`] : []),
    ...(packetsStray > 0 ? [`stray ${packetsStray}`] : []),
    ...(datagramsDropped > 0 ? [`lost here ${datagramsDropped}`] : []),
    ...(framesCut > 0 ? [`cut ${framesCut}`] : []),
    ...(framesSkipped > 0 ? [`left out ${framesSkipped}`] : []),
    ...(framesDropped > 0 ? [`dropped ${framesDropped}`] : []),
    ...(loopback.insertedFrames > 0 ? [`inserted ${loopback.insertedFrames}`] : []),
    ...(loopback.xruns > 0 ? [`xruns ${loopback.xruns}`] : []),
    `packets ${receiver.packets}`,
  ];
}
