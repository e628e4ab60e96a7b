// Where commands print: whoever reads may go away, and a disk may be full.
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output, standardOutputs, type WithoutReader } from '../../../lib/cli/output/output.js';

/** A standard stream that fails with an error as long as there is one, as process.stdout does: it lives on. */
class Stream extends Writable {
  readonly taken: string[] = [];
  failure: string | undefined;
  attempts = 0;

  constructor() {
    super({ autoDestroy: false, decodeStrings: false });
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    this.attempts += 1;
    const done = rest.at(-1) as (error?: Error) => void;
    if (this.failure === undefined) this.taken.push(String(chunk));
    const error = this.failure && Object.assign(new Error(`${this.failure}: failed`), { code: this.failure });
    queueMicrotask(() => {
      done(error || undefined);
      if (error) this.emit('error', error);
    });
    return true;
  }
}

function open(withoutReader: WithoutReader) {
  const [stdout, stderr] = [new Stream(), new Stream()];
  const exits: number[] = [];
  const outputs = standardOutputs({ stdout, stderr }, withoutReader, (code) => exits.push(code));
  const print = (text: string) => new Promise<void>((resolve) => outputs.stdout.write(text, () => resolve()));
  return { stdout, stderr, exits, outputs, print };
}

describe('The output of a command', () => {
  it('reaches the stream, which says whether it is a terminal', async () => {
    const terminal = Object.assign(new Stream(), { isTTY: true, columns: 99 });
    const output = new Output(terminal, () => {});
    await new Promise((resolve) => output.write('a line', resolve));
    expect([terminal.taken, output.isTTY, output.columns]).toEqual([['a line'], true, 99]);
    expect(new Output(new Stream(), () => {}).isTTY).toBe(false);
  });

  it('ends a command whose reader has read enough, quietly', async () => {
    const { stdout, stderr, exits, print } = open('end');
    stdout.failure = 'EPIPE';
    await print('a line');
    expect([exits, stderr.taken]).toEqual([[0], []]);
  });

  it('ends a command whose output cannot be written, with the reason', async () => {
    const { stdout, stderr, exits, print } = open('end');
    stdout.failure = 'ENOSPC';
    await print('a line');
    await new Promise(setImmediate);
    expect([exits, stderr.taken]).toEqual([[1], ['utimer: standard output: ENOSPC: failed\n']]);
  });

  it('is dropped without a reader where the command goes on, and nothing waits', async () => {
    const { stdout, stderr, exits, outputs, print } = open('go on');
    stdout.failure = 'EPIPE';
    for (let i = 0; i < 1000; i += 1) await print('a line'.repeat(1000));
    expect([exits, stderr.taken, stdout.attempts]).toEqual([[], [], 1]);
    expect([outputs.stdout.writableLength, outputs.stdout.writableNeedDrain]).toEqual([0, false]);
  });

  it('is tried again after a full disk, of which is told once', async () => {
    const { stdout, stderr, exits, print } = open('go on');
    stdout.failure = 'ENOSPC';
    await print('lost');
    await print('lost');
    stdout.failure = undefined;
    await print('kept');
    expect([exits, stdout.taken]).toEqual([[], ['kept']]);
    expect(stderr.taken).toEqual(['utimer: standard output: ENOSPC: failed\n']);
  });

  it('goes on without a reader of standard error', async () => {
    for (const without of ['end', 'go on'] as const) {
      const { stderr, exits, outputs } = open(without);
      stderr.failure = 'EPIPE';
      await new Promise((resolve) => outputs.stderr.write('a line', resolve));
      expect(exits).toEqual([]);
    }
  });
});
