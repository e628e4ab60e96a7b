/** Lines for a shell, which people are told to paste. */

/** Nothing in these means anything to a shell, as long as a word with `=` is not the first of its line. */
const PLAIN = /^[\w.,:+/@%-][\w.,:+/@%=-]*$/;

/** A word for a POSIX shell, quoted where it needs that. */
export function shellQuote(word: string): string {
  return PLAIN.test(word) ? word : quoted(word);
}

/** A command with its arguments, for a POSIX shell. */
export function shellLine(command: string, ...args: readonly (string | number)[]): string {
  const first = command.includes('=') ? quoted(command) : shellQuote(command);
  return [first, ...args.map((arg) => shellQuote(String(arg)))].join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
