/** A stream to the network, from its command line to its end. */
import { pickOptions } from '../../arguments.js';
import { Clock } from '../../clock/clock.js';
import { isMulticast, withoutZone } from '../../net/address.js';
import type { RtpEncoding } from '../../rtp/format.js';
import type { MediaClock } from '../../rtp/sdp/media-clock.js';
import { RtpSender } from '../../rtp/sender.js';
import type { SenderDescription } from '../../rtp/sender-options.js';
import { writeText } from '../../unblocking-file.js';
import type { Io } from '../output/io.js';
import { handOver, json, print } from '../output/printing.js';
import type { Given } from '../table/command.js';
import { checkLink, type Endpoint } from '../table/machine.js';
import { naming } from '../table/naming.js';
import { UsageError } from '../table/usage-error.js';
import { type AudioOptions, type AudioSource, type MediaPace, openAudio } from './audio-source.js';
import { encodingOf, fragmentation, packetFrames } from './packets.js';
import { type TransmissionOptions, transmit } from './transmission.js';

interface SendValues extends TransmissionOptions {
  readonly file: string | undefined;
  /** By its name. */
  readonly clock: string | undefined;
  readonly to: Endpoint;
  readonly format: RtpEncoding | undefined;
  /** Milliseconds. */
  readonly ptime: number;
  readonly 'sdp-out': string | undefined;
  readonly 'source-filter': boolean;
}

interface NetworkOptions {
  readonly payloadType?: number;
  readonly interface?: string;
  readonly ttl?: number;
}

interface DescriptionOptions {
  readonly name?: string;
  readonly origin?: string;
  readonly referenceClock?: string;
  readonly mediaClock?: MediaClock;
}

type SendGiven = Given<SendValues, Omit<AudioOptions, 'name'> & NetworkOptions & DescriptionOptions>;

/** @returns the exit code */
export async function sendAudio(command: SendGiven, io: Io): Promise<number> {
  checkTarget(command);
  const names = { ...command.names, address: '--to', ptime: '--ptime', packetFrames: '--ptime' };
  return naming(names, async () => {
    using clock = await openClock(command.values.clock);
    const audio = await openAudio(command.values.file, pickOptions(command.library, AUDIO), io, clock);
    try {
      return await send(audio, clock, command, io);
    } finally {
      audio.close();
    }
  });
}

/** What only a group can have, and what an address of one link needs. */
function checkTarget({ values: { to }, library, given }: SendGiven): void {
  if (isMulticast(to.address)) {
    if (library.interface === undefined) checkLink(to.address);
    return;
  }
  const [name] = ['interface', 'ttl', 'source-filter'].filter((option) => given.has(option));
  if (name !== undefined) throw new UsageError(`--${name} is for groups, and ${to.address} is none`);
  if (withoutZone(to.address) === to.address) checkLink(to.address, `as in [${to.address}%eth0]:${to.port}`);
}

async function send(
  audio: AudioSource,
  clock: Clock | undefined,
  { values, library }: SendGiven,
  io: Io,
): Promise<number> {
  const { to, json: asJson } = values;
  const { rate, channels, format } = audio;
  const encoding = encodingOf(values.format, audio);
  await using sender = await RtpSender.open({
    ...to,
    ...pickOptions(library, NETWORK),
    encoding,
    rate,
    channels,
    format,
    packetFrames: packetFrames(values.ptime, encoding, rate, channels),
  });
  // Timestamps that are a clock's are described so, unless told otherwise.
  const mediaClock = library.mediaClock ?? (clock && { kind: 'direct', offset: 0 });
  const sdp = sender.describe(description(values, library, mediaClock));
  // The description has stdout for itself, so that it can be piped to a receiver.
  const stdout = values['sdp-out'] === '-' ? io.stderr : io.stdout;
  const out = { stdout, signal: io.signal };
  if (values['sdp-out'] === '-') await print(io, sdp.replace(/\n$/, ''));
  else if (values['sdp-out'] !== undefined) await writeText(values['sdp-out'], sdp, io.signal);
  if (asJson) await print(out, json({ type: 'open', ...to, encoding, rate, channels, sdp }));
  else await print(out, `sending ${encoding}/${rate}/${channels} to ${target(to)}`);
  const warn = (text: string | undefined) => text !== undefined && io.stderr.write(`utimer send: ${text}\n`);
  warn(fragmentation(sender, to.address));
  const isWhole = await transmit(audio, sender, out, values, paceOf(clock, mediaClock));
  if (isWhole) warn(audio.remark?.());
  const { packetsSent, packetsFailed, lastError } = sender.stats();
  const hasFailed = packetsFailed > 0 && packetsSent === 0;
  if (hasFailed) warn(`no packet was sent: ${lastError?.message}`);
  if (io.signal.aborted) await handOver(out);
  return hasFailed ? 1 : 0;
}

const target = ({ address, port }: Endpoint) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

function description(
  values: Pick<SendValues, 'source-filter'>,
  options: DescriptionOptions,
  mediaClock: MediaClock | undefined,
): SenderDescription {
  return {
    ...pickOptions(options, DESCRIPTION),
    ...(values['source-filter'] && { sourceFilter: true }),
    ...(mediaClock && { mediaClock }),
  };
}

async function openClock(name: string | undefined): Promise<Clock | undefined> {
  return name === undefined ? undefined : naming({ name: '--clock' }, () => Clock.open(name));
}

function paceOf(clock: Clock | undefined, described: MediaClock | undefined): MediaPace {
  if (!clock) return {};
  return { clock, ...(described?.kind === 'direct' && { mediaOffset: described.offset ?? 0 }) };
}

const AUDIO = {
  format: true,
  rate: true,
  channels: true,
  card: true,
  device: true,
  substream: true,
  access: true,
  periodFrames: true,
} as const;
const NETWORK = { payloadType: true, interface: true, ttl: true } as const;
const DESCRIPTION = { name: true, origin: true, referenceClock: true } as const;
