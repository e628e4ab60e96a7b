/**
 * A terminal that is not waited for. Node.js writes to terminals so that the whole process stands still while one takes nothing:
 * its user has stopped it (Ctrl-S), or the connection to it has stalled.
 */
import { constants, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** How often a terminal is looked at that takes nothing, ms. */
const RETRY_MS = 20;

/**
 * The same terminal, where what it does not take yet waits in memory. What is no terminal waits for nobody already; one that may not
 * be opened anew, as behind su(1), stays as it is.
 *
 * @param fd the descriptor of the stream
 */
export function unwaited(stream: NodeJS.WriteStream, fd: number): Writable {
  if (!stream.isTTY) return stream;
  try {
    // Its own descriptor: others that share that of the stream, a shell for instance, go on as they were.
    return new Terminal(stream, openSync(`/proc/self/fd/${fd}`, FLAGS));
  } catch {
    return stream;
  }
}

const FLAGS = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

class Terminal extends Writable {
  readonly isTTY = true;
  readonly #stream: NodeJS.WriteStream;
  readonly #fd: number;

  constructor(stream: NodeJS.WriteStream, fd: number) {
    super({ autoDestroy: false });
    this.#stream = stream;
    this.#fd = fd;
  }

  /** As wide as it is now. */
  get columns(): number {
    return this.#stream.columns;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    for (let rest = chunk; ; ) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') done(error as Error);
        else setTimeout(() => this._write(rest, _, done), RETRY_MS);
        return;
      }
      if (rest.length > 0) continue;
      done();
      return;
    }
  }
}
