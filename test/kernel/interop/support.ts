// What the tests with other programs share: programs that run until they are ended, and a voice that goes through them.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { arecordArgs } from '../../support/arecord.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { noise } from '../loopback/support.js';

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

/** How long a program may take to end as Ctrl-C ends it. */
const FORCE_MS = 10_000;

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
    const force = setTimeout(() => this.#process.kill('SIGKILL'), FORCE_MS);
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

/** Feeds what `next` gives into the stdin of a program, as fast as it takes it. */
function feed(stdin: NodeJS.WritableStream, next: () => Buffer): void {
  const write = () => {
    while (stdin.write(next()));
  };
  write();
  stdin.on('drain', write);
}

/** Noise that repeats after a prime number of periods; the number of each period tells the repetitions apart. */
const NOISE_PERIODS = 997;

/** Gives a sender noise without end, in which no two places are alike. */
export function feedNoise(sender: Program, frameBytes: number): void {
  const periodBytes = 480 * frameBytes;
  const block = noise(NOISE_PERIODS * periodBytes);
  let number = 0;
  feed(sender.stdin, () => {
    const from = (number % NOISE_PERIODS) * periodBytes;
    const period = Buffer.from(block.subarray(from, from + periodBytes));
    period.writeUIntBE(number, 0, 6);
    number += 1;
    return period;
  });
}

/** Two recordings of one stream that did not begin at the same time, from where both have it on. */
export function overlap(one: Buffer, other: Buffer, frameBytes: number): [Buffer, Buffer] {
  const mark = 480 * frameBytes;
  const at = one.indexOf(other.subarray(0, mark));
  if (at === -1) {
    const from = other.indexOf(one.subarray(0, mark));
    if (from === -1) throw new Error('neither recording has the beginning of the other');
    return overlapFrom(one, other.subarray(from));
  }
  return overlapFrom(one.subarray(at), other);
}

function overlapFrom(one: Buffer, other: Buffer): [Buffer, Buffer] {
  const length = Math.min(one.length, other.length);
  return [one.subarray(0, length), other.subarray(0, length)];
}

/** What a sender is given: silence without end, but for one second of noise. */
export class Voice {
  /** As the sender sends them. */
  readonly words: Buffer;
  #next: Buffer;

  /** @param frameBytes of what the sender reads */
  constructor(sender: Program, frameBytes: number) {
    const silence = Buffer.alloc(480 * frameBytes);
    this.#next = silence;
    this.words = noise(48_000 * frameBytes);
    feed(sender.stdin, () => {
      const bytes = this.#next;
      this.#next = silence;
      return bytes;
    });
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

  /** The periods that are not silent, of so many bytes. */
  sounding(periodBytes: number): Buffer {
    const { bytes } = this;
    const count = Math.floor(bytes.length / periodBytes);
    const periods = Array.from({ length: count }, (_, k) =>
      bytes.subarray(k * periodBytes, (k + 1) * periodBytes),
    );
    return Buffer.concat(periods.filter((period) => period.some((byte) => byte !== 0)));
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
  const shape = { format, rate: 48_000, channels: 2, periodFrames: 480 };
  return new Program('arecord', arecordArgs(device, shape, '--buffer-size=96000', path));
}

/** Another listener that writes raw frames. */
export function ffmpeg(device: string, format: string, path: string): Program {
  const name = format.toLowerCase().replace('_', '');
  // It stamps what it captures by the clock of the machine, which is not that of the frames: so let them count.
  return new Program('ffmpeg', [
    ...['-nostdin', '-loglevel', 'error', '-f', 'alsa', '-c:a', `pcm_${name}`, '-sample_rate', '48000'],
    ...['-channels', '2', '-i', device, '-af', 'asetpts=N/SR/TB', '-c:a', `pcm_${name}`, '-f', name],
    ...['-flush_packets', '1', path],
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

/** PipeWire, which listens to a cable of S32_LE, and its recorder, which writes a WAV file. */
export async function pipewireRecorder(device: string, path: string, folder: string): Promise<void> {
  const env = { XDG_RUNTIME_DIR: folder };
  const configuration = join(folder, 'pipewire.conf');
  writeFileSync(configuration, pipewire(device));
  new Program('pipewire', ['-c', configuration], env);
  await until('PipeWire runs', () => existsSync(join(folder, 'pipewire-0')));
  const properties = '{ node.name = recorder adapter.auto-port-config = { mode = dsp position = unknown } }';
  new Program(
    'pw-record',
    ['--target', '0', '-P', properties, '--rate', '48000', '--channels', '2', '--format', 's32', path],
    env,
  );
  for (const channel of [1, 2]) {
    const ports = [`cable:capture_${channel}`, `recorder:input_${channel}`];
    await until(`${ports.join(' and ')} are linked`, () => succeeds('pw-link', ports, env));
  }
}

/** A PipeWire without a session manager, and without D-Bus, that has one cable to listen to. */
function pipewire(device: string): string {
  return `
    context.properties = {
      core.daemon = true
      core.name = pipewire-0
      support.dbus = false
      default.clock.rate = 48000
      default.clock.quantum = 4800
      default.clock.min-quantum = 4800
      default.clock.max-quantum = 4800
      clock.power-of-two-quantum = false
    }
    context.spa-libs = {
      audio.convert.* = audioconvert/libspa-audioconvert
      api.alsa.* = alsa/libspa-alsa
      support.* = support/libspa-support
    }
    context.modules = [
      { name = libpipewire-module-rt args = { rt.prio = 88 } flags = [ ifexists nofail ] }
      { name = libpipewire-module-protocol-native }
      { name = libpipewire-module-spa-node-factory }
      { name = libpipewire-module-client-node }
      { name = libpipewire-module-access }
      { name = libpipewire-module-adapter }
      { name = libpipewire-module-metadata }
      { name = libpipewire-module-link-factory }
    ]
    context.objects = [
      { factory = adapter args = {
        factory.name = api.alsa.pcm.source
        node.name = cable
        media.class = "Audio/Source"
        api.alsa.path = "${device}"
        api.alsa.period-size = 480
        api.alsa.period-num = 512
        audio.format = "S32"
        audio.rate = 48000
        audio.channels = 2
        resample.disable = true
        channelmix.disable = true
        adapter.auto-port-config = { mode = dsp position = unknown }
      } }
    ]
  `;
}

function succeeds(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, ...env } }, (error) => resolve(error === null));
  });
}
