/**
 * Files whose opening waits for nobody. open(2) of a named pipe waits for the other end, in a thread that nothing can take
 * back: neither a signal nor process.exit() would end it.
 */
import { constants, createReadStream, openSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AlsaError } from './errors.js';

export interface FileInput {
  readonly stream: Readable;
  /** Whether what it holds is there already, so that reading does not wait. */
  readonly isThere: boolean;
}

/** How often a named pipe is looked at for a reader: the kernel tells nobody when one comes. */
const READER_POLL_MS = 50;

/**
 * Opens a file or a named pipe. A pipe without a writer has no end to tell, so reading waits for one.
 *
 * @param signal destroys the stream
 * @throws the error of the system; AlsaError EISDIR; an AbortError
 */
export async function openToRead(path: string | URL, signal?: AbortSignal): Promise<FileInput> {
  const kind = await stat(path);
  signal?.throwIfAborted();
  if (kind.isDirectory()) throw new AlsaError(`${path} is a directory`, { code: 'EISDIR', path: `${path}` });
  const aborting = signal ? { signal } : {};
  if (kind.isFIFO()) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { stream: new Socket({ fd, readable: true, writable: false, ...aborting }), isThere: false };
  }
  const stream = createReadStream(path, aborting);
  await new Promise<void>((resolve, reject) => stream.once('open', () => resolve()).once('error', reject));
  return { stream, isThere: kind.isFile() };
}

/**
 * Writes a text: over what a file holds, or into a named pipe as soon as somebody reads that.
 *
 * @throws the error of the system; an AbortError
 */
export async function writeText(path: string, text: string, signal: AbortSignal): Promise<void> {
  const stream = await openPipeToWrite(path, signal);
  if (stream === undefined) return writeFile(path, text, { signal });
  stream.end(text);
  await finished(stream, { readable: false });
}

/**
 * Opens a named pipe as soon as somebody reads it; undefined for what is none, or does not exist.
 *
 * @param signal destroys the stream
 * @throws the error of the system; an AbortError
 */
export async function openPipeToWrite(
  path: string | URL,
  signal?: AbortSignal,
): Promise<Writable | undefined> {
  const isPipe = await stat(path).then(
    (kind) => kind.isFIFO(),
    () => false,
  );
  if (!isPipe) return undefined;
  const fd = await openForReader(path, signal);
  return new Socket({ fd, readable: false, writable: true, ...(signal && { signal }) });
}

async function openForReader(path: string | URL, signal: AbortSignal | undefined): Promise<number> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    }
    await delay(READER_POLL_MS, undefined, signal && { signal });
  }
}
