// What the cases expect is judged alike by vitest, under which they run here, and by what the package has in its place.
import { describe, expect, it } from 'vitest';
import * as stand from '../../../lib/selftest/vitest.js';

type Both = Pick<typeof stand.expect, 'any' | 'arrayContaining' | 'objectContaining'> &
  ((seen: unknown) => Record<string, (expected: unknown) => void>);
const ours = stand.expect as unknown as Both;
const theirs = expect as unknown as Both;

const thrower = (error: unknown) => () => {
  throw error;
};
const coded = Object.assign(new Error('no'), { code: 'EINVAL' });

const JUDGED: [matcher: string, seen: unknown, expected: (by: Both) => unknown][] = [
  ['toBe', 1, () => 1],
  ['toBe', 1n, () => 1],
  ['toBe', Number.NaN, () => Number.NaN],
  ['toBe', 'a', () => 'b'],
  ['toEqual', { a: 1, b: undefined }, () => ({ a: 1 })],
  ['toEqual', { a: 1, b: 2 }, () => ({ a: 1 })],
  ['toEqual', { a: 1 }, () => ({ a: 1, b: 2 })],
  ['toEqual', [1, [2, { a: 3n }]], () => [1, [2, { a: 3n }]]],
  ['toEqual', [1, 2], () => [1]],
  ['toEqual', [1], () => ({ 0: 1 })],
  ['toEqual', new Map(), () => new Map()],
  ['toEqual', new Map([[1, 2]]), () => new Map([[1, 3]])],
  ['toEqual', new Map([[1, 2]]), () => new Map()],
  ['toEqual', null, () => ({})],
  ['toEqual', { a: null }, () => ({ a: null })],
  ['toEqual', [{ t: 5n }], (by) => [{ t: by.any(BigInt as never) }]],
  ['toEqual', [{ t: 5 }], (by) => [{ t: by.any(BigInt as never) }]],
  ['toEqual', [1, 2, 3], (by) => by.arrayContaining([3, 1])],
  ['toEqual', [1, 2], (by) => by.arrayContaining([3])],
  ['toMatchObject', { a: 1, b: { c: 2, d: 3 } }, () => ({ b: { c: 2 } })],
  ['toMatchObject', { a: 1 }, () => ({ b: undefined })],
  ['toMatchObject', [{ a: 1, b: 2 }], () => [{ a: 1 }]],
  ['toMatchObject', [{ a: 1 }, { a: 2 }], () => [{ a: 1 }]],
  ['toMatch', 'read c => silent:5', () => /silent:\d+$/],
  ['toMatch', 'read c', () => /silent/],
  ['toContain', ['a', 'b'], () => 'b'],
  ['toContain', ['a', 'b'], () => 'c'],
  ['toBeGreaterThan', 2, () => 1],
  ['toBeGreaterThan', 1, () => 1],
  ['toBeGreaterThanOrEqual', 5n, () => 5n],
  ['toBeGreaterThanOrEqual', 4n, () => 5n],
  ['toBeLessThanOrEqual', 4, () => 5],
  ['toBeLessThanOrEqual', 6, () => 5],
  ['toThrow', thrower(coded), (by) => by.objectContaining({ code: 'EINVAL' })],
  ['toThrow', thrower(coded), (by) => by.objectContaining({ code: 'EIO' })],
  ['toThrow', () => {}, (by) => by.objectContaining({ code: 'EIO' })],
];

/** Whether it holds, judged by one of them. */
function holds(by: Both, matcher: string, seen: unknown, expected: (by: Both) => unknown): boolean {
  const judge = by(seen)[matcher] as (expected: unknown) => void;
  try {
    judge.call(by(seen), expected(by));
    return true;
  } catch {
    return false;
  }
}

describe('A judgement', () => {
  it.each(JUDGED)('is the same of both: %s, row %$', (matcher, seen, expected) => {
    expect(holds(ours, matcher, seen, expected)).toBe(holds(theirs, matcher, seen, expected));
  });

  it('goes either way, by every matcher', () => {
    const outcomes = new Map<string, Set<boolean>>();
    for (const [matcher, seen, expected] of JUDGED) {
      const seenSoFar = outcomes.get(matcher) ?? new Set();
      outcomes.set(matcher, seenSoFar.add(holds(ours, matcher, seen, expected)));
    }
    for (const [matcher, outcome] of outcomes) expect([matcher, outcome.size]).toEqual([matcher, 2]);
  });
});

const said = (judge: () => void) => {
  try {
    judge();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('A message', () => {
  it('has the steps of a conversation that differ, among those that do not', () => {
    const seen = ['create t => ok', 'start c => 1', 'state c => prepared'];
    const expected = ['create t => ok', 'start c => ok', 'state c => prepared', 'trigger t => ok'];
    expect(said(() => stand.expect(seen).toEqual(expected))).toBe(
      [
        'expected (-), and saw (+):',
        '  create t => ok',
        '- start c => ok',
        '+ start c => 1',
        '  state c => prepared',
        '- trigger t => ok',
      ].join('\n'),
    );
  });

  it.each([
    [() => stand.expect(5).toBe(6), 'expected 6, and saw 5'],
    [() => stand.expect(5).toBeGreaterThan(6), 'expected more than 6, and saw 5'],
    [
      () => stand.expect({ a: 1n }).toEqual({ a: stand.expect.any(String as never) }),
      'expected { a: any String }, and saw { a: 1n }',
    ],
    [
      () => stand.expect(() => {}).toThrow(stand.expect.objectContaining({ code: 'EIO' })),
      "expected an object with { code: 'EIO' } to be thrown, and nothing was",
    ],
  ])('says what was expected, and what was seen: %#', (judge, message) => {
    expect(said(judge)).toContain(message);
  });
});
