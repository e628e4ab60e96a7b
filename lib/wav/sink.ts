/** Where a WAV file is written to: a file, whose header can be written again, or a stream, where it cannot. */
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { typeError } from '../arguments.js';
import { fromFileSystem } from '../proc.js';
import { openPipeToWrite } from '../unblocking-file.js';

export interface WavSink {
  /** For messages. */
  readonly name: string;
  /** Writes all of it, or throws. What a failed call has written the next one overwrites, where that is possible. */
  append(bytes: Uint8Array): Promise<void>;
  /** Puts `header` in the place of the first one, where that is possible, of a file with so many bytes of audio. */
  finish(header: Uint8Array, bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** @throws AlsaError EEXIST and what else the system says; TypeError ERR_INVALID_ARG_TYPE; an AbortError */
export async function openSink(
  target: string | URL | Writable,
  overwrite: boolean,
  signal: AbortSignal | undefined,
): Promise<WavSink> {
  if (typeof target !== 'string' && !(target instanceof URL)) {
    if (typeof (target as Partial<Writable> | null)?.write !== 'function')
      throw typeError('target', 'a path or a writable stream', target);
    return streamSink(target, 'into a stream', async () => {});
  }
  const pipe = await openPipeToWrite(target, signal);
  if (pipe) return streamSink(pipe, `${target}`, () => ended(pipe));
  return openFile(`${target instanceof URL ? target.pathname : target}`, target, overwrite);
}

async function openFile(name: string, path: string | URL, overwrite: boolean): Promise<WavSink> {
  try {
    // A device exists, and nothing of it is lost.
    const isThere = await stat(path).then(
      (kind) => kind.isFile(),
      () => true,
    );
    const handle = await open(path, isThere && !overwrite ? 'wx' : 'w');
    const isFile = await handle.stat().then((kind) => kind.isFile());
    return isFile ? new FileSink(handle, name) : deviceSink(handle, name);
  } catch (error) {
    throw fromFileSystem(error, name, HINTS[(error as NodeJS.ErrnoException).code ?? '']);
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EEXIST: 'Take another name, or write over it by `overwrite`.',
};

class FileSink implements WavSink {
  readonly name: string;
  readonly #handle: FileHandle;
  #end = 0;

  constructor(handle: FileHandle, name: string) {
    this.#handle = handle;
    this.name = name;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes, this.#end);
    this.#end += bytes.length;
  }

  async finish(header: Uint8Array, bytes: number): Promise<void> {
    try {
      const end = header.length + bytes;
      // A chunk of an odd length has a byte behind it.
      await this.#handle.truncate(end + (bytes % 2));
      await this.#write(header, 0);
    } catch (error) {
      throw fromFileSystem(error, this.name);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw fromFileSystem(error, this.name);
    }
  }
}

/** A device that has no positions: /dev/null, for instance. */
function deviceSink(handle: FileHandle, name: string): WavSink {
  return {
    name,
    async append(bytes) {
      await handle.writeFile(bytes).catch((error) => {
        throw fromFileSystem(error, name);
      });
    },
    finish: async () => {},
    close: () => handle.close(),
  };
}

function streamSink(stream: Writable, name: string, close: () => Promise<void>): WavSink {
  return {
    name,
    append: (bytes) =>
      new Promise<void>((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    finish: async () => {},
    close,
  };
}

async function ended(stream: Writable): Promise<void> {
  if (stream.destroyed) return;
  stream.end();
  await once(stream, 'close');
}
