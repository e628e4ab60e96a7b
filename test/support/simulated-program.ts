/** Programs of the addon's own sources, which simulate time: test/support/simulated-*. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export class SimulatedProgram {
  readonly #folder: string;
  readonly #program: string;
  #isBuilt = false;

  /**
   * @param folder of test/support, whose Makefile builds it
   * @param program its name
   */
  constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#program = program;
  }

  /** The lines that it prints. It is built when it is stale. */
  run(args: readonly string[], input = ''): string[] {
    // The runtime of a sanitizer is not for every program.
    const env = { ...process.env, LD_PRELOAD: '' };
    if (!this.#isBuilt) {
      execFileSync('make', ['--silent', '--directory', join(root, 'test/support', this.#folder)], { env });
      this.#isBuilt = true;
    }
    const program = join(root, 'build-dev', this.#folder, this.#program);
    const output = execFileSync(program, args, { env, input, encoding: 'utf8', maxBuffer: 1 << 28 });
    return output.trimEnd().split('\n');
  }

  /** Its answers to commands, one a line. */
  answers(commands: readonly string[]): string[] {
    return this.run([], `${commands.join('\n')}\n`);
  }
}
