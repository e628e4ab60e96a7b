// What sound servers of a desktop do with a card of snd-aloop, and what keeps them off: tells it, a line of JSON each.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { diagnose } from '../../../dist/doctor/index.js';
import { ClockedLoopback, LoopbackCard } from '../../../dist/loopback/index.js';
import { WavReader, WavWriter } from '../../../dist/wav/index.js';
import { exampleOfGuide, longestCommon } from './evidence.mjs';

const STREAM = /** @type {const} */ ({ format: 'S16_LE', rate: 48_000, channels: 2 });
const CABLE = { card: LoopbackCard.find(), ...STREAM, periodFrames: 480 };
const SECONDS = 6;
const UTIMER = new URL('../../../dist/cli/main.js', import.meta.url).pathname;
const folder = /** @type {string} */ (process.env.HOME);
const noise = `${folder}/noise.wav`;
const { card } = CABLE;

/** @param {string} name @param {unknown} value */
const tell = (name, value) => console.log(name, JSON.stringify(value));

/** @param {string} what @param {() => boolean | Promise<boolean>} done */
async function until(what, done) {
  const limit = Date.now() + 90_000;
  while (!(await done())) {
    if (Date.now() > limit) throw new Error(`not within 90 s: ${what}`);
    await sleep(100);
  }
}

/** Runs a program to its end. @param {string} program @param {string[]} args */
async function output(program, ...args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const parts = [];
  for await (const part of child.stdout) parts.push(part);
  return Buffer.concat(parts).toString();
}

class Program {
  #child;
  #ended;

  /** @param {string} program @param {string[]} args */
  constructor(program, ...args) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** @param {NodeJS.Signals} [signal] */
  async end(signal = 'SIGTERM') {
    this.#child.kill(signal);
    await this.#ended;
  }
}

class PipeWire {
  /** @type {Program[]} */
  #programs = [];

  async start() {
    this.#programs.push(new Program('pipewire'));
    await until('pipewire serves', () => existsSync(`${process.env.XDG_RUNTIME_DIR}/pipewire-0`));
    this.#programs.push(new Program('wireplumber'));
    await until('wireplumber is there', async () =>
      (await this.#objects('Client')).some((properties) => properties['application.name'] === 'WirePlumber'),
    );
  }

  /** @param {string} type */
  async #objects(type) {
    const objects = JSON.parse((await output('pw-dump')) || '[]');
    return objects
      .filter((/** @type {any} */ each) => each.type === `PipeWire:Interface:${type}`)
      .map((/** @type {any} */ each) => each.info?.props ?? {});
  }

  /** Of the loopback card. @returns {Promise<string[]>} */
  async nodes() {
    const nodes = await this.#objects('Node');
    return nodes
      .filter((properties) => properties['api.alsa.card.name'] === 'Loopback')
      .map((properties) => `${properties['media.class']} ${properties['api.alsa.path']}`)
      .sort();
  }

  /** @param {string} name */
  async has(name) {
    return (await this.#objects('Node')).some((properties) => properties['node.name'] === name);
  }

  async end() {
    for (const program of this.#programs.splice(0).reverse()) await program.end();
  }
}

class PulseAudio {
  /** @type {Program | undefined} */
  #program;

  /** Answers, once its modules are loaded. */
  async start() {
    this.#program = new Program(
      'pulseaudio',
      ...['-n', '--daemonize=no', '--exit-idle-time=-1', '--disallow-exit', '--log-target=null'],
      ...['-L', 'module-udev-detect', '-L', 'module-native-protocol-unix', '-L', 'module-suspend-on-idle'],
    );
    await until('pulseaudio answers', async () => (await output('pactl', 'info')) !== '');
  }

  /** Of the loopback card: the only one. */
  async nodes() {
    return (await output('pactl', 'list', 'short', 'sinks'))
      .split('\n')
      .flatMap((line) => line.split('\t')[1] ?? []);
  }

  end() {
    return this.#program?.end();
  }
}

/** @param {string} id */
async function check(id) {
  for await (const result of diagnose()) if (result.id === id) return result;
  throw new Error(`there is no check ${id}`);
}

const holders = () => card.holders().map(({ name, command }) => `${name} ${command}`);

/**
 * Starts a server while a cable of the card is open, and in use. Resolves once the cable is closed, and the server has the card.
 *
 * @param {PipeWire | PulseAudio} server
 * @returns whether the listener had what was written, and how many nodes of the card the server had meanwhile
 */
async function meanwhile(server) {
  const open = ClockedLoopback.openSync(CABLE);
  const listener = open.openCapture();
  /** @type {Buffer[]} */
  const heard = [];
  const step = () => {
    open.write(played.subarray(heard.length * open.periodBytes, (heard.length + 1) * open.periodBytes));
    heard.push(listener.read());
  };
  step();
  const moving = setInterval(step, 100);
  await server.start();
  const nodes = (await server.nodes()).length;
  clearInterval(moving);
  const same = Buffer.concat(heard).equals(played.subarray(0, heard.length * open.periodBytes));
  listener.close();
  open.close();
  await until('the card is seen', async () => (await server.nodes()).length > 0);
  return [same, nodes];
}

/** Plays the noise into a cable by CLOCK_MONOTONIC, and records what a server hands out of it. @param {string} program @param {string[]} args */
async function hear(program, ...args) {
  const player = new Program('node', UTIMER, 'play', noise, '--realtime', '--stats', '0');
  await until('the cable is open', () => holders().length > 0);
  const recording = new Program(program, ...args);
  await until('the cable is heard', () => holders().length > 1);
  await until('the cable is closed', () => !holders().some((holder) => / node/.test(holder)));
  await recording.end('SIGINT');
  await player.end();
}

const sound = new Int16Array(2 * STREAM.rate * SECONDS);
for (let i = 0, x = 1; i < sound.length; i += 1) {
  x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
  sound[i] = x >>> 16;
}
const played = Buffer.from(sound.buffer);
const wav = await WavWriter.create(noise, STREAM);
await wav.write(new Uint8Array(sound.buffer));
await wav.close();

const pipewire = new PipeWire();
tell('pipewire-waits', await meanwhile(pipewire));
tell('pipewire-nodes', await pipewire.nodes());
const seen = await check('sound-servers');
tell('pipewire-doctor', [seen.status, seen.seen]);
const player = new Program('pw-play', noise);
await until('the card is played to', () => holders().length > 0);
tell('pipewire-holds', holders());
try {
  ClockedLoopback.openSync(CABLE).close();
  tell('pipewire-refused', undefined);
} catch (error) {
  tell('pipewire-refused', /** @type {Error} */ (error).message);
}
const free = await ClockedLoopback.open({ ...CABLE, substream: 'free' });
tell('pipewire-free', free.listenerName);
free.close();
await player.end('SIGINT');
await pipewire.end();

const pulse = new PulseAudio();
tell('pulse-waits', await meanwhile(pulse));
tell('pulse-sinks', await pulse.nodes());
tell('pulse-doctor', (await check('sound-servers')).status);
await pulse.end();

// As the doctor says.
for (const line of seen.next) {
  if (line.startsWith('$ ')) await output('sh', '-ec', line.slice(2).replaceAll('sudo ', ''));
}
await output('udevadm', 'settle');

const configuration = `${folder}/.config/pipewire/pipewire.conf.d`;
mkdirSync(configuration, { recursive: true });
writeFileSync(`${configuration}/clocked-cable.conf`, exampleOfGuide('conf'));
await pipewire.start();
await until('the source is there', () => pipewire.has('clocked-cable'));
tell('kept-off-nodes', await pipewire.nodes());
tell('kept-off-doctor', (await check('sound-servers')).status);
await hear('pw-record', '--target', 'clocked-cable', `${folder}/pipewire.wav`);
tell('pipewire-heard', await heardIn(`${folder}/pipewire.wav`));
await pipewire.end();

const kept = new PulseAudio();
await kept.start();
tell('kept-off-sinks', await kept.nodes());
await kept.end();
await output('udevadm', 'control', '--exit');

/** How many seconds of the noise are in a recording without a fault. @param {string} path */
async function heardIn(path) {
  const reader = await WavReader.open(path);
  const parts = [];
  for await (const frames of reader.frames()) parts.push(frames);
  return longestCommon(played, Buffer.concat(parts), 4) / STREAM.rate;
}
