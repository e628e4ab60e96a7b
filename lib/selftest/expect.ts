/** What the cases expect: as many of vitest's matchers as they use. */
import { inspect } from 'node:util';
import { Expected, hasMembers, isEqual } from './equality.js';

/** What was seen is not what was expected. */
export class UnexpectedError extends Error {
  override readonly name = 'UnexpectedError';
}

const shown = (value: unknown): string =>
  inspect(value, { depth: 6, maxArrayLength: 200, breakLength: 100, sorted: true });

/** Values that take several lines are compared line by line. */
function difference(seen: unknown, expected: unknown): string {
  const lines = (value: unknown) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? (value as string[])
      : shown(value).split('\n');
  const [seenLines, expectedLines] = [lines(seen), lines(expected)];
  if (seenLines.length <= 1 && expectedLines.length <= 1)
    return `expected ${shown(expected)}, and saw ${shown(seen)}`;
  const count = Math.max(seenLines.length, expectedLines.length);
  const compared = Array.from({ length: count }, (_, at) => {
    const [saw, wanted] = [seenLines[at], expectedLines[at]];
    if (saw === wanted) return [`  ${saw}`];
    return [...(wanted === undefined ? [] : [`- ${wanted}`]), ...(saw === undefined ? [] : [`+ ${saw}`])];
  });
  return ['expected (-), and saw (+):', ...compared.flat()].join('\n');
}

class Expectation {
  readonly #seen: unknown;

  constructor(seen: unknown) {
    this.#seen = seen;
  }

  toBe(expected: unknown): void {
    this.#need(Object.is(this.#seen, expected), expected);
  }

  toEqual(expected: unknown): void {
    this.#need(isEqual(this.#seen, expected), expected);
  }

  toMatchObject(expected: object): void {
    this.#need(isEqual(this.#seen, expected, true), expected);
  }

  toMatch(expected: RegExp): void {
    this.#need(typeof this.#seen === 'string' && expected.test(this.#seen), expected);
  }

  /** Of a list. */
  toContain(expected: unknown): void {
    const list = this.#seen as readonly unknown[];
    this.#need(list.includes(expected), new Expected(`a list with ${shown(expected)}`, () => false));
  }

  toBeGreaterThan(expected: number | bigint): void {
    this.#compare((seen) => seen > expected, `more than ${expected}`);
  }

  toBeGreaterThanOrEqual(expected: number | bigint): void {
    this.#compare((seen) => seen >= expected, `${expected} or more`);
  }

  toBeLessThanOrEqual(expected: number | bigint): void {
    this.#compare((seen) => seen <= expected, `${expected} or less`);
  }

  /** Of a function: that a call of it throws what matches. */
  toThrow(expected: Expected): void {
    let thrown: unknown;
    try {
      (this.#seen as () => unknown)();
    } catch (error) {
      if (expected.matches(error)) return;
      thrown = error;
    }
    throw new UnexpectedError(
      `expected ${expected.name} to be thrown, and ${thrown === undefined ? 'nothing was' : `saw ${shown(thrown)}`}`,
      { cause: thrown },
    );
  }

  #compare(holds: (seen: number | bigint) => boolean, what: string): void {
    const seen = this.#seen;
    const isNumber = typeof seen === 'number' || typeof seen === 'bigint';
    this.#need(isNumber && holds(seen), new Expected(what, () => false));
  }

  #need(holds: boolean, expected: unknown): void {
    if (!holds) throw new UnexpectedError(difference(this.#seen, expected));
  }
}

/** What a case expects of what it saw. */
export function expect(seen: unknown): Expectation {
  return new Expectation(seen);
}

expect.any = (type: (value: never) => unknown): Expected =>
  new Expected(`any ${type.name}`, (seen) => Object(seen) instanceof (type as never));

expect.objectContaining = (members: Readonly<Record<string, unknown>>): Expected =>
  new Expected(`an object with ${shown(members)}`, (seen) => hasMembers(seen, members));

expect.arrayContaining = (members: readonly unknown[]): Expected =>
  new Expected(
    `a list with ${shown(members)}`,
    (seen) => Array.isArray(seen) && members.every((member) => seen.some((one) => isEqual(one, member))),
  );
