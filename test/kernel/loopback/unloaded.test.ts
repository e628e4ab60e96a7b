// A card that goes while its cables are in use: whoever uses them is told, and nothing hangs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { listTimers } from '../../../lib/index.js';
import { ClockedLoopback, type ClockedLoopbackOptions, LoopbackCard } from '../../../lib/loopback/index.js';
import { stream, thrownBy, withCode } from './support.js';

const DRIVER = '/sys/bus/platform/drivers/snd_aloop';

let unbinding: ChildProcess | undefined;

async function load(): Promise<(options?: Partial<ClockedLoopbackOptions>) => ClockedLoopback> {
  const card = await LoopbackCard.load();
  return (options = {}) => ClockedLoopback.openSync({ card, ...stream, ...options });
}

/**
 * Takes the card away as unplugging would: everybody who has it open gets ENODEV from now on. Ends only when they have
 * closed it, so that a child waits for that.
 */
async function takeCardAway(): Promise<void> {
  unbinding = spawn('sh', ['-c', `echo snd_aloop.0 >${DRIVER}/unbind`], { stdio: 'inherit' });
  // The kernel takes the card out of the list after it has disconnected it.
  while (LoopbackCard.list().length > 0) await new Promise((done) => setTimeout(done, 5));
}

afterEach(async () => {
  // Whatever had the card open has closed it, and the kernel could let it go.
  if (unbinding && unbinding.exitCode === null) {
    await once(unbinding, 'exit', { signal: AbortSignal.timeout(20_000) });
  }
  expect(unbinding?.exitCode).toBe(0);
  unbinding = undefined;
  await LoopbackCard.unload();
  expect(existsSync('/sys/module/snd_aloop')).toBe(false);
  expect(listTimers().filter(({ timerId }) => timerId.device === 4)).toEqual([]);
});

describe('When its card is taken away', () => {
  it('a writer is told by ENODEV, and can close', async () => {
    const open = await load();
    using loop = open();
    loop.write(new Uint8Array(3 * loop.periodBytes + 5));
    await takeCardAway();
    const error = thrownBy(() => loop.write(new Uint8Array(loop.periodBytes)));
    expect(error).toMatchObject({ code: 'ENODEV', hint: expect.stringContaining('The card was unloaded') });
    expect(thrownBy(() => loop.flush())).toMatchObject({ code: 'ENODEV' });
    await expect(loop.send(new Uint8Array(loop.periodBytes))).rejects.toThrow(withCode('ENODEV'));
    expect(loop.stats()).toMatchObject({ periods: 3, listener: false });
  });

  it('sends that wait for a listener, or for one that is full, end', async () => {
    const open = await load();
    using waiting = open({ substream: 1 });
    using full = open({ substream: 2 });
    using capture = full.openCapture({ periods: 4 });
    const sends = [
      waiting.send(new Uint8Array(waiting.periodBytes)),
      full.send(new Uint8Array(8 * full.periodBytes)),
    ];
    const failed = sends.map((sending) => expect(sending).rejects.toThrow(withCode('ENODEV')));
    await takeCardAway();
    await Promise.all(failed);
    capture.close();
  });

  it('a Writable ends with the error', async () => {
    const open = await load();
    using loop = open();
    const writable = loop.writable();
    const failed = once(writable, 'error', { signal: AbortSignal.timeout(20_000) });
    writable.write(new Uint8Array(loop.periodBytes));
    await takeCardAway();
    expect(await failed).toMatchObject([{ code: 'ENODEV' }]);
    expect(writable.destroyed).toBe(true);
  });

  it('silence ends with an event for whoever handles it, and the next write says why', async () => {
    const open = await load();
    using loop = open({ idle: 'silence', graceMs: 0 });
    using unhandled = open({ substream: 1, idle: 'silence', graceMs: 0 });
    const failed = once(loop, 'error', { signal: AbortSignal.timeout(20_000) }).catch((error) => [error]);
    await takeCardAway();
    expect(await failed).toMatchObject([{ code: 'ENODEV' }]);
    expect(thrownBy(() => loop.write(new Uint8Array(loop.periodBytes)))).toMatchObject({ code: 'ENODEV' });
    expect(thrownBy(() => unhandled.write(new Uint8Array(loop.periodBytes)))).toMatchObject({
      code: 'ENODEV',
    });
  });

  it('who watches for listeners hears no more, and cannot begin to', async () => {
    const open = await load();
    using loop = open();
    const told: string[] = [];
    loop.on('listener', ({ type }) => told.push(type));
    using other = open({ substream: 1 });
    const capture = loop.openCapture();
    while (told.length === 0) await new Promise((done) => setTimeout(done, 5));
    await takeCardAway();
    const failed = once(other, 'error');
    other.on('listener', () => {});
    expect((await failed)[0]).toMatchObject({ code: 'ENODEV' });
    capture.close();
    while (told.length === 1) await new Promise((done) => setTimeout(done, 5));
    expect(told).toEqual(['start', 'stop']);
  });
});
