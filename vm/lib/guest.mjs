// A guest: boots, runs one command with this process's standard streams, and is gone.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { ConsoleLog } from './console.mjs';
import { FAILED, KERNEL_FAULT, RunError } from './errors.mjs';
import { processorSeconds } from './processor-time.mjs';
import { startQemu } from './qemu.mjs';

/** The guest's last line on the console; whatever the kernel said before has arrived with it. */
const LAST_LINE = 'guest: the command has ended';
/** A loaded machine under software emulation is slow, but not slower than this. */
const BOOT_TIMEOUT = 300_000;

/** Records "key=value" behind their length, as guest/request.c reads them. */
function encodeRequest(records) {
  const body = Buffer.from(records.map(([key, value]) => `${key}=${value}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}

function killedBy(number) {
  const [signal] = Object.entries(constants.signals).find((entry) => entry[1] === number) ?? [
    `signal ${number}`,
  ];
  return { status: 128 + number, signal };
}

/**
 * @typedef {object} Streams
 * @property {NodeJS.ReadableStream & {setRawMode?: (raw: boolean) => unknown, isTTY?: boolean, fd?: number}} stdin
 * @property {NodeJS.WritableStream & {rows?: number, columns?: number}} stdout
 * @property {NodeJS.WritableStream} stderr
 */

/** @typedef {{loads: string[]}} Loads files of modules, as `moduleFiles` has them */

/** The size of the terminal on this side. */
const sizeOf = ({ rows = 24, columns = 80 }) => `${rows} ${columns}`;

export class Guest {
  #qemu;
  #channels;
  #kernel;
  #complaints = '';
  #exited;
  #stopped = false;
  log;

  /**
   * @param {import('../index.mjs').Kernel} kernel
   * @param {{accel: 'kvm' | 'tcg', cpus: number, memory: number, shares: string[]}} machine
   */
  constructor(kernel, machine) {
    this.#kernel = kernel;
    this.log = new ConsoleLog(kernel.name, LAST_LINE);
    this.#qemu = startQemu(kernel, machine);
    const { process: qemu, messages, console: serial, control, stdin, stdout, stderr } = this.#qemu;
    this.#exited = new Promise((done) => qemu.on('error', done).on('close', done));
    messages.setEncoding('utf8').on('data', (text) => {
      this.#complaints += text;
    });
    serial.on('data', (chunk) => this.log.add(chunk));
    // QEMU's end is learnt from the process itself.
    this.#channels = [messages, serial, control, stdin, stdout, stderr];
    for (const channel of this.#channels) channel.on('error', () => {});
  }

  /** Ends the guest at once, with what it wrote and nobody took; resolves when no process of it is left. */
  async stop() {
    this.#stopped = true;
    this.#qemu.process.kill('SIGKILL');
    // A channel that is paused would never come to its end, and QEMU not to its 'close'.
    for (const channel of this.#channels) channel.destroy();
    await this.#exited;
  }

  /** How long processors were at work for it. */
  cpuSeconds() {
    return processorSeconds(this.#qemu.process.pid);
  }

  /** Resolves when the kernel is up and the guest's process 1 waits for a request. */
  async ready() {
    await this.#line(/^ready$/);
  }

  /**
   * Runs a command and resolves to its exit status and the signal that ended it, with all it wrote handed to
   * `streams`.
   *
   * @param {import('./run.mjs').Request & Loads} request
   * @param {Streams} streams
   * @returns {Promise<{status: number, signal?: string}>}
   */
  async run(request, streams) {
    const { control } = this.#qemu;
    await this.#line(/^ready$/, BOOT_TIMEOUT);
    control.write(encodeRequest(this.#records(request, streams)));
    await this.#line(/^started$/, BOOT_TIMEOUT);
    if (request.terminal) this.#passKeys(streams);
    this.#sendInput(streams.stdin);
    const output = this.#passOn(this.#qemu.stdout, streams.stdout);
    const errors = this.#passOn(this.#qemu.stderr, streams.stderr);
    const [, how, number, outputBytes, errorBytes] = await this.#line(/^(ended|killed) (\d+) (\d+) (\d+)$/);
    await Promise.all([
      output.reached(Number(outputBytes)),
      errors.reached(Number(errorBytes)),
      this.#lastWords(),
    ]);
    return how === 'ended' ? { status: Number(number) } : killedBy(Number(number));
  }

  /**
   * @param {import('./run.mjs').Request & Loads} request
   * @param {Streams} streams
   */
  #records({ command, cwd, env, shares, loads, folders = [], terminal }, { stdout }) {
    const kernel = this.#kernel;
    return [
      ['cwd', cwd],
      ['modules', kernel.modules],
      ...loads.map((file) => ['load', file]),
      ...(terminal ? [['terminal', sizeOf(stdout)]] : []),
      ...command.map((word) => ['arg', word]),
      ...env.map((variable) => ['env', variable]),
      ...shares.map((path) => ['share', path]),
      // The modules lie in the cache.
      ...(kernel.root === '/' ? [] : [...folders, kernel.modules]).map((path) => ['folder', path]),
    ];
  }

  /**
   * Each key as it is pressed: what it means is for the guest's terminal to say, whose size is that of this one.
   *
   * @param {Streams} streams
   */
  #passKeys({ stdin, stdout }) {
    const { control } = this.#qemu;
    const resize = () => control.write(`size ${sizeOf(stdout)}\n`);
    stdin.setRawMode?.(true);
    // Node.js leaves one thing of the output on: it would move each line feed of the guest's terminal to the left edge.
    if (stdin.isTTY) spawnSync('stty', ['-opost'], { stdio: [stdin.fd, 'ignore', 'ignore'] });
    stdout.on('resize', resize);
    this.#exited.then(() => {
      stdout.off('resize', resize);
      stdin.setRawMode?.(false);
    });
  }

  // The next line from the guest; anything but the one that is due ends the run.
  #lines = [];
  #pending = '';
  #listening = false;
  async #line(expected, timeout) {
    const { control } = this.#qemu;
    if (!this.#listening) {
      this.#listening = true;
      control.setEncoding('utf8').on('data', (text) => {
        const lines = (this.#pending + text).split('\n');
        this.#pending = lines.pop() ?? '';
        this.#lines.push(...lines);
        control.emit('lines');
      });
    }
    const late = timeout && setTimeout(() => control.emit('lines', 'late'), timeout);
    try {
      let gone = false;
      const exited = this.#exited.then(() => {
        gone = true;
        return [];
      });
      while (this.#lines.length === 0) {
        const [why] = await Promise.race([once(control, 'lines'), exited]);
        if (why === 'late') throw this.#failure(`the guest did not start within ${timeout / 1000} s`);
        if (gone && this.#lines.length === 0) throw this.#gone();
      }
      const line = this.#lines.shift();
      const match = expected.exec(line);
      if (!match) throw this.#failure(`the guest could not be set up: ${line.replace(/^failed /, '')}`);
      return match;
    } finally {
      clearTimeout(late);
    }
  }

  // Frames of a length and that many bytes; an empty one is the end.
  #sendInput(source) {
    const { stdin } = this.#qemu;
    const send = (chunk) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(chunk.length);
      stdin.cork();
      stdin.write(length);
      const more = stdin.write(chunk);
      stdin.uncork();
      return more;
    };
    stdin.on('drain', () => source.resume());
    const end = () => send(Buffer.alloc(0));
    const pass = (chunk) => {
      if (!send(chunk)) source.pause();
    };
    source.on('data', pass).on('end', end).on('error', end);
    this.#exited.then(() => {
      source.off('data', pass).off('end', end).off('error', end);
      // A terminal that is read would keep this process.
      source.pause();
    });
  }

  // Hands bytes on at the pace of whoever takes them, and counts those that were taken.
  #passOn(from, to) {
    let taken = 0;
    let check = () => {};
    from.on('data', (chunk) => {
      const more = to.write(chunk, () => {
        taken += chunk.length;
        check();
      });
      if (!more) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    return {
      /** @type {(count: number) => Promise<void>} */
      reached: (count) =>
        new Promise((done, failed) => {
          check = () => taken >= count && done();
          check();
          this.#exited.then(() => failed(this.#gone()));
        }),
    };
  }

  // A command may have silenced the console (dmesg -n), so this is not waited for long.
  async #lastWords() {
    const giveUp = Date.now() + 3000;
    while (!this.log.hasSeen && Date.now() < giveUp) {
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  #gone() {
    const { panic } = this.log;
    if (panic !== undefined) return new RunError(KERNEL_FAULT, `the guest's kernel panicked: ${panic}`);
    if (this.#stopped) return new RunError(FAILED, 'the guest was stopped');
    const { exitCode, signalCode, spawnfile } = this.#qemu.process;
    const how = signalCode ? `was killed by ${signalCode}` : `ended with status ${exitCode}`;
    const said = this.#complaints.trim();
    if (exitCode === 0) return this.#failure('the guest switched itself off before the command ended');
    return new RunError(FAILED, `QEMU (started with ${spawnfile}) ${how}${said && `:\n${said}`}`);
  }

  #failure(message) {
    return new RunError(FAILED, message);
  }
}
