// What the tests with other programs share: programs that run until they are ended, and a voice that goes through them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { noise } from '../loopback/support.js';

/** Longer than anything takes on a busy machine under emulation. */
const PATIENCE_MS = 60_000;

/** Resolves when `done` says so, which no event tells; rejects when it never does, or when a program has ended. */
export async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  const limit = Date.now() + PATIENCE_MS;
  while (!(await done())) {
    Program.check();
    if (Date.now() > limit)
      throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s\n${Program.words()}`);
    await sleep(10);
  }
}

/** A program that runs until it is ended. */
export class Program {
  static readonly #running = new Set<Program>();
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #ending = false;
  stdout = '';
  #stderr = '';

  constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#name = [name, ...args].join(' ');
    this.#process = spawn(name, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    this.#closed = once(this.#process, 'close');
    Program.#running.add(this);
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // That nobody reads any more is learnt from its end.
    this.#process.stdin?.on('error', () => {});
  }

  /** Throws what a program said that has ended by itself. */
  static check(): void {
    for (const program of Program.#running) {
      const { exitCode, signalCode } = program.#process;
      if (!program.#ending && (exitCode !== null || signalCode !== null)) {
        throw new Error(`ended with ${signalCode ?? exitCode}: ${program.#words()}`);
      }
    }
  }

  static words(): string {
    return [...Program.#running].map((program) => program.#words()).join('\n');
  }

  /** Ends all, the last first. */
  static async endAll(): Promise<void> {
    for (const program of [...Program.#running].reverse()) await program.end();
  }

  get stdin(): NodeJS.WritableStream {
    return this.#process.stdin as NodeJS.WritableStream;
  }

  /** Ends it as Ctrl-C does, or by force where that does nothing. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#process.kill('SIGINT');
    const force = setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE_MS / 6);
    await this.#closed;
    clearTimeout(force);
    Program.#running.delete(this);
  }

  /** The first match of what it prints. */
  async says(pattern: RegExp): Promise<string> {
    await until(`${this.#name} prints ${pattern}`, () => pattern.test(this.stdout));
    return pattern.exec(this.stdout)?.[0] as string;
  }

  #words(): string {
    return `${this.#name}\n${this.stdout}${this.#stderr}`;
  }
}

/** What a sender is given: silence without end, but for one second of noise. */
export class Voice {
  readonly #stdin: NodeJS.WritableStream;
  readonly #silence: Buffer;
  /** As the sender sends them. */
  readonly words: Buffer;
  #next: Buffer;

  /** @param frameBytes of what the sender reads */
  constructor(sender: Program, frameBytes: number) {
    this.#stdin = sender.stdin;
    this.#silence = Buffer.alloc(480 * frameBytes);
    this.#next = this.#silence;
    this.words = noise(48_000 * frameBytes);
    this.#write();
    this.#stdin.on('drain', () => this.#write());
  }

  /** Speaks when every recording has begun; resolves when each has the words. */
  async heardIn(recordings: readonly Recording[]): Promise<void> {
    for (const recording of recordings) await until(`${recording.path} begins`, () => recording.size > 1000);
    const before = recordings.map(({ size }) => size);
    this.#next = this.words;
    for (const [index, recording] of recordings.entries()) {
      const enough = (before[index] as number) + recording.words.length;
      await until(
        `the words are in ${recording.path}`,
        () => recording.size >= enough && recording.bytes.includes(recording.words),
      );
    }
  }

  #write(): void {
    let more = true;
    while (more) {
      const bytes = this.#next;
      this.#next = this.#silence;
      more = this.#stdin.write(bytes);
    }
  }
}

/** A file that a listener writes. */
export class Recording {
  readonly path: string;
  /** What is to be found in it, in its own format. */
  readonly words: Buffer;

  constructor(path: string, words: Uint8Array) {
    this.path = path;
    this.words = Buffer.from(words);
  }

  get size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  get bytes(): Buffer {
    return readFileSync(this.path);
  }

  /** How many of its bytes are neither silence nor the words, which are there once. */
  get stray(): number {
    const { bytes, words, path } = this;
    const audio = path.endsWith('.wav') ? bytes.subarray(bytes.indexOf('data') + 8) : bytes;
    const at = audio.indexOf(words);
    return count(audio.subarray(0, at)) + count(audio.subarray(at + words.length));
  }
}

function count(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum + Number(byte !== 0), 0);
}

/** A listener that writes raw frames. */
export function arecord(device: string, format: string, path: string): Program {
  return new Program('arecord', [
    ...['-q', '-D', device, '-f', format, '-r', '48000', '-c', '2', '-t', 'raw'],
    ...['--period-size=480', '--buffer-size=96000', path],
  ]);
}

/** `utimer bridge`, as a user runs it, with its events as lines of JSON. */
export function utimerBridge(args: readonly string[], wrapper: readonly string[] = []): Program {
  const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
  const [name = '', ...words] = [...wrapper, process.execPath, main, 'bridge', '--json', ...args];
  return new Program(name, words);
}

/** A sender of L24 in packets of 1 ms, as AES67 has them, that reads S24_BE of two channels at 48 kHz. */
export function gstreamer(
  { address, port }: { readonly address: string; readonly port: number },
  more: readonly string[] = [],
  wrapper: readonly string[] = [],
): Program {
  const [name = '', ...args] = [
    ...[...wrapper, 'gst-launch-1.0', '-q', 'fdsrc', 'fd=0', 'blocksize=2880'],
    ...['!', 'rawaudioparse', 'format=pcm', 'pcm-format=s24be', 'sample-rate=48000', 'num-channels=2'],
    ...['!', 'rtpL24pay', 'pt=96', 'min-ptime=1000000', 'max-ptime=1000000'],
    ...['!', 'udpsink', `host=${address}`, `port=${port}`, ...more],
  ];
  return new Program(name, args);
}
