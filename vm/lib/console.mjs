// The guest's console: the kernel's own messages, and what they say about the health of the kernel. It is read line by line
// as it comes, and no more of it is kept than is of use: a guest may run for days.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

const PANIC = /Kernel panic - not syncing: ?(.*)/;
/** Every kernel: memory errors, bugs, faults in kernel mode (those of programs have other words). */
const FAULT = /(\bBUG: |kernel BUG at |\bOops: |\bKASAN: |\bUBSAN: |list_(add|del) corruption)/;
/** The sanitized kernel: lockdep speaks in warnings too. */
const WARNING =
  /(\bWARNING: |INFO: possible |INFO: trying to register non-static key|INFO: task .* blocked for)/;
const REPORT_LINES = 80;
/** A line of the kernel's is shorter; a flood without line ends is cut into such pieces. */
const LONGEST_LINE = 64 * 1024;

/** What is kept of a log, in characters: the start, where the kernel introduces itself, and the end. */
const START = 256 * 1024;
const END = 4 * 1024 * 1024;

export class ConsoleLog {
  #suspicious;
  #panic;
  #decoder = new StringDecoder('utf8');
  #unfinished = '';
  #report = [];
  #start = [];
  #startLength = 0;
  #end = [];
  #endLength = 0;
  #dropped = 0;
  #awaited;
  #seen = false;

  /**
   * @param {string} kernelName of the sanitized kernel, warnings are reports as well
   * @param {string} [awaited] a text that `hasSeen` asks for
   */
  constructor(kernelName, awaited) {
    this.#suspicious = (line) => FAULT.test(line) || (kernelName === 'sanitized' && WARNING.test(line));
    this.#awaited = awaited;
  }

  add(chunk) {
    const lines = (this.#unfinished + this.#decoder.write(chunk)).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) this.#take(line.replace(/\r$/, ''));
    while (this.#unfinished.length > LONGEST_LINE) {
      this.#take(this.#unfinished.slice(0, LONGEST_LINE));
      this.#unfinished = this.#unfinished.slice(LONGEST_LINE);
    }
  }

  #take(line) {
    this.#panic ??= PANIC.exec(line)?.[1];
    this.#seen ||= this.#awaited !== undefined && line.includes(this.#awaited);
    const reporting = this.#report.length > 0 || this.#suspicious(line);
    if (reporting && this.#report.length < REPORT_LINES) this.#report.push(line);
    if (this.#dropped === 0 && this.#end.length === 0 && this.#startLength + line.length < START) {
      this.#start.push(line);
      this.#startLength += line.length + 1;
      return;
    }
    this.#end.push(line);
    this.#endLength += line.length + 1;
    // In large steps, since taking from the front moves the rest.
    if (this.#endLength < 2 * END) return;
    let count = 0;
    for (; this.#endLength > END; count += 1) this.#endLength -= this.#end[count].length + 1;
    this.#end.splice(0, count);
    this.#dropped += count;
  }

  /** Whether the awaited text has come. */
  get hasSeen() {
    return this.#seen || (this.#awaited !== undefined && this.#unfinished.includes(this.#awaited));
  }

  /** Why the kernel panicked, or undefined. */
  get panic() {
    return this.#panic ?? PANIC.exec(this.#unfinished)?.[1];
  }

  /** What is kept of the log. */
  get text() {
    const gap = this.#dropped > 0 ? [`[... ${this.#dropped} lines left out ...]`] : [];
    return [...this.#start, ...gap, ...this.#end, this.#unfinished].join('\n');
  }

  /** The first report of a fault with the lines that follow it, or undefined. */
  report() {
    const last = this.#report.length > 0 || this.#suspicious(this.#unfinished) ? [this.#unfinished] : [];
    const lines = [...this.#report, ...last].slice(0, REPORT_LINES);
    return lines.length > 0 ? lines.join('\n').trimEnd() : undefined;
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
