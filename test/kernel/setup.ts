// What files of the kernel suite set up before their tests, and take down behind them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { LoopbackCard } from '../../lib/loopback/index.js';
import { liftLimits } from '../support/network.js';

/** Loads snd-aloop with one card. */
export function withCard(take: (card: LoopbackCard) => void): void {
  beforeAll(async () => take(await LoopbackCard.load()));
  afterAll(() => LoopbackCard.unload());
}

/** Lets the network hold as much as comes. */
export function withLiftedLimits(): void {
  let restore: () => void;
  beforeAll(() => {
    restore = liftLimits();
  });
  afterAll(() => restore());
}

/** Makes a folder for files. */
export function withFolder(name: string, take: (folder: string) => void): void {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), `alsa-utimer-${name}-`));
    take(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
}
