import { describe, expect, it } from 'vitest';
import { balance, costsOf, runsOnKernel } from '../support/balanced-shards.js';

const seconds = (value: number) => [value, value, value];
const sum = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0);

describe('balanced shards', () => {
  it('have every item once', () => {
    const items = Array.from({ length: 40 }, (_, index) => (index * 7) % 40);
    const shares = balance(items, 3, seconds);
    expect(shares.flat().sort((one, other) => one - other)).toEqual(
      [...items].sort((one, other) => one - other),
    );
  });

  it('take about the same time', () => {
    const [one, other] = balance([100, 90, 60, 30, 5, 5, 5, 5], 2, seconds);
    expect(Math.abs(sum(one) - sum(other))).toBeLessThanOrEqual(5);
  });

  it('leave a share what only that can run, and give the rest to whoever is through first', () => {
    const costs = (value: number) => [value > 50 ? Number.POSITIVE_INFINITY : value / 2, value];
    expect(balance([20, 60, 40, 70, 30], 2, costs)).toEqual([
      [40, 30, 20],
      [70, 60],
    ]);
  });

  it('keep what races off the guest with a single processor', () => {
    expect(costsOf('conformance/death', 2)[0]).toBe(Number.POSITIVE_INFINITY);
    expect(costsOf('rtp/network', 2)[0]).toBeLessThan(costsOf('rtp/network', 2)[1] ?? 0);
    expect(costsOf('conformance/death', 1)).toEqual(costsOf('demo-like', 1));
  });

  it('run what is not about the kernel on one of several, and all else on each', () => {
    const on = (name: string, kernels: number) =>
      Array.from({ length: kernels }, (_, index) => runsOnKernel(name, index + 1, kernels));
    expect(on('conformance/death', 2)).toEqual([true, true]);
    const names = [
      'bridge/cli',
      'bridge/faults',
      'interop/bridge',
      'loopback/killed',
      'rtp/network',
      'timer/cli',
    ];
    for (const name of names) {
      expect(on(name, 1)).toEqual([true]);
      expect(on(name, 2).filter(Boolean)).toEqual([true]);
      expect(on(name, 3).filter(Boolean)).toEqual([true]);
    }
    expect(new Set(names.map((name) => on(name, 2)[0]))).toEqual(new Set([true, false]));
  });

  it('are one share where that is asked for', () => {
    expect(balance([1, 2, 3], 1, seconds)).toEqual([[3, 2, 1]]);
  });
});
