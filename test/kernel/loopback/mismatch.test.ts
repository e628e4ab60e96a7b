// Listeners whose access is not the writer's: the kernel gives them a bare EIO, and tells the writer nothing.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { Pcm } from '../../../lib/index.js';
import {
  ClockedLoopback,
  type ListenerMismatch,
  LoopbackCapture,
  type LoopbackCard,
  loopbackChannel,
} from '../../../lib/loopback/index.js';
import type { PcmHandle } from '../../../lib/native/binding.js';
import { native } from '../../../lib/native/load.js';
import { withCard } from '../setup.js';
import { stream, thrownBy } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const hardware = {
  format: 2,
  rate: 48_000,
  channels: 2,
  periodFrames: 480,
  bufferFrames: 1_920,
  frameBytes: 4,
};
const open = () => ClockedLoopback.openSync({ card, ...stream });

/** An end of the cable that asks nobody before it sets its access: SNDRV_PCM_ACCESS_RW_NONINTERLEAVED is 4. */
function openEnd(direction: 'playback' | 'capture', access: 3 | 4): PcmHandle {
  const path = direction === 'playback' ? 'D0p' : 'D1c';
  const end = native().openPcm(
    `/dev/snd/pcmC${card.number}${path}`,
    direction === 'playback',
    `/dev/snd/controlC${card.number}`,
    0,
  );
  end.configure({ ...hardware, access, fillWithSilence: false });
  return end;
}

async function mismatchOf(loop: ClockedLoopback, attempt: () => void): Promise<ListenerMismatch> {
  const told = once(loop, 'mismatch', { signal: AbortSignal.timeout(60_000) });
  attempt();
  const [mismatch] = (await told) as [ListenerMismatch];
  loop.unref();
  return mismatch;
}

describe('A listener with another access', () => {
  it('is told of on a channel, without a handler and without a warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    const told: unknown[] = [];
    const heard = new Promise<void>((resolve) => {
      const hear = (message: unknown) => {
        told.push(message);
        unsubscribe(loopbackChannel('loopback:mismatch'), hear);
        resolve();
      };
      subscribe(loopbackChannel('loopback:mismatch'), hear);
    });
    using loop = open();
    const end = openEnd('capture', 4);
    await heard;
    end.close();
    expect(told).toEqual([
      { loop, mismatch: expect.objectContaining({ name: loop.listenerName, differs: ['access'] }) },
    ]);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe('A writer is told of a listener with another access', () => {
  it('by name, with what differs, as soon as its parameters are set', async () => {
    using loop = open();
    let end: PcmHandle | undefined;
    const mismatch = await mismatchOf(loop, () => {
      end = openEnd('capture', 4);
    });
    expect(mismatch).toMatchObject({
      name: loop.listenerName,
      holder: { pid: process.pid, state: 'prepared' },
      parameters: { access: 'noninterleaved', format: 'S16_LE', periodFrames: 480 },
      differs: ['access'],
      access: 'noninterleaved',
    });
    expect(mismatch.message).toMatch(
      /process \d+\) cannot listen at .*: it has access noninterleaved, not interleaved/,
    );
    expect(() => end?.start()).toThrow(expect.objectContaining({ errno: 5 }));
    end?.close();
  });

  it('also where it has left before anybody could look, each time', async () => {
    using loop = open();
    for (let time = 0; time < 3; time += 1) {
      const mismatch = await mismatchOf(loop, () => openEnd('capture', 4).close());
      expect(mismatch).toMatchObject({ holder: undefined, differs: [], access: 'noninterleaved' });
    }
  });

  it('by a warning where only listeners are heard', async () => {
    using loop = open();
    loop.on('listener', () => {});
    const warned = once(process, 'warning', { signal: AbortSignal.timeout(60_000) });
    openEnd('capture', 4).close();
    expect((await warned)[0]).toMatchObject({
      name: 'AlsaLoopbackWarning',
      code: 'ALSA_UTIMER_LISTENER_MISMATCH',
      detail: "Open the cable with access: 'noninterleaved' for it.",
    });
  });

  it('by a warning, once a process, where a send waits for one that fits and nobody handles anything', async () => {
    using loop = open();
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const nextWarning = () => once(process, 'warning', { signal: AbortSignal.timeout(60_000) });
    const abort = new AbortController();
    const given = loop.send(new Uint8Array(loop.periodBytes), { signal: abort.signal });
    let warned = nextWarning();
    const end = openEnd('capture', 4);
    await warned;
    abort.abort();
    await expect(given).rejects.toBe(abort.signal.reason);

    // The next one that waits sees it still there.
    const sent = new Uint8Array(loop.periodBytes).fill(1);
    const sending = loop.send(sent);
    await new Promise(setImmediate);
    end.close();
    warned = nextWarning();
    openEnd('capture', 4).close();
    await warned;
    using capture = loop.openCapture();
    await sending;
    expect(capture.read().equals(sent)).toBe(true);
    process.off('warning', note);
    expect(warnings).toMatchObject([
      {
        code: 'ALSA_UTIMER_LISTENER_MISMATCH',
        message: expect.stringMatching(/process \d+\) cannot listen at .*: it has access noninterleaved/),
      },
      { message: expect.stringMatching(/^a program prepared/) },
    ]);
  });

  it('by its event, once, where a send waits as well', async () => {
    using loop = open();
    const told: ListenerMismatch[] = [];
    loop.on('mismatch', (mismatch) => told.push(mismatch));
    const sending = loop.send(new Uint8Array(loop.periodBytes));
    const first = await mismatchOf(loop, () => openEnd('capture', 4).close());
    const second = await mismatchOf(loop, () => openEnd('capture', 4).close());
    expect(told).toEqual([first, second]);
    using _capture = loop.openCapture();
    await sending;
  });

  it('and not of one that fits, or is overrun and leaves', async () => {
    using loop = open();
    const told: ListenerMismatch[] = [];
    loop.on('mismatch', (mismatch) => told.push(mismatch));
    for (let time = 0; time < 3; time += 1) {
      const capture = loop.openCapture({ periods: 2 });
      await once(loop, 'listener');
      loop.write(new Uint8Array(3 * loop.periodBytes));
      await once(loop, 'listener');
      capture.close();
      await new Promise(setImmediate);
    }
    // What comes of the last one is told before this.
    const last = await mismatchOf(loop, () => openEnd('capture', 4).close());
    expect(told).toEqual([last]);
  });
});

describe('The end that comes second says which access the other one has, and who that is', () => {
  const named = (access: string) => new RegExp(`access: '${access}'.*held by .*\\(process ${process.pid}\\)`);

  it('as a capture', () => {
    using _loop = open();
    expect(thrownBy(() => LoopbackCapture.open({ card, ...stream, access: 'noninterleaved' }))).toMatchObject(
      {
        code: 'ERR_PCM_PARAMETER',
        message: expect.stringMatching(/does not take access noninterleaved: the other end has interleaved/),
        hint: expect.stringMatching(named('interleaved')),
      },
    );
  });

  it('as a writer', () => {
    const end = openEnd('capture', 4);
    expect(thrownBy(open)).toMatchObject({
      code: 'ERR_PCM_PARAMETER',
      message: expect.stringMatching(/does not take access interleaved: the other end has noninterleaved/),
      hint: expect.stringMatching(named('noninterleaved')),
    });
    end.close();
  });

  it('also at a start that fails, where the other end was set meanwhile', () => {
    using capture = Pcm.open({ ...stream, card: card.number, device: 1, substream: 0, direction: 'capture' });
    const end = openEnd('playback', 4);
    expect(thrownBy(() => capture.start())).toMatchObject({
      code: 'EIO',
      hint: expect.stringMatching(named('noninterleaved')),
    });
    end.close();
  });
});
