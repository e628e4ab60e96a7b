/** `utimer send`: a file, stdin or a cable of snd-aloop as a stream to the network. */
import { writeFile } from 'node:fs/promises';
import { valueError } from '../arguments.js';
import { isMulticast } from '../rtp/address.js';
import {
  MAX_PAYLOAD_BYTES,
  packetFramesFor,
  payloadFrameBytes,
  RTP_ENCODINGS,
  type RtpEncoding,
} from '../rtp/format.js';
import { mtuBetween } from '../rtp/mtu.js';
import { type MediaClock, readMediaClock } from '../rtp/sdp/media-clock.js';
import { RtpSender, type RtpSenderStats } from '../rtp/sender.js';
import {
  type Command,
  endpoint,
  handOver,
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
import { openSource, type Restarts, type Source } from './send-source.js';

export const send: Command = {
  summary: 'a file, stdin or a cable of snd-aloop as a stream to the network',
  withoutReader: 'go on',
  help: `Usage: utimer send --to ADDRESS:PORT [options] FILE.wav|-
       utimer send --to ADDRESS:PORT --sample-format S16_LE --rate 48000 --channels 2 [options] FILE|-
       utimer send --to ADDRESS:PORT --sample-format S16_LE --rate 48000 --channels 2 [options] --card CARD

Sends audio as an RTP stream (AES67: L16 or L24): WAV or raw frames from a file, a named pipe or stdin (-), each packet at
its time by this machine's clock; or what is captured from a loopback cable, at the cable's pace. Ends with the file, or when
it is interrupted. WAV is RIFF, RIFX, RF64 or BW64 with integers of 16, 24 or 32 bits; a file that is cut is sent, and that
is said.

  --to ADDRESS:PORT      the group or the receiver; [IPv6]:PORT
  --format L16|L24       what packets hold (default: L16 for 16 bits, else L24)
  --ptime MS             milliseconds of audio a packet (default 1); the times of AES67 are as many frames at 44.1 kHz as at
                         48 kHz: 1 is 48 frames, which last 1.09 ms
  --payload-type N       0..127 (default 96)
  --interface NAME       for a group: where to send from, 'eth0' or an address of this machine
  --ttl N                for a group: hops of packets, 0..255 (default 1)
  --sdp-out FILE|-       write the session description for receivers to a file, or to stdout; all else goes to stderr then
  --name TEXT            the name of the session
  --origin ADDRESS       this machine's address, for the session description (default: the one that the kernel sends from)
  --source-filter        let receivers of a group take packets from that address only
  --ts-refclk TEXT       what the description says of the reference clock (default local); Dante and Q-SYS want
                         ptp=IEEE1588-2008:00-1D-C1-FF-FE-00-00-01:0, with the grandmaster's identity and domain
  --mediaclk TEXT        and of the clock of timestamps (default sender); they want direct=0
                         Neither changes how the stream is sent, which is by this machine's clock from a random timestamp on

  --sample-format NAME   S16_LE, S24_3LE, S32_LE ...: of raw frames, or of the cable
  --rate HZ, --channels N   48000, 48k or 44.1k
  --card CARD            capture from this loopback card: number or id
  --device 0|1           the device to capture on (default 1)
  --substream N          0..7 (default 0)
  --access MODE          interleaved (default); noninterleaved where the cable's writer is: both ends must agree in it
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
      ...{ 'ts-refclk': { type: 'string' }, mediaclk: { type: 'string' } },
      'source-filter': { type: 'boolean' },
      ...{ 'sample-format': { type: 'string' }, rate: { type: 'string' }, channels: { type: 'string' } },
      ...{ card: { type: 'string' }, device: { type: 'string' }, substream: { type: 'string' } },
      access: { type: 'string' },
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
      refuse(values, DESCRIPTION, 'is for --sdp-out or --json');
    const every = milliseconds('stats', values.stats) ?? 1000;
    if (!isMulticast(to.address))
      refuse(values, ['interface', 'ttl', 'source-filter'], `is for groups, and ${to.address} is none`);
    const audio = await naming(NAMES, () => openSource(values, positionals, io));
    const { format, rate, channels } = audio;
    try {
      const encoding = encodingOf(chosen, audio);
      await using sender = await naming(NAMES, () =>
        RtpSender.open({
          ...{ ...to, ...network, encoding, rate, channels, format },
          packetFrames: packetFrames(ptime, encoding, rate, channels),
        }),
      );
      const description = withoutUndefined({
        ...{ name: values.name, origin: values.origin, sourceFilter: values['source-filter'] },
        referenceClock: values['ts-refclk'],
        mediaClock: mediaClockOf(values.mediaclk),
      });
      const sdp = await naming(NAMES, () => sender.describe(description));
      const warn = (text: string | undefined) =>
        text !== undefined && io.stderr.write(`utimer send: ${text}\n`);
      const asJson = values.json === true;
      const toStdout = values['sdp-out'] === '-';
      // The description has stdout for itself, so that it can be piped to whoever receives.
      const stdout = toStdout ? io.stderr : io.stdout;
      const out = { stdout, signal: io.signal };
      if (toStdout) await print(io, sdp.replace(/\n$/, ''));
      else if (values['sdp-out'] !== undefined) await writeFile(values['sdp-out'], sdp);
      if (asJson) await print(out, json({ type: 'open', ...to, encoding, rate, channels, sdp }));
      else await print(out, `sending ${encoding}/${rate}/${channels} to ${values.to}`);
      warn(fragmentation(sender, to.address));
      const report = new Report(stdout, asJson);
      const counters = (type: 'stats' | 'close') => {
        const { lastError, ...counted } = sender.stats();
        return json({ type, ...counted, ...audio.restarts?.(), lastError: lastError?.message });
      };
      const words = () => summary(sender.stats(), audio.restarts?.());
      const restarted = (type: 'overrun' | 'suspend') =>
        report.event(asJson ? json({ type }) : `${type}: frames of the cable were lost`);
      const tell = () =>
        report.counters((status) => {
          if (asJson) status.print(counters('stats'));
          else status.show(words());
        });
      const telling = every > 0 ? setInterval(tell, every) : undefined;
      let remark: string | undefined;
      try {
        await audio.send(sender, io.signal, restarted);
        sender.flush();
        await sender.drain();
        remark = audio.remark?.();
      } catch (error) {
        if (!io.signal.aborted) throw error;
      } finally {
        clearInterval(telling);
        report.clear();
      }
      report.end((status) => status.print(asJson ? counters('close') : `closed: ${words().join(', ')}`));
      const { packetsSent, packetsFailed, lastError } = sender.stats();
      const failed = packetsFailed > 0 && packetsSent === 0;
      warn(remark);
      if (failed) warn(`no packet was sent: ${lastError?.message}`);
      if (io.signal.aborted) await handOver(out);
      return failed ? 1 : 0;
    } finally {
      audio.close();
    }
  },
};

/** Options for the session description. */
const DESCRIPTION = ['name', 'origin', 'source-filter', 'ts-refclk', 'mediaclk'] as const;

/** The words for the options of the library. */
const NAMES = {
  ...{ address: '--to', interface: '--interface', ptime: '--ptime', packetFrames: '--ptime' },
  ...{ name: '--name', origin: '--origin', referenceClock: '--ts-refclk', mediaClock: '--mediaclk' },
  ...{ rate: '--rate', channels: '--channels' },
  ...{ format: '--sample-format', periodFrames: '--period' },
};

function mediaClockOf(text: string | undefined): MediaClock | undefined {
  if (text === undefined) return undefined;
  const clock = readMediaClock(text);
  if (clock.kind === 'other' && /^(direct|sender)/i.test(text))
    throw valueError('--mediaclk', 'sender, direct, direct=0..4294967295 or another clock of RFC 7273', text);
  return clock;
}

/** L16 where the samples have 16 bits, unless told otherwise. */
function encodingOf(chosen: RtpEncoding | undefined, { format, saidBy }: Source): RtpEncoding {
  const fitting = format.startsWith('S16') ? 'L16' : 'L24';
  if (chosen === 'L16' && fitting === 'L24' && saidBy !== undefined) {
    throw new UsageError(
      `${saidBy} has more than the 16 bits of --format L16: leave it out, or convert the file`,
    );
  }
  return chosen ?? fitting;
}

function packetFrames(ptime: number, encoding: RtpEncoding, rate: number, channels: number): number {
  const frames = packetFramesFor(ptime, rate);
  const most = Math.floor(MAX_PAYLOAD_BYTES / payloadFrameBytes(encoding, channels));
  if (frames <= most) return frames;
  const milliseconds = Math.floor((most * 1e4) / rate) / 10;
  throw new UsageError(`--ptime ${ptime} does not fit into a datagram: at most ${milliseconds} ms do here`);
}

/** What receivers on a network of small packets have to know. */
export function fragmentation(
  sender: Pick<RtpSender, 'origin' | 'datagramBytes'>,
  address: string,
): string | undefined {
  const mtu = sender.origin === undefined ? undefined : mtuBetween(sender.origin, address);
  if (mtu === undefined || sender.datagramBytes <= mtu.datagramBytes) return undefined;
  return (
    `packets of ${sender.datagramBytes} bytes are sent in fragments, since ${mtu.interface} carries ${mtu.bytes} bytes: ` +
    'a smaller --ptime mends it, and many AES67 devices take no fragments'
  );
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
