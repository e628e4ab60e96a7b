import { describe, expect, it } from 'vitest';
import { balance } from '../support/balanced-shards.js';

const seconds = (value: number) => value;
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

  it('are one share where that is asked for', () => {
    expect(balance([1, 2, 3], 1, seconds)).toEqual([[3, 2, 1]]);
  });
});
