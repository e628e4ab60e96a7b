// The parts of the package that test/support/runtimes/smoke.mjs tries, and what each prints.
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Runtime, runProgram } from './readiness-contract.js';

export const smoke = fileURLToPath(new URL('runtimes/smoke.mjs', import.meta.url));

const PARTS: Readonly<Record<string, readonly [what: string, printed: unknown]>> = {
  timers: ['timers, with timestamps of the clock that it reads', { listed: true, ticks: 5, inTime: true }],
  pacer: ['a pacer', { reads: true, ticked: true }],
  rtp: ['RTP over the loopback interface', { same: true, lost: 0 }],
  gap: ['gaps of RTP', { frames: 144, lost: 48 }],
  cable: ['a cable', { frames: 1440, same: true }],
  bridge: ['a bridge and its worker', { reason: 'first' }],
};

/** Within a `describe`: a test for each part of the package. */
export function works(runtime: Runtime, parts: readonly string[] = Object.keys(PARTS)): void {
  for (const [part, [what, printed]] of Object.entries(PARTS)) {
    if (!parts.includes(part)) continue;
    it(what, async () => {
      expect(await runProgram(runtime, smoke, part)).toEqual({
        code: 0,
        signal: null,
        stdout: `${JSON.stringify(printed)}\n`,
        stderr: '',
      });
    });
  }
}
