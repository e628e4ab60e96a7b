/** A program that inherits a descriptor, and takes the signals of the command that started it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { ENDING_SIGNALS, Interruption, type Io } from '../output/io.js';
import { quoted } from '../table/usage-error.js';
import { hasKeyboard } from './keyboard.js';

export interface Inheritance {
  /** Of this process. */
  readonly descriptor: number;
  /** What is added to the environment, by the number that the descriptor has in the program. */
  environment(descriptor: number): Readonly<Record<string, string>>;
}

/** Behind the standard streams. */
const DESCRIPTOR = 3;

/** What shells exit with where a program cannot be run. */
const NOT_RUN = 126;
const NOT_FOUND = 127;
/** And what they add to the number of the signal that has ended one. */
const SIGNALLED = 128;

/** @returns the exit code, once the program has ended */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  { descriptor, environment }: Inheritance,
  { stderr, signal: interrupt }: Pick<Io, 'stderr' | 'signal'>,
): Promise<number> {
  const fail = (error: unknown) => {
    const { code, text } = refusal(command, error as NodeJS.ErrnoException);
    stderr.write(`utimer create: ${text}\n`);
    return code;
  };
  try {
    const child = spawn(command, args, {
      stdio: ['inherit', 'inherit', 'inherit', descriptor],
      env: { ...process.env, ...environment(DESCRIPTOR) },
    });
    return await new Promise<number>((resolve) => {
      const release = forward((signal) => child.kill(signal));
      const end = (code: number) => {
        release();
        resolve(code);
      };
      // It came before there was anybody to take it, also where it was typed.
      if (interrupt.reason instanceof Interruption) child.kill(interrupt.reason.signal);
      child.on('exit', (code, signal) =>
        end(signal === null ? (code as number) : SIGNALLED + constants.signals[signal]),
      );
      child.on('error', (error) => {
        if (child.pid === undefined) end(fail(error));
        // A signal that a program of another user did not take.
        else stderr.write(`utimer create: ${quoted(command)}: ${error.message}\n`);
      });
    });
  } catch (error) {
    return fail(error);
  }
}

/** Passes signals on. Returns what ends that. */
function forward(to: (signal: NodeJS.Signals) => void): () => void {
  const pass = (signal: NodeJS.Signals) => {
    // What is typed goes to both, and a second one would end many programs at once.
    if (signal !== 'SIGINT' || !hasKeyboard()) to(signal);
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, pass);
  return () => {
    for (const signal of ENDING_SIGNALS) process.off(signal, pass);
  };
}

function refusal(command: string, { code, errno, message }: NodeJS.ErrnoException) {
  const name = quoted(command);
  if (code === 'ENOENT') return { code: NOT_FOUND, text: `${name} ${absence(command)}` };
  const [, why = message] = getSystemErrorMap().get(errno ?? 0) ?? [];
  return { code: NOT_RUN, text: `${name} cannot be run: ${why}` };
}

function absence(command: string): string {
  if (!command.includes('/')) return 'is no command: it is in no folder of the PATH';
  return existsSync(command)
    ? 'needs an interpreter that does not exist: see its first line'
    : 'does not exist';
}
