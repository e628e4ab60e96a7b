// What the tests of cables share.
import { randomBytes, randomInt } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { expect } from 'vitest';
import type { ClockedLoopback, LoopbackCapture } from '../../../lib/loopback/index.js';

/** The built loopback part of the library, as an import in a child process names it. */
export const distLoopback = JSON.stringify(new URL('../../../dist/loopback/index.js', import.meta.url).href);

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

/** Random frames: every byte that does not arrive, or arrives elsewhere, differs. */
export const noise = (bytes: number): Buffer => randomBytes(bytes);

/** `bytes` in pieces of random sizes, from one byte to three periods and a bit. */
export function* cut(bytes: Buffer, periodBytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + randomInt(1, Math.ceil(periodBytes * 3.3)));
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
    if (sent[at] !== received[at]) return `byte ${at} of ${sent.length} differs`;
  }
  return `${received.length} bytes of ${sent.length}`;
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
