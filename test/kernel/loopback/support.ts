// What the tests of cables share.
import { createCipheriv, createHash, randomInt } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { expect } from 'vitest';
import type { ClockedLoopback, LoopbackCapture } from '../../../lib/loopback/index.js';
import type { UtimerHandle } from '../../../lib/native/binding.js';
import { native, setNative } from '../../../lib/native/load.js';

/** The built loopback part of the library, as an import in a child process names it. */
export const distLoopback = JSON.stringify(new URL('../../../dist/loopback/index.js', import.meta.url).href);

/** What most cables of tests carry. */
export const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 } as const;

export const withCode = (code: string) => expect.objectContaining({ code });

/** What a call throws. */
export function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Where all that is random comes from; a failure prints it, and `scripts/vm/run --env SEED=...` repeats it. */
const seed = process.env.SEED ?? String(randomInt(2 ** 32));
let test: string | undefined;
let drawn = 0;

/** Random frames: every byte that does not arrive, or arrives elsewhere, differs. The same in each run of a test and seed. */
export function noise(bytes: number): Buffer {
  const { currentTestName } = expect.getState();
  if (currentTestName !== test) {
    test = currentTestName;
    drawn = 0;
  }
  const key = createHash('sha256').update(`${seed} ${test} ${drawn}`).digest();
  drawn += 1;
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(bytes));
}

/** `bytes` in pieces of random sizes, from one byte to three periods and a bit. */
export function* cut(bytes: Buffer, periodBytes: number): Generator<Buffer> {
  const most = Math.ceil(periodBytes * 3.3);
  const lengths = noise(4 * 1_024);
  for (let at = 0, draw = 0; at < bytes.length; draw = (draw + 4) % lengths.length) {
    const piece = bytes.subarray(at, at + 1 + (lengths.readUInt32LE(draw) % most));
    yield piece;
    at += piece.length;
  }
}

/** Writes and reads in turn; the other side must have read everything when a piece has been written. */
export function transfer(loop: ClockedLoopback, capture: LoopbackCapture, pieces: Iterable<Buffer>): Buffer {
  const received: Buffer[] = [];
  for (const piece of pieces) {
    loop.write(piece);
    received.push(capture.read());
  }
  return Buffer.concat(received);
}

/** Where two recordings differ first, in words; undefined when they are equal. */
export function difference(sent: Buffer, received: Buffer): string | undefined {
  if (sent.equals(received)) return undefined;
  const length = Math.min(sent.length, received.length);
  for (let at = 0; at < length; at += 1) {
    if (sent[at] !== received[at]) return `byte ${at} of ${sent.length} differs (SEED=${seed})`;
  }
  return `${received.length} bytes of ${sent.length} (SEED=${seed})`;
}

/** How many descriptors of this process are of `target`. */
export function descriptorsOf(target: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === target;
    } catch {
      return false; // the one that reads the folder
    }
  }).length;
}

/** What `open` returns, and a trigger of its timer, which nobody else can make. */
export function withTrigger<T>(open: () => T): { readonly opened: T; readonly trigger: () => void } {
  const real = native();
  const timers: UtimerHandle[] = [];
  setNative({
    ...real,
    createUtimer: (...args) => {
      const handle = real.createUtimer(...args);
      timers.push(handle);
      return handle;
    },
  });
  try {
    const opened = open();
    return { opened, trigger: () => timers.at(-1)?.trigger() };
  } finally {
    setNative(undefined);
  }
}
