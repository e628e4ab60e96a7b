/** `utimer send`: a file, stdin or a cable of snd-aloop as a stream to the network. */
import { open, writeFile } from 'node:fs/promises';
import { LoopbackCapture, type LoopbackCaptureStats } from '../loopback/capture.js';
import {
  framesOfPtime,
  RTP_ENCODINGS,
  RTP_PCM_FORMATS,
  type RtpEncoding,
  type RtpPcmFormat,
} from '../rtp/format.js';
import { RtpSender, type RtpSenderStats } from '../rtp/sender.js';
import {
  type Command,
  endpoint,
  handOver,
  type Io,
  json,
  milliseconds,
  naming,
  number,
  oneOf,
  parse,
  print,
  refuse,
  UsageError,
  withoutUndefined,
} from './command.js';
import { Report } from './report.js';
import { openWav } from './wav.js';

export const send: Command = {
  summary: 'a file, stdin or a cable of snd-aloop as a stream to the network',
  withoutReader: 'go on',
  help: `Usage: utimer send --to ADDRESS:PORT [options] FILE.wav
       utimer send --to ADDRESS:PORT --sample-format S16_LE --rate 48000 --channels 2 [options] FILE|-
       utimer send --to ADDRESS:PORT --sample-format S16_LE --rate 48000 --channels 2 [options] --card CARD

Sends audio as an RTP stream (AES67: L16 or L24): a WAV file, raw frames from a file or from stdin (-), each packet at its
time by this machine's clock; or what is captured from a loopback cable, at the cable's pace. Ends with the file, or when it
is interrupted.

  --to ADDRESS:PORT      the group or the receiver; [IPv6]:PORT
  --format L16|L24       what packets hold (default: L16 for 16 bits, else L24)
  --ptime MS             milliseconds of audio a packet (default 1)
  --payload-type N       0..127 (default 96)
  --interface NAME       where to send to the group from: 'eth0', or an address of this machine
  --ttl N                hops of packets to a group, 0..255 (default 1)
  --sdp-out FILE|-       write the session description for receivers to a file, or to stdout; all else goes to stderr then
  --name TEXT            the name of the session
  --origin ADDRESS       this machine's address, for the session description

  --sample-format NAME   S16_LE, S24_3LE, S32_LE ...: of raw frames, or of the cable
  --rate HZ, --channels N
  --card CARD            capture from this loopback card: number or id
  --device 0|1           the device to capture on (default 1)
  --substream N          0..7 (default 0)
  --period FRAMES        frames a period (default 10 ms); its packets leave together, so a period of one packet paces them:
                         --period 48 at 48 kHz

What a cable brings while this program, or the system, sleeps is lost: an overrun or a suspend, which is told and counted.
What follows is sent as if nothing were missing.

  --stats TIME           how often to tell the counters: 1s (default), 500ms, 0 for never
  --json                 one object a line: first { type: 'open' } with the session description, then stats, with --card
                         overrun and suspend, last { type: 'close' } with all counters; while nobody reads, as
                         \`utimer bridge\`
  --help                 this text

Exit code: 0; 1 on an error, when every packet failed, or when nobody reads the output and it was told to end; 2 for a wrong
command line.`,

  async run(args, io) {
    const { values, positionals } = parse(args, {
      ...{ to: { type: 'string' }, format: { type: 'string' }, ptime: { type: 'string' } },
      ...{ 'payload-type': { type: 'string' }, interface: { type: 'string' }, ttl: { type: 'string' } },
      ...{ 'sdp-out': { type: 'string' }, name: { type: 'string' }, origin: { type: 'string' } },
      ...{ 'sample-format': { type: 'string' }, rate: { type: 'string' }, channels: { type: 'string' } },
      ...{ card: { type: 'string' }, device: { type: 'string' }, substream: { type: 'string' } },
      ...{ period: { type: 'string' }, stats: { type: 'string' }, json: { type: 'boolean' } },
    });
    if (values.to === undefined) throw new UsageError('--to ADDRESS:PORT is needed');
    const to = endpoint('to', values.to, 1);
    const chosen = oneOf('format', values.format, RTP_ENCODINGS);
    const ptime = number('ptime', values.ptime, 0, 1000, false) ?? 1;
    const network = withoutUndefined({
      payloadType: number('payload-type', values['payload-type'], 0, 127),
      interface: values.interface,
      ttl: number('ttl', values.ttl, 0, 255),
    });
    if (values['sdp-out'] === undefined && !values.json)
      refuse(values, ['name', 'origin'], 'is for --sdp-out or --json');
    const every = milliseconds('stats', values.stats) ?? 1000;
    const audio = await naming(NAMES, () => sourceOf(values, positionals, io));
    const { format, rate, channels } = audio;
    const encoding: RtpEncoding = chosen ?? (format.startsWith('S16') ? 'L16' : 'L24');
    try {
      await using sender = await naming(NAMES, () =>
        RtpSender.open({
          ...{ ...to, ...network, encoding, rate, channels, format },
          packetFrames: framesOfPtime(ptime, rate),
        }),
      );
      const description = withoutUndefined({ name: values.name, origin: values.origin });
      const sdp = await naming(NAMES, () => sender.describe(description));
      const asJson = values.json === true;
      const toStdout = values['sdp-out'] === '-';
      // The description has stdout for itself, so that it can be piped to whoever receives.
      const stdout = toStdout ? io.stderr : io.stdout;
      const out = { stdout, signal: io.signal };
      if (toStdout) await print(io, sdp.replace(/\n$/, ''));
      else if (values['sdp-out'] !== undefined) await writeFile(values['sdp-out'], sdp);
      if (asJson) await print(out, json({ type: 'open', ...to, encoding, rate, channels, sdp }));
      else await print(out, `sending ${encoding}/${rate}/${channels} to ${values.to}`);
      const report = new Report(stdout, asJson);
      const counters = (type: 'stats' | 'close') => {
        const { lastError, ...counted } = sender.stats;
        return json({ type, ...counted, ...audio.restarts?.(), lastError: lastError?.message });
      };
      const words = () => summary(sender.stats, audio.restarts?.());
      const restarted = (type: 'overrun' | 'suspend') =>
        report.event(asJson ? json({ type }) : `${type}: frames of the cable were lost`);
      const tell = () =>
        report.counters((status) => {
          if (asJson) status.print(counters('stats'));
          else status.show(words());
        });
      const telling = every > 0 ? setInterval(tell, every) : undefined;
      try {
        await audio.send(sender, io.signal, restarted);
        sender.flush();
        await sender.drain();
      } catch (error) {
        if (!io.signal.aborted) throw error;
      } finally {
        clearInterval(telling);
        report.clear();
      }
      report.end((status) => status.print(asJson ? counters('close') : `closed: ${words().join(', ')}`));
      const { packetsSent, packetsFailed, lastError } = sender.stats;
      const failed = packetsFailed > 0 && packetsSent === 0;
      if (failed) io.stderr.write(`utimer send: no packet was sent: ${lastError?.message}\n`);
      if (io.signal.aborted) await handOver(out);
      return failed ? 1 : 0;
    } finally {
      audio.close();
    }
  },
};

/** The words for the options of the library. */
const NAMES = {
  ...{ address: '--to', interface: '--interface', ptime: '--ptime', packetFrames: 'the frames of --ptime' },
  ...{ name: '--name', origin: '--origin', rate: '--rate', channels: '--channels' },
  ...{ format: '--sample-format', periodFrames: '--period' },
};

interface Source {
  readonly format: RtpPcmFormat;
  readonly rate: number;
  readonly channels: number;
  send(
    sender: RtpSender,
    signal: AbortSignal,
    restarted: (why: 'overrun' | 'suspend') => void,
  ): Promise<void>;
  /** How often frames were lost before they were sent, where that may be. */
  restarts?(): Restarts;
  close(): void;
}

type Restarts = Pick<LoopbackCaptureStats, 'overruns' | 'suspends'>;

type SourceValues = Partial<
  Record<'sample-format' | 'rate' | 'channels' | 'card' | 'device' | 'substream' | 'period', string>
>;

async function sourceOf(values: SourceValues, positionals: readonly string[], io: Io): Promise<Source> {
  const [file, ...more] = positionals;
  if ((file === undefined) === (values.card === undefined) || more.length > 0) {
    throw new UsageError('either one FILE (- for stdin) or --card is needed');
  }
  if (file !== undefined) refuse(values, ['device', 'substream', 'period'], 'is for --card');
  if (file !== undefined && /\.wav$/i.test(file)) {
    refuse(values, ['sample-format', 'rate', 'channels'], `is said by ${file}`);
    const { frames, ...wav } = await openWav(file);
    return { ...wav, ...paced(frames) };
  }
  const format = oneOf('sample-format', values['sample-format'], RTP_PCM_FORMATS);
  const rate = number('rate', values.rate, 1, 768_000);
  const channels = number('channels', values.channels, 1, 256);
  if (format === undefined || rate === undefined || channels === undefined) {
    throw new UsageError('--sample-format, --rate and --channels are needed');
  }
  const shape = { format, rate, channels };
  if (file === '-') return { ...shape, ...paced(io.stdin) };
  if (file !== undefined) return { ...shape, ...paced((await open(file)).createReadStream()) };
  const { card = '' } = values;
  const capture = LoopbackCapture.open({
    ...shape,
    card: /^\d+$/.test(card) ? Number(card) : card,
    periodFrames: number('period', values.period, 1, 2 ** 20) ?? Math.round(rate / 100),
    overrun: 'restart',
    ...withoutUndefined({
      device: number('device', values.device, 0, 1) as 0 | 1 | undefined,
      substream: number('substream', values.substream, 0, 7),
    }),
  });
  const restarts = (): Restarts => {
    const { overruns, suspends } = capture.stats;
    return { overruns, suspends };
  };
  return {
    ...shape,
    async send(sender, signal, restarted) {
      let known = restarts();
      for await (const frames of capture.frames({ signal })) {
        const now = restarts();
        // How much is missing nobody knows, since the cable's writer is its clock: the stream goes on without it.
        if (now.overruns > known.overruns) restarted('overrun');
        if (now.suspends > known.suspends) restarted('suspend');
        known = now;
        sender.write(frames);
      }
    },
    restarts,
    close: () => capture.close(),
  };
}

/** Frames that have no time of their own: the clock of this machine gives them theirs. */
function paced(frames: NodeJS.ReadableStream): Pick<Source, 'send' | 'close'> {
  const source = frames as AsyncIterable<Uint8Array> & { destroy?: () => void };
  return {
    async send(sender, signal) {
      signal.throwIfAborted();
      // A source that is waited for, stdin for instance, does not look at the signal.
      signal.addEventListener('abort', () => source.destroy?.(), { once: true });
      await sender.pace(source, { signal });
    },
    close: () => source.destroy?.(),
  };
}

function summary(
  { packetsSent, packetsDropped, packetsFailed, frames, lastError }: RtpSenderStats,
  { overruns, suspends }: Restarts = { overruns: 0, suspends: 0 },
): string[] {
  return [
    `packets ${packetsSent}`,
    `dropped ${packetsDropped}`,
    `failed ${packetsFailed}`,
    `frames ${frames}`,
    ...(overruns > 0 ? [`overruns ${overruns}`] : []),
    ...(suspends > 0 ? [`suspends ${suspends}`] : []),
    ...(lastError ? [lastError.message] : []),
  ];
}
