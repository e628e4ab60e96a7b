// A queue of ALSA's sequencer on a userspace-driven timer: MIDI advances with triggers, whatever a clock says.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { timerInfo, UserTimer } from '../../../lib/index.js';

const DEADLINE = { timeout: 60_000, interval: 20 };
const PARAMETERS = '/sys/module/snd_seq/parameters';
/** Ticks of a quarter note. */
const QUARTER = 96;
/** At 120 quarters a minute. */
const MILLISECONDS = 500;
const NOTES = [60, 62, 64, 65];

let folder: string;

/** Which timer queues get that are made from now on: docs/guides/timers.md says the same for a shell. */
function setTimer(id: number): void {
  writeFileSync(`${PARAMETERS}/seq_default_timer_device`, '4');
  writeFileSync(`${PARAMETERS}/seq_default_timer_subdevice`, `${id}`);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-midi-'));
  execFileSync('modprobe', ['snd-seq']);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  // The first who opens the sequencer has the first of them loaded.
  for (const name of ['snd_seq_dummy', 'snd_seq'])
    if (existsSync(`/sys/module/${name}`)) execFileSync('rmmod', [name]);
});

/** A file of quarter notes, each held for half of its time. */
function song(notes: readonly number[]): string {
  const half = QUARTER / 2;
  const events = notes.flatMap((note, index) => [index && half, 0x90, note, 100, half, 0x80, note, 0]);
  const track = Buffer.from([...events, 0, 0xff, 0x2f, 0]);
  const header = Buffer.from([0, 0, 0, 6, 0, 0, 0, 1, 0, QUARTER]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(track.length);
  const path = join(folder, 'song.mid');
  writeFileSync(path, Buffer.concat([Buffer.from('MThd'), header, Buffer.from('MTrk'), length, track]));
  return path;
}

/** The queue that plays, as the kernel tells of it. */
function queue(): { state: string; tick: number; waiting: number } | undefined {
  const text = readFileSync('/proc/asound/seq/queues', 'latin1');
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1];
  const [state, tick, waiting] = ['timer state', 'current tick', 'queued tick events'].map(field);
  return state === undefined ? undefined : { state, tick: Number(tick), waiting: Number(waiting) };
}

/** A program of alsa-utils, which is gone when the test is over. */
function program(command: string, ...args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  return {
    exit,
    printed: () => text,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exit;
    },
  };
}

/** The port at which a program hears. */
function portOf(name: string): Promise<string> {
  return vi.waitFor(() => {
    const clients = readFileSync('/proc/asound/seq/clients', 'latin1');
    const number = new RegExp(`^Client +(\\d+) : "${name}"`, 'm').exec(clients)?.[1];
    if (number === undefined) throw new Error(`${name} has not opened the sequencer yet: ${clients}`);
    return `${number}:0`;
  }, DEADLINE);
}

it.each([0, 5])('A queue on userspace-driven timer %i advances with triggers only', async (id) => {
  using timer = UserTimer.create({ resolutionNs: 1_000_000n, id });
  setTimer(id);
  await using listener = program('aseqdump');
  const notes = () => [...listener.printed().matchAll(/Note on.*note (\d+)/g)].map(([, note]) => note);
  await using player = program('aplaymidi', '--port', await portOf('aseqdump'), '--delay', '0', song(NOTES));
  await vi.waitFor(() => {
    const found = queue();
    // The first note is not among them: it is due at once.
    if (found?.state === 'Running' && found.waiting >= 2 * NOTES.length - 1) return;
    throw new Error(`no queue that plays: ${JSON.stringify(found)}`);
  }, DEADLINE);
  expect(timerInfo(timer).clients).toBe(1);
  let triggers = 0;
  const triggerUpTo = (count: number) => {
    for (; triggers < count; triggers += 1) timer.trigger();
  };
  for (let quarter = 1; quarter < NOTES.length; quarter += 1) {
    triggerUpTo(quarter * MILLISECONDS - 1);
    expect(queue()?.tick).toBe(quarter * QUARTER - 1);
    const before = queue()?.waiting as number;
    triggerUpTo(quarter * MILLISECONDS);
    expect(queue()).toMatchObject({ tick: quarter * QUARTER, waiting: before - 1 });
    await vi.waitFor(() => expect(notes()).toEqual(NOTES.slice(0, quarter + 1).map(String)), DEADLINE);
    // However long that took.
    expect(queue()?.tick).toBe(quarter * QUARTER);
  }
  triggerUpTo(NOTES.length * MILLISECONDS);
  expect(await player.exit).toEqual([0, null]);
});
