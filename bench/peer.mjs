// A C program of bench/peers that is asked on stdin and answers on stdout, a line each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export class Peer {
  #child;
  #lines;

  constructor(name, ...args) {
    const path = fileURLToPath(new URL(`../build/bench/${name}`, import.meta.url));
    this.#child = spawn(path, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line it prints. */
  async answer() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#child.spawnfile} ended`);
    return value;
  }

  /** Sends a line and waits for the answer. */
  async ask(line) {
    this.#child.stdin.write(`${line}\n`);
    return this.answer();
  }

  async close() {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
