// The guest's console: the kernel's own messages, and what they say about the health of the kernel.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PANIC = /Kernel panic - not syncing: ?(.*)/;
/** Every kernel: memory errors, bugs, faults in kernel mode (those of programs have other words). */
const FAULT = /(\bBUG: |kernel BUG at |\bOops: |\bKASAN: |\bUBSAN: |list_(add|del) corruption)/;
/** The sanitized kernel: lockdep speaks in warnings too. */
const WARNING =
  /(\bWARNING: |INFO: possible |INFO: trying to register non-static key|INFO: task .* blocked for)/;
const REPORT_LINES = 80;

export class ConsoleLog {
  #chunks = [];
  #text;

  add(chunk) {
    this.#chunks.push(chunk);
    this.#text = undefined;
  }

  get text() {
    this.#text ??= Buffer.concat(this.#chunks).toString('utf8').replaceAll('\r\n', '\n');
    return this.#text;
  }

  /** Why the kernel panicked, or undefined. */
  get panic() {
    return PANIC.exec(this.text)?.[1];
  }

  /** The first report of a fault with the lines that follow it, or undefined. */
  report(kernelName) {
    const lines = this.text.split('\n');
    const first = lines.findIndex(
      (line) => FAULT.test(line) || (kernelName === 'sanitized' && WARNING.test(line)),
    );
    return first < 0
      ? undefined
      : lines
          .slice(first, first + REPORT_LINES)
          .join('\n')
          .trimEnd();
  }

  tail(count) {
    return this.text.trimEnd().split('\n').slice(-count).join('\n');
  }

  /** Writes the log to a file and returns its path. */
  save(path = join(mkdtempSync(join(tmpdir(), 'utimer-vm-')), 'console.log')) {
    writeFileSync(path, this.text);
    return path;
  }
}
