// What the scenarios share, on every runtime: the addon, FIFOs that stand for devices, and what this process has open.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** @type {import('../../../dist/native/binding.js').NativeBinding} */
export const addon = createRequire(import.meta.url)(process.env.ALSA_UTIMER_ADDON ?? '');

let made = 0;
const folder = mkdtempSync(join(tmpdir(), 'readiness-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** A FIFO that is written to here: what a timer instance, or a PCM, reads from stands for its device. */
export function fifo() {
  made += 1;
  const path = join(folder, `fifo${made}`);
  execFileSync('mkfifo', [path]);
  const writer = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  return {
    path,
    /** @param {number[]} counts one record each, as a timer instance writes it: its resolution and its ticks */
    tick: (...counts) => {
      for (const count of counts) writeSync(writer, Uint32Array.of(10, count));
    },
    hangUp: () => closeSync(writer),
  };
}

const CAPACITY = 4096;

/**
 * Takes records of timer instances: their slots, and the ticks that each brought, or a number where it brought none.
 *
 * @param {(batches: [slot: number, ticks: number[] | number][]) => void} callback
 */
export function gather(callback) {
  const memory = new ArrayBuffer(CAPACITY * 16 + 64 * 8);
  const words = new Uint32Array(memory, 0, CAPACITY * 4);
  const notes = new Int32Array(memory, CAPACITY * 16);
  return addon.createTimerRecords(memory, CAPACITY, (count) => {
    let next = 0;
    /** @type {[number, number[] | number][]} */
    const batches = [];
    for (let i = 0; i < count; i += 1) {
      const length = notes[2 * i + 1];
      const ticks = Array.from({ length: Math.max(length, 0) }, (_, k) => words[4 * (next + k) + 3]);
      batches.push([notes[2 * i], length > 0 ? ticks : length]);
      next += ticks.length;
    }
    callback(batches);
  });
}

/** A handle that is collected is closed. */
const kept = [];

/** A timer instance on a FIFO, and its end of it. */
export function instance() {
  const { path, tick, hangUp } = fifo();
  const handle = addon.openTimerInstance(path, false);
  kept.push(handle);
  return { path, tick, hangUp, handle };
}

/** A watcher of what can be read from a path. @param {string} path */
export function watch(path) {
  const watcher = addon.watchPcm(addon.openPcm(path, false, '', -1));
  kept.push(watcher);
  return watcher;
}

/** A watcher of a FIFO, and its end of it. */
export function watched() {
  const { path, tick } = fifo();
  return { tick, watcher: watch(path) };
}

/** A turn of the event loop. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @param {unknown} value what the test is to see */
export const print = (value) => console.log(JSON.stringify(value));

/** How many descriptors of this process point at a path. @param {string} path */
export function descriptorsOf(path) {
  const target = (/** @type {string} */ fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return undefined;
    }
  };
  return readdirSync('/proc/self/fd').filter((fd) => target(fd) === path).length;
}

export const threads = () => readdirSync('/proc/self/task').length;
