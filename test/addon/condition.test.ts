// What threads of the addon wait for. ThreadSanitizer ends the program at the first access that the mutex does not order.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SimulatedProgram } from '../support/simulated-program.js';

const program = new SimulatedProgram('condition', 'wait');
const run = (...args: readonly (string | number)[]) => program.run(args.map(String));

describe('A thread that waits for a condition', () => {
  it.each([2, 3, 8])('misses no notification: %i threads in turn', (threads) => {
    expect(run('relay', threads, 2_000)).toEqual([`${threads * 2_000}`]);
  });

  it('is woken together with all others', () => {
    expect(run('crowd', 16)).toEqual(['16']);
  });

  it.each([1_000_000, 20_000_000, 0, -1, -(10 ** 18)])(
    'sleeps until the time given, and not less: %i ns',
    (ns) => {
      expect(run('until', ns)).toEqual(['1']);
    },
  );

  it('is woken before the time given', () => {
    expect(run('early')).toEqual(['1']);
  });
});

it('is what the addon uses, and no condition of the C library', () => {
  const native = fileURLToPath(new URL('../../native/', import.meta.url));
  const sources = readdirSync(native, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(cc|h)$/.test(path),
  );
  expect(sources).toContain('alsa/condition.h');
  const used = /#include <(condition_variable|future|semaphore|latch|barrier)>|pthread_cond_/;
  expect(
    sources.filter((path) => used.test(readFileSync(native + path, 'utf8').replaceAll(/\/\/.*/g, ''))),
  ).toEqual([]);
});
