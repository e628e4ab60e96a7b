/** Whether what was seen is what was expected, by the rules of vitest's toEqual and toMatchObject. */

import { inspect } from 'node:util';

/** Expected in place of a value: what many values are. */
export class Expected {
  /** What they are, for messages. */
  readonly name: string;
  readonly matches: (seen: unknown) => boolean;

  constructor(name: string, matches: (seen: unknown) => boolean) {
    this.name = name;
    this.matches = matches;
  }

  [inspect.custom](): string {
    return this.name;
  }
}

/** @param partial objects may have more members than are expected of them */
export function isEqual(seen: unknown, expected: unknown, partial = false): boolean {
  if (expected instanceof Expected) return expected.matches(seen);
  if (Object.is(seen, expected)) return true;
  if (typeof seen !== 'object' || typeof expected !== 'object' || seen === null || expected === null)
    return false;
  if (Array.isArray(seen) || Array.isArray(expected)) {
    return (
      Array.isArray(seen) &&
      Array.isArray(expected) &&
      seen.length === expected.length &&
      expected.every((member, at) => isEqual(seen[at], member, partial))
    );
  }
  if (seen instanceof Map || expected instanceof Map) {
    return (
      seen instanceof Map &&
      expected instanceof Map &&
      seen.size === expected.size &&
      [...expected].every(([key, value]) => seen.has(key) && isEqual(seen.get(key), value, partial))
    );
  }
  return areMembersEqual(seen as Members, expected as Members, partial);
}

type Members = Readonly<Record<string, unknown>>;

/** A member that is undefined is as good as none, but where it is expected of an object with more members. */
function areMembersEqual(seen: Members, expected: Members, partial: boolean): boolean {
  const names = new Set([...Object.keys(expected), ...(partial ? [] : Object.keys(seen))]);
  return [...names].every(
    (name) => (!partial || name in seen) && isEqual(seen[name], expected[name], partial),
  );
}

/** Whether it has these members, its own or those of its class. */
export function hasMembers(seen: unknown, members: Members): boolean {
  if (typeof seen !== 'object' || seen === null) return false;
  return Object.entries(members).every(([name, value]) => isEqual((seen as Members)[name], value));
}
