/** A WAV file or raw frames, from a file, a named pipe or standard input, sent at the pace of this machine's clock. */
import { AlsaError } from '../../errors.js';
import { MAX_CHANNELS, MAX_RATE, RTP_PCM_FORMATS, type RtpPcmFormat } from '../../rtp/format.js';
import { ByteReader } from '../../wav/byte-reader.js';
import { CONVERT_SAMPLES } from '../../wav/head.js';
import { WavReader } from '../../wav/reader.js';
import { type Io, onInterrupt } from '../output/io.js';
import { UsageError } from '../table/usage-error.js';
import { type AudioSource, type Shape, wholeShape } from './audio-source.js';
import { HEAD_BYTES, type Input, kindOf, openInput } from './input-file.js';

/** The options that say the format of raw frames. */
const SHAPE = [
  ['format', '--sample-format'],
  ['rate', '--rate'],
  ['channels', '--channels'],
] as const;

export async function openFile(
  file: string,
  options: Partial<Shape>,
  io: Pick<Io, 'signal' | 'stdin'>,
): Promise<AudioSource> {
  const [said] = SHAPE.filter(([name]) => options[name] !== undefined);
  if (said !== undefined && /\.wav$/i.test(file))
    throw new UsageError(`${said[1]} cannot be given with ${file}, which says its format itself`);
  const shape = said === undefined ? undefined : wholeShape(options);
  const input = await openInput(file, io.stdin);
  // What is waited for, stdin for instance, does not look at the signal.
  const giveUp = () => input.stream.destroy();
  onInterrupt(io.signal, giveUp);
  try {
    return shape ? await rawFrames(input, shape) : await wavFile(input);
  } catch (error) {
    giveUp();
    io.signal.throwIfAborted();
    throw error;
  }
}

async function rawFrames(input: Input, shape: Shape): Promise<AudioSource> {
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

async function wavFile(input: Input): Promise<AudioSource> {
  const { name } = input;
  const reader = new ByteReader(input.stream);
  const head = await reader.peek(HEAD_BYTES);
  const kind = kindOf(head);
  if (head.length === 0) throw new AlsaError(`${name} is empty`, { code: 'ERR_INVALID_WAV', path: name });
  if (kind !== 'WAV') {
    const problem = kind === undefined ? 'is no WAV file' : `is ${kind}`;
    if (kind === undefined && !/\.wav$/i.test(name)) {
      throw new UsageError(
        `${name} ${problem}: --sample-format, --rate and --channels are needed for raw frames`,
      );
    }
    throw new AlsaError(`${name} ${problem}`, { code: 'ERR_INVALID_WAV', path: name, hint: CONVERT });
  }
  const wav = await WavReader.open(reader, { name });
  const { format, rate, channels } = wav.parameters;
  if (!isSendable(format)) throw unsendable(name, 'holds floating point, and a stream integers');
  if (rate > MAX_RATE) throw unsendable(name, `has a rate of ${rate} Hz, and a stream ${MAX_RATE} at most`);
  if (channels > MAX_CHANNELS)
    throw unsendable(name, `has ${channels} channels, and a stream ${MAX_CHANNELS} at most`);
  return {
    format,
    rate,
    channels,
    saidBy: name,
    ...paced(input, wav.frames()),
    remark: () =>
      wav.missingFrames > 0
        ? `${name} is cut: ${wav.missingFrames} of its ${wav.frameCount} frames are missing`
        : undefined,
  };
}

function isSendable(format: string): format is RtpPcmFormat {
  return RTP_PCM_FORMATS.some((name) => name === format);
}

function unsendable(path: string, problem: string): AlsaError {
  return new AlsaError(`${path} ${problem}`, { code: 'ERR_INVALID_WAV', path, hint: CONVERT_SAMPLES });
}

/** Frames that have no time of their own: the clock of this machine gives them theirs. */
function paced({ stream }: Input, frames: AsyncIterable<Uint8Array>): Pick<AudioSource, 'send' | 'close'> {
  return {
    async send(sender, signal, _restarted, pace) {
      signal.throwIfAborted();
      await sender.pace(frames, { ...pace, signal });
    },
    close: () => stream.destroy(),
  };
}
