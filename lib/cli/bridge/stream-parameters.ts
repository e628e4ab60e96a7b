/** The stream that a command line asks for: by its description and what corrects that, or by options alone. */
import type { Readable } from 'node:stream';
import type { RtpEncoding } from '../../rtp/format.js';
import { framesOfPtime } from '../../rtp/packet-time.js';
import type { PayloadEncoding } from '../../rtp/payload-types.js';
import { loadSdp, readSdp } from '../../rtp/sdp/load.js';
import { type Io, onInterrupt } from '../output/io.js';
import type { Endpoint } from '../table/machine.js';
import { naming } from '../table/naming.js';
import { UsageError } from '../table/usage-error.js';

export interface StreamValues {
  readonly sdp: string | undefined;
  readonly stream: number | undefined;
  readonly listen: Endpoint | undefined;
  /** Milliseconds. */
  readonly ptime: number | undefined;
}

/** What describes packets: options, or corrections of a description. */
export interface StreamFormat {
  readonly encoding?: RtpEncoding;
  readonly rate?: number;
  readonly channels?: number;
  readonly payloadType?: number;
}

export interface StreamParameters extends Endpoint {
  readonly encoding: RtpEncoding;
  readonly rate: number;
  readonly channels: number;
  readonly payloadType: number;
  readonly alternatives?: readonly PayloadEncoding[];
  readonly packetFrames?: number;
}

export async function streamParameters(
  { sdp, stream, listen, ptime }: StreamValues,
  format: StreamFormat,
  io: Pick<Io, 'signal' | 'stdin' | 'stderr'>,
): Promise<StreamParameters> {
  if (sdp !== undefined && listen !== undefined) throw new UsageError('give --sdp or --listen, not both');
  if (sdp !== undefined) return corrected(await described(sdp, stream, io), format);
  if (listen === undefined) throw new UsageError('either --sdp or --listen is needed');
  const { encoding, rate, channels, payloadType = 96 } = format;
  if (encoding === undefined || rate === undefined || channels === undefined)
    throw new UsageError('--listen needs --format, --rate and --channels');
  const parameters = { ...listen, encoding, rate, channels, payloadType };
  if (ptime === undefined) return parameters;
  const packetFrames = await naming({ ptime: '--ptime' }, () => framesOfPtime(ptime, rate));
  return { ...parameters, packetFrames };
}

async function described(
  sdp: string,
  stream: number | undefined,
  { signal, stdin, stderr }: Pick<Io, 'signal' | 'stdin' | 'stderr'>,
): Promise<StreamParameters> {
  const which = stream === undefined ? {} : { stream };
  const { warnings, ...parameters } = await naming({ location: '--sdp' }, () =>
    sdp === '-' ? readSdp(until(signal, stdin), 'standard input', which) : loadSdp(sdp, { signal, ...which }),
  );
  for (const warning of warnings) stderr.write(`utimer bridge: ${warning}\n`);
  return parameters;
}

/** A description, with what replaces it. A payload type is taken alone, with what the description says of it. */
function corrected(
  { alternatives = [], ...stream }: StreamParameters,
  correction: StreamFormat,
): StreamParameters {
  const { encoding, payloadType } = correction;
  const chosen = alternatives.find((other) => other.payloadType === payloadType);
  const others =
    encoding === undefined ? alternatives : alternatives.map((other) => ({ ...other, encoding }));
  return {
    ...stream,
    ...chosen,
    ...correction,
    ...(payloadType === undefined && others.length > 0 ? { alternatives: others } : {}),
  };
}

/** Standard input, which is given up when the command is to end. */
async function* until(signal: AbortSignal, stdin: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  using _interrupt = onInterrupt(signal, () => (stdin as Readable).destroy());
  try {
    yield* stdin as Readable as AsyncIterable<Uint8Array>;
  } finally {
    signal.throwIfAborted();
  }
}

/** The names of what the stream is made of, where the library complains about it. */
export function streamNames(
  sdp: string | undefined,
  given: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  if (sdp === undefined) return { address: '--listen' };
  const described = (['rate', 'channels', 'ptime'] as const)
    .filter((name) => !given.has(name))
    .map((name) => [name, `the ${name} of --sdp`]);
  const encoding = given.has('format') ? {} : { encoding: 'the format of --sdp' };
  return { address: 'the address of --sdp', ...encoding, ...Object.fromEntries(described) };
}
