import { expect, it } from 'vitest';
import { monotonicNs } from '../../lib/index.js';
import { loadAddon } from '../support/addon.js';

it('The addon and the library read the clock of process.hrtime', () => {
  const readings = [
    process.hrtime.bigint(),
    loadAddon().monotonicTime(),
    monotonicNs(),
    process.hrtime.bigint(),
  ];
  expect(readings).toEqual(readings.toSorted((a, b) => Number(a - b)));
});
