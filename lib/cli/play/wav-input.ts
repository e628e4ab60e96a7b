/** A WAV file to play: a file, a named pipe or standard input. */
import { ByteReader } from '../../wav/byte-reader.js';
import { WavReader } from '../../wav/reader.js';
import { type Io, onInterrupt } from '../output/io.js';
import { HEAD_BYTES, kindOf, openInput } from '../send/input-file.js';
import { UsageError } from '../table/usage-error.js';

export interface WavInput extends Disposable {
  readonly wav: WavReader;
}

/** @throws UsageError for a file of another kind; AlsaError ERR_INVALID_WAV; the error of the system; an AbortError */
export async function openWavInput(
  path: string,
  { stdin, signal }: Pick<Io, 'stdin' | 'signal'>,
): Promise<WavInput> {
  const { name, stream } = await openInput(path, stdin);
  // What is waited for, stdin for instance, does not look at the signal.
  const giveUp = () => void stream.destroy();
  onInterrupt(signal, giveUp);
  try {
    const reader = new ByteReader(stream);
    const kind = kindOf(await reader.peek(HEAD_BYTES));
    if (kind !== undefined && kind !== 'WAV')
      throw new UsageError(
        `${name} is ${kind}, and no WAV file; convert it: ffmpeg -i FILE -f wav - | utimer play -`,
      );
    return { wav: await WavReader.open(reader, { name }), [Symbol.dispose]: giveUp };
  } catch (error) {
    giveUp();
    signal.throwIfAborted();
    throw error;
  }
}
