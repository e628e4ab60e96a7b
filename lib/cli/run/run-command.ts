/** Runs one command by its table, and turns errors into a message and an exit code. */
import { packageVersion } from '../../package-root.js';
import type { Io } from '../output/io.js';
import { helpPage } from '../pages/help-page.js';
import type { Command } from '../table/command.js';
import { naming } from '../table/naming.js';
import { asksFor, parse } from '../table/parse.js';
import { UsageError } from '../table/usage-error.js';

/**
 * @param program how the command is called: 'utimer listen'
 * @returns the exit code: 0, 1 for an error, 2 for a command line that cannot be understood
 */
export async function runCommand(
  command: Command,
  program: string,
  args: readonly string[],
  io: Io,
): Promise<number> {
  try {
    const wanted = asksFor(args);
    if (wanted !== undefined)
      return say(io.stdout, wanted === 'help' ? helpPage(command, program) : packageVersion(), 0);
    const given = parse(command, args);
    return await naming(given.names, () => command.run(given, io));
  } catch (error) {
    // Whatever it waited for, the user wanted it to end.
    if (io.signal.aborted && (error as Error).name === 'AbortError') return 0;
    return explain(error, program, io);
  }
}

/** @throws the error where its message is not for people */
export function explain(error: unknown, program: string, { stderr }: Pick<Io, 'stderr'>): number {
  const { message } = error as Error;
  if (error instanceof UsageError || isArgumentError(error))
    return say(stderr, `${program}: ${message}\nTry \`${program} --help\`.`, 2);
  if (isExplained(error)) return say(stderr, `${program}: ${message}`, 1);
  throw error;
}

export function say(stream: NodeJS.WritableStream, text: string, code: number): number {
  stream.write(`${text}\n`);
  return code;
}

function isArgumentError(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code?.startsWith('ERR_INVALID_ARG') === true || code === 'ERR_OUT_OF_RANGE';
}

/** An AlsaError, an SdpError or an error of the system: its message says what is wrong. */
function isExplained(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
