import { describe, expect, it } from 'vitest';
// @ts-expect-error TS7016: a script without types
import { clockCommandLine } from '../../../vm/lib/clock.mjs';

const cpuinfo = (flags: string, bogomips = '5192.25') =>
  `processor\t: 0\nflags\t\t: fpu tsc ${flags} nopl\nbogomips\t: ${bogomips}\n\nprocessor\t: 1\nflags\t\t: fpu tsc\nbogomips\t: 10.00\n`;

describe('The clock of an emulated guest', () => {
  it('is the counter of the host, whose rate it is told', () => {
    expect(clockCommandLine(cpuinfo('constant_tsc nonstop_tsc'))).toEqual([
      'tsc=reliable',
      'tsc_early_khz=2596125',
    ]);
  });

  it.each([
    ['counts with the frequency of the processor', cpuinfo('nonstop_tsc')],
    ['stops while the processor sleeps', cpuinfo('constant_tsc')],
    ['is of another kind', 'processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\n'],
  ])('is another where that %s', (_, text) => {
    expect(clockCommandLine(text)).toEqual(['tsc=unstable']);
  });
});
