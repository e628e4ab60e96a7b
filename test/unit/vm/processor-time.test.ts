// How long processors were at work for a process: what tells a guest that spins from one that has to wait.
import { expect, it } from 'vitest';

const { processorSeconds } = await import(
  new URL('../../../vm/lib/processor-time.mjs', import.meta.url).href
);

/** As Node.js has it. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

it('is what a process has used so far, to some hundredths of a second', () => {
  for (const until = used() + 0.1; used() < until; );
  const before = used();
  const seconds = processorSeconds(process.pid);
  const after = used();
  expect(seconds).toBeGreaterThan(before - 0.03);
  expect(seconds).toBeLessThan(after + 0.03);
});

it('is none of a process that is gone, or was never there', () => {
  expect([processorSeconds(2 ** 22 + 1), processorSeconds(undefined)]).toEqual([0, 0]);
});
