/** What there is to complete: the commands, their options and their arguments. */
import { argumentName, COMMON, type Command, optionsOf, SHORT } from '../table/command.js';
import type { Reader, Suggested } from '../table/reader.js';

/** What stands for a value, and where it comes from; from nowhere where it cannot be suggested. */
export interface Completed {
  readonly placeholder: string;
  readonly from: Exclude<Suggested, 'command'> | undefined;
  /** What its words stand for, where that is known. */
  readonly meanings: Readonly<Record<string, string>>;
}

export interface CompletedOption {
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  /** Undefined for a flag. */
  readonly value: Completed | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly arguments: readonly Completed[];
  /** Whether a command line of another program stands behind `--`. */
  readonly takesProgram: boolean;
}

export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  const names = commands.map(({ name }) => name);
  const completed = (placeholder: string, { suggests, meanings = {} }: Reader<unknown>): Completed => ({
    placeholder,
    from: suggests === 'command' ? names : suggests,
    meanings,
  });
  return commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    options: [...optionsOf(command), ...optionsOf({ options: COMMON })].map(([name, { help, reader }]) => ({
      name,
      short: SHORT[name],
      help,
      value: reader && completed(reader.placeholder, reader),
    })),
    arguments: Object.entries(command.arguments).map(([name, { reader }]) =>
      completed(argumentName(name), reader),
    ),
    takesProgram: command.program !== undefined,
  }));
}
