// Runs a piece of JavaScript over a fake of ALSA (test/support/fake-alsa): one card of snd-aloop and its timers, in that process.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChildResult, runChild } from './child.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The preloaded library: built when it is stale, unless another build of it is chosen. */
export function fakeAlsaLibrary(): string {
  const chosen = process.env.FAKE_ALSA_LIBRARY;
  if (chosen) return chosen;
  execFileSync('make', ['--silent', '--directory', join(root, 'test/support/fake-alsa')]);
  return join(root, 'build-dev/fake-alsa/libfake-alsa.so');
}

/** The environment of a process that is to find the fake in the place of ALSA; `folder` is its own. */
export function fakeAlsaEnvironment(folder: string): Record<string, string> {
  const libraries = [process.env.LD_PRELOAD, fakeAlsaLibrary()].filter(Boolean);
  // The runtime of AddressSanitizer must be the first. That of ThreadSanitizer must not: it judges nothing within a call that
  // it intercepts.
  if (process.env.LD_PRELOAD?.includes('libtsan')) libraries.reverse();
  return { LD_PRELOAD: libraries.join(':'), FAKE_ALSA: folder };
}

/**
 * `fault` makes a call go wrong: `after` so many of its kind, `times` of them; with an errno, or by moving at most `frames`.
 * Its names are open, read, TRIGGER, WRITEI, READI, START and so on: see the sources of the fake.
 */
const PRELUDE = `
import { rmSync as remove, writeFileSync as writeText } from 'node:fs';
const { ClockedCapture, ClockedLoopback, LoopbackCapture } = await import(new URL('./dist/loopback/index.js', 'file://' + process.cwd() + '/'));
const fault = (name, { after = 0, times = 1e9, error = 0, frames = 0 }) =>
  writeText(process.env.FAKE_ALSA + '/faults/' + name, [after, times, error || -frames].join(' '));
const mend = (name) => remove(process.env.FAKE_ALSA + '/faults/' + name);
/** Descriptors of the fake that are open. */
const open = () => Object.keys(descriptors()).filter((target) => target.startsWith(process.env.FAKE_ALSA)).length;
const hardware = {
  ...{ access: 3, format: 2, channels: 2, rate: 48_000, periodFrames: 480, bufferFrames: 1_920 },
  fillWithSilence: false,
};
const cable = { rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 };
`;

/**
 * As runChild, with `fault`, `mend`, `open` (a number of descriptors), ClockedLoopback and parameters at hand. `environment` is
 * what the child has besides.
 */
export async function runOnFake(
  code: string,
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<ChildResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fake-alsa-'));
  try {
    return await runChild(PRELUDE + code, flags, { env: { ...environment, ...fakeAlsaEnvironment(folder) } });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
