/** What `utimer send` sends: a WAV file or raw frames, at the pace of this machine's clock, or a cable of snd-aloop. */
import { AlsaError } from '../errors.js';
import { LoopbackCapture, type LoopbackCaptureStats } from '../loopback/capture.js';
import { PCM_ACCESSES } from '../pcm/access.js';
import { MAX_CHANNELS, MAX_RATE, RTP_PCM_FORMATS, type RtpPcmFormat } from '../rtp/format.js';
import type { RtpSender } from '../rtp/sender.js';
import { ByteReader } from '../wav/byte-reader.js';
import { WavReader } from '../wav/reader.js';
import { type Io, number, oneOf, rate, refuse, UsageError, withoutUndefined } from './command.js';
import { HEAD_BYTES, type Input, kindOf, openInput } from './input-file.js';

export interface Source {
  readonly format: RtpPcmFormat;
  readonly rate: number;
  readonly channels: number;
  /** The file that says what is sent; undefined where options do. */
  readonly saidBy?: string;
  send(
    sender: RtpSender,
    signal: AbortSignal,
    restarted: (why: 'overrun' | 'suspend') => void,
  ): Promise<void>;
  /** How often frames were lost before they were sent, where that may be. */
  restarts?(): Restarts;
  /** What is to be said of what was sent. */
  remark?(): string | undefined;
  close(): void;
}

export type Restarts = Pick<LoopbackCaptureStats, 'overruns' | 'suspends'>;

const SHAPE = ['sample-format', 'rate', 'channels'] as const;

type SourceValues = Partial<
  Record<(typeof SHAPE)[number] | 'card' | 'device' | 'substream' | 'access' | 'period', string>
>;

type Shape = Pick<Source, 'format' | 'rate' | 'channels'>;

export async function openSource(
  values: SourceValues,
  positionals: readonly string[],
  io: Io,
): Promise<Source> {
  const [file, ...more] = positionals;
  if ((file === undefined) === (values.card === undefined) || more.length > 0) {
    throw new UsageError('either one FILE (- for stdin) or --card is needed');
  }
  if (file === undefined) return openCable(values, neededShape(values));
  refuse(values, ['device', 'substream', 'access', 'period'], 'is for --card');
  if (/\.wav$/i.test(file)) refuse(values, SHAPE, `is said by ${file}`);
  const isRaw = SHAPE.some((name) => values[name] !== undefined);
  const shape = isRaw ? neededShape(values) : undefined;
  const input = await openInput(file, io.stdin);
  // What is waited for, stdin for instance, does not look at the signal.
  const giveUp = () => input.stream.destroy();
  io.signal.addEventListener('abort', giveUp, { once: true });
  if (io.signal.aborted) giveUp();
  try {
    return shape ? await rawFrames(input, shape) : await wavFile(input);
  } catch (error) {
    giveUp();
    io.signal.throwIfAborted();
    throw error;
  }
}

function neededShape(values: SourceValues): Shape {
  const format = oneOf('sample-format', values['sample-format'], RTP_PCM_FORMATS);
  const hertz = rate('rate', values.rate);
  const channels = number('channels', values.channels, 1, MAX_CHANNELS);
  if (format === undefined || hertz === undefined || channels === undefined) {
    throw new UsageError('--sample-format, --rate and --channels are needed');
  }
  return { format, rate: hertz, channels };
}

async function rawFrames(input: Input, shape: Shape): Promise<Source> {
  const reader = new ByteReader(input.stream);
  if (input.isThere) refuseFiles(input, await reader.peek(HEAD_BYTES));
  async function* frames() {
    refuseFiles(input, await reader.peek(HEAD_BYTES));
    yield* reader.pieces();
  }
  return { ...shape, ...paced(input, frames()) };
}

/** The header of a file would be noise, and so would what is compressed. */
function refuseFiles({ name }: Input, head: Uint8Array): void {
  const kind = kindOf(head);
  if (kind === undefined) return;
  throw new UsageError(
    kind === 'WAV'
      ? `${name} is a WAV file, which says its format itself: leave out --sample-format, --rate and --channels`
      : `${name} is ${kind}, and no raw frames. ${CONVERT}`,
  );
}

const CONVERT = 'WAV files and raw frames are sent; convert it: ffmpeg -i FILE -f wav - | utimer send ... -';

async function wavFile(input: Input): Promise<Source> {
  const { name } = input;
  const reader = new ByteReader(input.stream);
  const head = await reader.peek(HEAD_BYTES);
  const kind = kindOf(head);
  if (kind !== 'WAV') {
    const problem = kind === undefined ? 'is no WAV file' : `is ${kind}`;
    if (kind === undefined && !/\.wav$/i.test(name)) {
      throw new UsageError(
        `${name} ${problem}: --sample-format, --rate and --channels are needed for raw frames`,
      );
    }
    throw new AlsaError(`${name} ${problem}`, { code: 'ERR_INVALID_WAV', path: name, hint: CONVERT });
  }
  const wav = await WavReader.open(reader, name);
  const { format, channels } = wav;
  if (!isSendable(format)) throw unsendable(name, 'holds floating point, and a stream integers');
  if (wav.rate > MAX_RATE)
    throw unsendable(name, `has a rate of ${wav.rate} Hz, and a stream ${MAX_RATE} at most`);
  if (channels > MAX_CHANNELS)
    throw unsendable(name, `has ${channels} channels, and a stream ${MAX_CHANNELS} at most`);
  return {
    ...{ format, rate: wav.rate, channels, saidBy: name },
    ...paced(input, wav.data()),
    remark: () =>
      wav.missingFrames > 0
        ? `${name} is cut: ${wav.missingFrames} of its ${wav.frames} frames are missing`
        : undefined,
  };
}

function isSendable(format: string): format is RtpPcmFormat {
  return RTP_PCM_FORMATS.some((name) => name === format);
}

function unsendable(path: string, problem: string): AlsaError {
  const hint = 'Convert it: sox IN.wav -e signed -b 24 OUT.wav';
  return new AlsaError(`${path} ${problem}`, { code: 'ERR_INVALID_WAV', path, hint });
}

/** Frames that have no time of their own: the clock of this machine gives them theirs. */
function paced({ stream }: Input, frames: AsyncIterable<Uint8Array>): Pick<Source, 'send' | 'close'> {
  return {
    async send(sender, signal) {
      signal.throwIfAborted();
      await sender.pace(frames, { signal });
    },
    close: () => stream.destroy(),
  };
}

function openCable(values: SourceValues, shape: Shape): Source {
  const { card = '' } = values;
  const capture = LoopbackCapture.open({
    ...shape,
    card: /^\d+$/.test(card) ? Number(card) : card,
    periodFrames: number('period', values.period, 1, 2 ** 20) ?? Math.round(shape.rate / 100),
    onInterruption: 'restart',
    ...withoutUndefined({
      device: number('device', values.device, 0, 1) as 0 | 1 | undefined,
      substream: number('substream', values.substream, 0, 7),
      access: oneOf('access', values.access, PCM_ACCESSES),
    }),
  });
  const restarts = (): Restarts => {
    const { overruns, suspends } = capture.stats();
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
