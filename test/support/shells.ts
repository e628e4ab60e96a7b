// Shells that complete a command line, as somebody who presses the tab key sees it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type TypedShell = 'bash' | 'zsh';

/** What starts each without the settings of its user, and what makes it tell its line by a key, and begin another. */
const SHELLS: Readonly<
  Record<TypedShell, { start: string; setup: (script: string, told: string) => string }>
> = {
  bash: {
    start: 'bash --norc --noprofile -i',
    setup: (script, told) => `
PS1=
source '${script}'
tell() { printf %s "$READLINE_LINE" >'${told}'; READLINE_LINE= READLINE_POINT=0; echo a-line-may''-come; }
bind 'set bell-style none'
bind 'set show-all-if-ambiguous on'
bind 'set page-completions off'
bind 'set completion-query-items 0'
bind -x '"\\C-t": tell'
echo a-line-may''-come`,
  },
  zsh: {
    start: 'zsh -f -i',
    setup: (script, told) => `
PROMPT= RPROMPT= LISTMAX=1000
autoload -Uz compinit && compinit -u -D
source '${script}'
tell() { print -rn -- "$BUFFER" >'${told}'; BUFFER=; zle accept-line }
zle-line-init() { print -rn -- a-line-may''-come }
zle -N tell
zle -N zle-line-init
bindkey '^T' tell`,
  },
};

export interface Place {
  readonly folder: string;
  readonly path: string;
}

/** A shell on a terminal of its own. */
export class ShellTerminal {
  readonly #process: ChildProcess;
  readonly #told: string;
  readonly #ended: Promise<unknown>;
  #shown = '';

  private constructor(process: ChildProcess, told: string) {
    this.#process = process;
    this.#told = told;
    this.#ended = once(process, 'close');
    process.stdout?.on('data', (chunk) => {
      this.#shown += chunk;
    });
  }

  /** @param script what makes it complete */
  static async open(shell: TypedShell, script: string, { folder, path }: Place): Promise<ShellTerminal> {
    const { start, setup } = SHELLS[shell];
    const told = join(folder, `line.${shell}`);
    const prelude = join(folder, `setup.${shell}`);
    writeFileSync(prelude, setup(script, told));
    const process = spawn('script', ['--quiet', '--flush', '--command', start, '/dev/null'], {
      cwd: folder,
      env: { PATH: path, HOME: folder, TERM: 'dumb', LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const terminal = new ShellTerminal(process, told);
    process.stdin?.write(`stty rows 300 columns 200; . '${prelude}'\n`);
    await terminal.#waits();
    return terminal;
  }

  async #waits(): Promise<void> {
    while (!this.#shown.includes('a-line-may-come')) {
      if (this.#process.stdout) await Promise.race([once(this.#process.stdout, 'data'), this.#ended]);
      if (this.#process.exitCode !== null) throw new Error(`the shell ended: ${this.#shown}`);
    }
  }

  /**
   * Presses tab at the end of a line.
   *
   * @returns the line behind that, and all that the terminal showed
   */
  async tab(line: string): Promise<{ readonly line: string; readonly shown: string }> {
    this.#shown = '';
    // The second key is read when the first one has done its work.
    this.#process.stdin?.write(`${line}\t\x14`);
    await this.#waits();
    return { line: readFileSync(this.#told, 'utf8'), shown: this.#shown };
  }

  async close(): Promise<void> {
    this.#process.stdin?.write('exit\n');
    await this.#ended;
  }
}

/** What fish offers for a line, without what it says of each. */
export function offeredByFish(script: string, line: string, place: Place): string[] {
  return describedByFish(script, line, place).map(([word]) => word);
}

/** The same with what is shown beside each word. */
export function describedByFish(
  script: string,
  line: string,
  { folder, path }: Place,
): (readonly [word: string, description: string])[] {
  const code = 'source $argv[1]; complete -C $argv[2]';
  const offered = execFileSync('fish', ['--no-config', '-c', code, script, line], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: path, HOME: folder, LC_ALL: 'C.UTF-8' },
  });
  return offered
    .split('\n')
    .map((text) => text.split('\t'))
    .filter(([word]) => word !== '')
    .map(([word = '', description = '']) => [word, description] as const);
}
