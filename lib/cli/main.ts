#!/usr/bin/env node
/** The `utimer` command: finds the subcommand, and turns errors into a message and an exit code. */
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bridge } from './bridge.js';
import { type Command, type Io, UnreadError, UsageError } from './command.js';
import { list } from './list.js';
import { listen } from './listen.js';
import { standardOutputs } from './output.js';
import { send } from './send.js';

const COMMANDS: Readonly<Record<string, Command>> = { list, listen, bridge, send };

/** What asks a command to end: SIGHUP comes from a terminal that is closed. A second one ends it at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long the last message may take to be taken. */
const LAST_WORDS_MS = 500;

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `Usage: utimer COMMAND [options]

Userspace-driven ALSA timers, and the snd-aloop cables they clock.

${lines.join('\n')}

  --help      this text; \`utimer COMMAND --help\` tells about a command
  --version   the version of alsa-utimer`;
}

/**
 * Runs a command line.
 *
 * @returns the exit code: 0, 1 for an error, 2 for a command line that cannot be understood
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  const command = commandOf(name);
  try {
    if (name === '--help' || name === '-h' || name === 'help') return say(io.stdout, help(), 0);
    if (name === '--version') return say(io.stdout, version(), 0);
    if (command === undefined) {
      const problem = name === undefined ? 'a command is needed' : `there is no command '${name}'`;
      return say(io.stderr, `utimer: ${problem}\n\n${help()}`, 2);
    }
    if (rest.includes('--help') || rest.includes('-h')) return say(io.stdout, command.help, 0);
    return await command.run(rest, io);
  } catch (error) {
    // Whatever it waited for, the user wanted it to end.
    if (io.signal.aborted && (error as Error).name === 'AbortError') return 0;
    if (error instanceof UsageError || isArgumentError(error)) {
      const { message } = error as Error;
      return say(io.stderr, `utimer ${name}: ${message}\nTry \`utimer ${name} --help\`.`, 2);
    }
    if (isExplained(error)) return say(io.stderr, `utimer ${name}: ${(error as Error).message}`, 1);
    throw error;
  }
}

function commandOf(name: string | undefined): Command | undefined {
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

function say(stream: NodeJS.WritableStream, text: string, code: number): number {
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

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const { stdin } = process;
  const interrupt = new AbortController();
  const { withoutReader = 'end' } = commandOf(args[0]) ?? {};
  const { stdout, stderr } = standardOutputs(process, withoutReader, (code) => process.exit(code));
  const abort = () => interrupt.abort();
  for (const signal of SIGNALS) process.once(signal, abort);
  try {
    process.exitCode = await run(args, { stdin, stdout, stderr, signal: interrupt.signal });
  } catch (error) {
    if (!(error instanceof UnreadError)) throw error;
    // What nobody takes would keep the process; and perhaps nobody takes this either.
    stderr.write(`utimer: ${error.message}\n`, () => process.exit(1));
    setTimeout(() => process.exit(1), LAST_WORDS_MS);
  }
  // Whoever reads may take its time now, and a signal ends even that.
  for (const signal of SIGNALS) process.off(signal, abort);
}
