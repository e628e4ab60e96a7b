// Programs that play into a cable, and what they play.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockedCapture, LoopbackCard } from '../../../lib/loopback/index.js';
import { type WavOptions, wav } from '../../support/wav-files.js';
import { until } from '../interop/support.js';
import { noise } from './support.js';

/** Of 16 bits in two channels. */
const FRAME = 4;

export type WavFormat = Pick<WavOptions, 'bits' | 'channels' | 'rate'>;

/** A file of these frames, or of so many random ones. */
export function wavFile(folder: string, frames: number | Buffer, format: WavFormat = {}, name = 'in.wav') {
  const data = typeof frames === 'number' ? noise(frames * FRAME) : frames;
  const path = join(folder, name);
  writeFileSync(path, wav({ ...format, data }));
  return { path, data };
}

/** A program that plays. */
export class Player {
  static readonly #running = new Set<Player>();
  readonly process: ChildProcess;
  readonly exit: Promise<{ readonly code: number | null; readonly stderr: string }>;

  constructor(name: string, ...args: string[]) {
    const child = spawn(name, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    this.process = child;
    Player.#running.add(this);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.exit = once(child, 'close').then(() => {
      Player.#running.delete(this);
      return { code: child.exitCode, stderr };
    });
  }

  /** Resolves when none of them has a cable any more. */
  static async endAll(): Promise<void> {
    for (const { process } of Player.#running) process.kill('SIGKILL');
    await Promise.all(Array.from(Player.#running, ({ exit }) => exit));
  }
}

/** Until the playback of substream 0 is in this state. */
export function playerIs(card: LoopbackCard, state: string): Promise<void> {
  const found = () =>
    card.holders().some(({ direction, ...holder }) => direction === 'playback' && holder.state === state);
  return until(`a player that is ${state}`, found);
}

/** The largest buffer of aplay: it waits for eleven seconds before it gives up. */
export const PATIENT = '--buffer-size=480000';
export const aplay = (name: string, path: string, ...options: string[]) =>
  new Player('aplay', '-q', '-D', name, ...options, path);

/** What aplay plays: it completes its last period with silence. */
export function padded(data: Buffer, periodBytes = 480 * FRAME): Buffer {
  return Buffer.concat([data, Buffer.alloc((periodBytes - (data.length % periodBytes)) % periodBytes)]);
}

/** What is played from now on until the player stops. */
export async function record(capture: ClockedCapture): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of capture.frames({ until: 'stop' })) chunks.push(chunk);
  return Buffer.concat(chunks);
}
