/** The command line cannot be understood: exit code 2. */
import { inspect } from 'node:util';

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** '--count must be 1..64, not 99': the error of a reader. Numbers stand as they were written, other text in quotes. */
export function mustBe(name: string, expected: string, text: string): UsageError {
  return new UsageError(`${name} must be ${expected}, not ${quoted(text)}`);
}

/** Text of the command line as a message shows it: what is no number stands in quotes, control characters as escapes. */
export function quoted(text: string): string {
  return /^-?\d+(\.\d+)?$/.test(text) ? text : inspect(text);
}
