// What the tests of bridges share: a cable that is listened to, a sender that is told what to send, and a recorder.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Bridge, type BridgeInfo, type BridgeOptions, type BridgeStats } from 'alsa-utimer/bridge';
import { LoopbackCapture } from '../../../lib/loopback/index.js';
import { PATIENCE_MS } from '../../support/patience.js';

/** @throws an Error that says what was waited for, when that was in vain */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again, a turn of the event loop later, until the answer is true. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise(setImmediate);
  }
}

const url = (path: string) => new URL(`../../../dist/${path}`, import.meta.url).href;

/** One channel of L16, whose samples tell their timestamps: see test/support/rtp-stream.ts. */
export const STREAM = {
  ...({ encoding: 'L16', rate: 48_000, channels: 1, format: 'S16_BE', payloadType: 96 } as const),
  ...({ address: '127.0.0.1', port: 0, periodFrames: 480, idle: 'stall' } as const),
  // A day. With idle 'stall' a stream that falls silent has silence behind it, and a busy machine may keep packets from coming.
  silenceMs: 86_400_000,
};

const bridges: Bridge[] = [];

export async function openBridge(card: number, options: Partial<BridgeOptions> = {}): Promise<Bridge> {
  // Nothing here may depend on how long the machine takes.
  const bridge = await Bridge.open({ ...STREAM, reorderMs: 10_000, card, ...options });
  bridges.push(bridge);
  return bridge;
}

/** Ends whatever a test has left, also one that failed: programs, bridges, listeners and sockets. For afterEach. */
export async function endAll(): Promise<void> {
  await Child.endAll();
  for (const bridge of bridges.splice(0)) await bridge.close();
  await Listening.endAll();
  Datagrams.closeAll();
}

/** The other end of a bridge's cable, in this process: everything that comes, as it comes, with room for ten seconds. */
export class Listening {
  static readonly #listening = new Set<Listening>();
  readonly #keepBytes: number;
  readonly #capture: LoopbackCapture;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<void>;
  readonly #abort = new AbortController();
  #frames = 0;
  #keptBytes = 0;
  #wanted: { readonly frames: number; readonly resolve: () => void } | undefined;

  /** @param keepBytes how much of what came last `end` gives, at least; of a long stream not everything can be kept */
  constructor(
    { info }: { readonly info: BridgeInfo },
    { periods = 1000, keepBytes = Number.POSITIVE_INFINITY } = {},
  ) {
    this.#keepBytes = keepBytes;
    const [card, device, substream] = info.listenerName.slice(3).split(',').map(Number);
    this.#capture = LoopbackCapture.open({
      ...{ card: card as number, device: device as 0 | 1, substream: substream as number },
      ...{ rate: info.rate, channels: info.channels, periodFrames: info.periodFrames, periods },
      format: info.format,
    });
    Listening.#listening.add(this);
    this.#ended = this.#record();
  }

  static async endAll(): Promise<void> {
    await Promise.all(Array.from(Listening.#listening, (listening) => listening.end()));
  }

  /** Frames that came so far. */
  get frames(): number {
    return this.#frames;
  }

  /** What came so far; to be called when the bridge is closed. */
  async end(): Promise<Buffer> {
    Listening.#listening.delete(this);
    this.#abort.abort();
    try {
      await this.#ended;
      if (!this.#capture.closed) this.#take(this.#capture.read());
    } finally {
      this.#capture.close();
    }
    return Buffer.concat(this.#chunks);
  }

  /** Resolves when so many frames have come. */
  async reaches(frames: number): Promise<void> {
    if (this.#frames >= frames) return;
    const heard = new Promise<void>((resolve) => {
      this.#wanted = { frames, resolve };
    });
    await within(`frame ${frames} of a cable, behind ${this.#frames}`, heard);
  }

  #take(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#keptBytes += bytes.length;
    this.#frames += bytes.length / this.#capture.frameBytes;
    for (;;) {
      const [oldest] = this.#chunks;
      if (!oldest || this.#keptBytes - oldest.length < this.#keepBytes) break;
      this.#chunks.shift();
      this.#keptBytes -= oldest.length;
    }
  }

  async #record(): Promise<void> {
    try {
      for await (const bytes of this.#capture.frames({ signal: this.#abort.signal })) {
        this.#take(bytes);
        if (this.#wanted && this.#frames >= this.#wanted.frames) this.#wanted.resolve();
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }
}

/** Sends datagrams, never more at once than a socket holds. */
export class Datagrams {
  static readonly #open = new Set<Datagrams>();
  readonly #socket: Socket;
  readonly #bridge: Bridge;
  /** Packets that are to have arrived, those of others before among them. */
  #due: number;

  private constructor(socket: Socket, bridge: Bridge, arrived: number) {
    this.#socket = socket;
    this.#bridge = bridge;
    this.#due = arrived;
    Datagrams.#open.add(this);
  }

  static closeAll(): void {
    for (const datagrams of Datagrams.#open) datagrams.close();
  }

  static async to(bridge: Bridge): Promise<Datagrams> {
    const { address, port } = bridge.info;
    const socket = createSocket('udp4');
    socket.connect(port, address);
    await once(socket, 'connect');
    const { receiver } = await bridge.sample();
    return new Datagrams(socket, bridge, receiver.packets);
  }

  /** Resolves when all of them have arrived. */
  async send(datagrams: Iterable<Uint8Array>): Promise<BridgeStats> {
    for (const datagram of datagrams) {
      this.#socket.send(datagram);
      this.#due++;
      if (this.#due % 200 === 0) await this.arrived();
    }
    return this.arrived();
  }

  async arrived(): Promise<BridgeStats> {
    let stats = await this.#bridge.sample();
    await until(`packet ${this.#due} at a bridge`, async () => {
      stats = await this.#bridge.sample();
      return stats.receiver.packets >= this.#due;
    });
    return stats;
  }

  close(): void {
    Datagrams.#open.delete(this);
    this.#socket.close();
  }
}

/** Records a bridge's cable in a process of its own: S16_BE into a file, until it has so many frames. */
export function recorder({ info }: Bridge, path: string, frames: number): Child {
  writeFileSync(path, '');
  return Child.module(`
    import { appendFileSync } from 'node:fs';
    const { listenerName, ...info } = ${JSON.stringify(info)};
    const [card, device, substream] = listenerName.slice(3).split(',').map(Number);
    const { rate, channels, format, periodFrames } = info;
    const capture = loopback.LoopbackCapture.open({ card, device, substream, rate, channels, format, periodFrames, periods: 200 });
    for await (const bytes of capture) {
      appendFileSync(${JSON.stringify(path)}, bytes);
      if (capture.stats().frames >= ${frames}) break;
    }
    capture.close();`);
}

/** Keeps the event loop of this thread from turning until `done`. */
export function stayBusy(done: () => boolean): void {
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const deadline = Date.now() + PATIENCE_MS;
  while (!done()) {
    if (Date.now() > deadline) throw new Error('waited in vain while this thread was busy');
    Atomics.wait(nap, 0, 0, 20);
    for (const end = Date.now() + 20; Date.now() < end; );
  }
}

/** A port of the loopback interface that nobody has now: for a description, which names it before there is a receiver. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** A process of Node that runs a module and is told to go on by lines on its stdin. */
export class Child {
  static readonly #running = new Set<Child>();
  readonly process: ChildProcess;
  readonly lines: string[] = [];
  readonly #reader;
  stderr = '';

  /**
   * @param wrapper what runs it: see TwoHosts.at
   * @param stdout a descriptor to write to, instead of what `lines` reads
   */
  constructor(args: readonly string[], wrapper: readonly string[] = [], stdout?: number) {
    const [program = '', ...rest] = [...wrapper, process.execPath, ...args];
    this.process = spawn(program, rest, { stdio: ['pipe', stdout ?? 'pipe', 'pipe'] });
    Child.#running.add(this);
    this.#reader = createInterface({ input: this.process.stdout ?? Readable.from([]) });
    this.#reader.on('line', (line) => this.lines.push(line));
    this.process.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  static async endAll(): Promise<void> {
    for (const child of Child.#running) {
      child.process.kill('SIGKILL');
      await child.ended;
    }
    Child.#running.clear();
  }

  /** `utimer`, as a user runs it. */
  static utimer(...args: string[]): Child {
    return Child.utimerAt([], ...args);
  }

  static utimerAt(wrapper: readonly string[], ...args: string[]): Child {
    return new Child([fileURLToPath(url('cli/main.js')), ...args], wrapper);
  }

  /** `utimer` with its output to a descriptor, which is closed here. */
  static utimerInto(stdout: number, ...args: string[]): Child {
    const child = new Child([fileURLToPath(url('cli/main.js')), ...args], [], stdout);
    closeSync(stdout);
    return child;
  }

  /** A module that has `bridge`, `clock`, `loopback` and `rtp` of this package, and `go`, which waits for the next line. */
  static module(code: string, wrapper: readonly string[] = []): Child {
    const prelude = `
      import { createInterface } from 'node:readline';
      import { once } from 'node:events';
      const bridge = await import(${JSON.stringify(url('bridge/index.js'))});
      const clock = await import(${JSON.stringify(url('clock/index.js'))});
      const loopback = await import(${JSON.stringify(url('loopback/index.js'))});
      const rtp = await import(${JSON.stringify(url('rtp/index.js'))});
      const input = createInterface({ input: process.stdin });
      const go = () => once(input, 'line');`;
    return new Child(['--input-type=module', '--eval', `${prelude}\n${code}\ninput.close();`], wrapper);
  }

  /** The first line that fits, which may have come already, but for the first `skip` lines. */
  async line(matches: (line: string) => boolean = () => true, skip = 0): Promise<string> {
    const ended = this.ended.then(({ code }) => {
      throw new Error(`ended with ${code}: ${this.stderr}`);
    });
    ended.catch(() => {});
    for (;;) {
      const found = this.lines.slice(skip).find(matches);
      if (found !== undefined) return found;
      const next = Promise.race([once(this.#reader, 'line'), ended]);
      await within(`a line of a child that said ${JSON.stringify(this.lines.slice(-3))}`, next);
    }
  }

  /** Leaves what it prints in its pipe. */
  stopReading(): void {
    this.#reader.pause();
    this.process.stdout?.pause();
  }

  goOnReading(): void {
    this.process.stdout?.resume();
    this.#reader.resume();
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }> = new Promise((resolve) => {
    queueMicrotask(() => this.process.once('close', (code, signal) => resolve({ code, signal })));
  });
}
