/** Where a command prints: a standard stream, whose reader may go away before the command ends. */
import { Writable } from 'node:stream';

/** What a command does when nobody can read its output any more: `head` has read enough, or a supervisor lost its log. */
export type WithoutReader = 'end' | 'go on';

/**
 * Passes on to a standard stream what is printed, one chunk at a time, and outlives every failure of that stream: it never
 * emits 'error'. What cannot be written is dropped.
 */
export class Output extends Writable {
  readonly #target: Writable;
  readonly #onFailure: (error: NodeJS.ErrnoException) => void;
  #readerGone = false;
  #failure: NodeJS.ErrnoException | undefined;

  /** @param onFailure told of each write that failed; after EPIPE, which no write survives, there are no more */
  constructor(target: Writable, onFailure: (error: NodeJS.ErrnoException) => void) {
    super({ decodeStrings: false, highWaterMark: target.writableHighWaterMark });
    this.#target = target;
    this.#onFailure = onFailure;
    // The callback of the write tells as well.
    target.on('error', () => {});
  }

  /** Whether what is printed reaches nobody any more. */
  get isReaderGone(): boolean {
    return this.#readerGone;
  }

  /** Why something of what was printed could not be written, where anybody might still read it: a full disk, for instance. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  /** Whether it is shown on a terminal, as tty.WriteStream says it. */
  get isTTY(): boolean {
    return (this.#target as Partial<NodeJS.WriteStream>).isTTY === true;
  }

  /** The width of the terminal, where it is one. */
  get columns(): number | undefined {
    return (this.#target as Partial<NodeJS.WriteStream>).columns;
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    if (this.#readerGone) {
      done();
      return;
    }
    this.#target.write(chunk, encoding, (error?: NodeJS.ErrnoException | null) => {
      if (error) {
        this.#readerGone = error.code === 'EPIPE';
        if (!this.#readerGone) this.#failure ??= error;
        this.#onFailure(error);
      }
      done();
    });
  }
}

/**
 * The standard streams of a command.
 *
 * @param withoutReader what to do when the reader of stdout is gone; without one of stderr, every command goes on
 * @param exit ends the process, where stdout has to end it: with 0 when its reader is gone, else with 1
 */
export function standardOutputs(
  { stdout, stderr }: { readonly stdout: Writable; readonly stderr: Writable },
  withoutReader: WithoutReader,
  exit: (code: number) => void,
): { readonly stdout: Output; readonly stderr: Output } {
  const errors = new Output(stderr, () => {});
  let told = false;
  const lines = new Output(stdout, (error) => {
    const isReaderGone = error.code === 'EPIPE';
    if (withoutReader === 'end' && isReaderGone) {
      exit(0);
      return;
    }
    if (isReaderGone || told) return;
    told = true;
    // A full disk may have room again, so that a command that goes on tries with each line.
    errors.write(`utimer: standard output: ${error.message}\n`, () => {
      if (withoutReader === 'end') exit(1);
    });
  });
  return { stdout: lines, stderr: errors };
}
