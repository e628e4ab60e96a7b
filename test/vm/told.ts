/** What a program in a guest has told: a name and JSON a line. */
export function toldBy(stdout: string): Record<string, unknown> {
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), JSON.parse(line.slice(line.indexOf(' ')))]),
  );
}
