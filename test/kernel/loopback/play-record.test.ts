// `utimer play` and `utimer record` on a real kernel, with arecord and aplay at the other end: every frame is compared.
import { execFile } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoopbackCard } from '../../../lib/loopback/index.js';
import { WavReader } from '../../../lib/wav/index.js';
import { wav } from '../../support/wav-files.js';
import { Child, endAll } from '../bridge/support.js';
import { withCard, withFolder } from '../setup.js';
import { PATIENT } from './players.js';
import { noise } from './support.js';

const execute = promisify(execFile);

let card: LoopbackCard;
let folder: string;
withCard((loaded) => {
  card = loaded;
});
withFolder('play', (made) => {
  folder = made;
});
afterEach(endAll);

const FRAME_BYTES = 4;
let files = 0;
const path = (kind: string) => {
  files += 1;
  return join(folder, `${files}.${kind}`);
};

/** A file of so many frames of 48 kHz, two channels and 16 bits. */
function music(frames: number) {
  const data = noise(frames * FRAME_BYTES);
  const file = path('wav');
  writeFileSync(file, wav({ data }));
  return { file, data };
}

const typed = (type: string) => (line: string) => JSON.parse(line).type === type;
const said = async (child: Child, type: string) => JSON.parse(await child.line(typed(type)));
const last = (child: Child) => JSON.parse(child.lines.at(-1) as string);
const utimer = (command: string, ...args: string[]) =>
  Child.utimer(command, '--json', '--card', `${card.number}`, ...args);

async function recording(file: string) {
  const reader = await WavReader.open(file);
  const pieces: Uint8Array[] = [];
  for await (const piece of reader.frames()) pieces.push(piece);
  const { parameters, frameCount, missingFrames } = reader;
  return { parameters, frameCount, missingFrames, data: Buffer.concat(pieces) };
}

const SHAPE = ['-f', 'S16_LE', '-r', '48000', '-c', '2'];
const STEREO = { format: 'S16_LE', rate: 48_000, channels: 2 };

/** arecord of so many frames, without a header. */
async function arecord(device: string, frames: number): Promise<Buffer> {
  const out = path('raw');
  const args = [
    '-q',
    '-D',
    device,
    ...SHAPE,
    '-t',
    'raw',
    '--period-size=480',
    PATIENT,
    `--samples=${frames}`,
    out,
  ];
  await execute('arecord', args);
  return readFileSync(out);
}

describe('utimer play', () => {
  it.each([
    ['as fast as arecord reads', []],
    ['by a clock', ['--realtime']],
  ])('waits for a listener, and gives it every frame of the file, %s', async (_, options) => {
    // No whole number of periods.
    const { file, data } = music(24_100);
    const child = utimer('play', ...options, file);
    const { listenerName, ...opened } = await said(child, 'open');
    expect(opened).toMatchObject({ ...STEREO, frameCount: 24_100, periodFrames: 480 });
    const heard = arecord(listenerName, 24_100);
    expect(await said(child, 'listener')).toMatchObject({ running: true, holder: { command: 'arecord' } });
    expect((await heard).equals(data)).toBe(true);
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(child.stderr).toBe('');
    expect(last(child)).toMatchObject({ type: 'close', reason: 'file', frames: 24_100, paddedFrames: 380 });
  });

  it('takes a file from a pipe, and ends when it is interrupted', async () => {
    const child = utimer('play', '-');
    child.process.stdin?.write(wav({ data: noise(48_000), dataLength: 0xffff_ffff }));
    expect(await said(child, 'open')).toMatchObject({ name: 'standard input' });
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
    expect(last(child)).toMatchObject({ type: 'close', reason: 'interrupt', frames: 0 });
  });
});

describe('utimer record', () => {
  it('is the clock of aplay, and has every frame of it', async () => {
    const { file, data } = music(200 * 480);
    const out = path('wav');
    const child = utimer('record', '--until-stop', out);
    const { playerName, ...opened } = await said(child, 'open');
    expect(opened).toMatchObject({ ...STEREO, isClock: true });
    await execute('aplay', ['-q', '-D', playerName, '--period-size=480', PATIENT, file]);
    expect(await child.ended).toMatchObject({ code: 0 });
    expect([child.stderr, last(child)]).toMatchObject([
      '',
      { type: 'close', reason: 'stop', frames: 96_000 },
    ]);
    const { parameters, frameCount, data: recorded } = await recording(out);
    expect([parameters, frameCount]).toEqual([STEREO, 96_000]);
    expect(recorded.equals(data)).toBe(true);
  });

  it('joins what is played, in the format of that', async () => {
    const { file, data } = music(100 * 480);
    const player = utimer('play', file);
    const { listenerName } = await said(player, 'open');
    const out = path('wav');
    const child = utimer('record', '--frames', '48000', out);
    expect(await said(child, 'open')).toMatchObject({ ...STEREO, isClock: false, name: listenerName });
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(await player.ended).toMatchObject({ code: 0 });
    expect(last(child)).toMatchObject({ reason: 'length', frames: 48_000, overruns: 0 });
    expect((await recording(out)).data.equals(data)).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves a right header when it is ended by %s', async (signal) => {
    const { file, data } = music(200 * 480);
    const out = path('wav');
    const child = utimer('record', '--stats', '10ms', out);
    const { playerName } = await said(child, 'open');
    await execute('aplay', ['-q', '-D', playerName, '--period-size=480', PATIENT, file]);
    await child.line((line) => JSON.parse(line).frames === 96_000);
    child.process.kill(signal);
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
    expect(last(child)).toMatchObject({ reason: 'interrupt', frames: 96_000 });
    const { frameCount, data: recorded } = await recording(out);
    expect(frameCount).toBe(96_000);
    expect(recorded.equals(data)).toBe(true);
  });

  it('ends behind so much audio, and writes it to a pipe', async () => {
    const { file, data } = music(100 * 480);
    const player = utimer('play', file);
    await said(player, 'open');
    const child = utimer('record', '--duration', '100ms', '-');
    const pieces: Buffer[] = [];
    child.process.stdout?.on('data', (piece) => pieces.push(piece));
    expect(await child.ended).toMatchObject({ code: 0 });
    const out = path('wav');
    writeFileSync(out, Buffer.concat(pieces));
    const { frameCount, data: recorded } = await recording(out);
    expect(frameCount).toBeUndefined();
    expect(recorded.equals(data.subarray(0, 4_800 * FRAME_BYTES))).toBe(true);
    expect(child.stderr).toContain('"reason":"length"');
    player.process.kill('SIGINT');
    await player.ended;
  });

  it('fails when its output cannot be written', async () => {
    const player = utimer('play', music(400 * 480).file);
    await said(player, 'open');
    const full = openSync('/dev/full', 'w');
    const child = Child.utimerInto(
      full,
      'record',
      '--json',
      '--card',
      `${card.number}`,
      '--duration',
      '1s',
      '-',
    );
    expect(await child.ended).toMatchObject({ code: 1, signal: null });
    expect(child.stderr).toMatch(/^utimer record: write failed on standard output: ENOSPC/m);
    player.process.kill('SIGINT');
    await player.ended;
  });

  it('ends when nobody reads its pipe any more', async () => {
    const player = utimer('play', music(400 * 480).file);
    await said(player, 'open');
    const child = utimer('record', '-');
    child.process.stdout?.once('data', () => child.process.stdout?.destroy());
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
    expect(child.stderr).toContain('"reason":"unread"');
    player.process.kill('SIGINT');
    await player.ended;
  });

  it('writes over no file without --force', async () => {
    const out = path('wav');
    writeFileSync(out, 'kept');
    const refused = utimer('record', out);
    expect(await refused.ended).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(
      /^utimer record: open failed on .*: EEXIST.* write over it by `--force`\.\n$/,
    );
    expect(readFileSync(out, 'utf8')).toBe('kept');
    const child = utimer('record', '--force', out);
    await said(child, 'open');
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: 0 });
    expect((await recording(out)).data.length).toBe(0);
  });

  it('makes no file where there is no card', async () => {
    const out = path('wav');
    const child = Child.utimer('record', '--card', '31', out);
    expect(await child.ended).toMatchObject({ code: 1 });
    expect([existsSync(out), child.stderr]).toEqual([false, expect.stringContaining('utimer record: ')]);
  });
});
