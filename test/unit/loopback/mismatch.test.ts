// Those who try to listen and do not fit, as far as the kernel lets a writer see them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ListenerMismatch, MismatchWatch } from '../../../lib/loopback/mismatch.js';
import type { WatcherHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { FakeBinding, type FakeSubstream } from '../../support/fake-binding.js';

const OPEN = 0;
const PREPARED = 2;

let kernel: FakeBinding;
beforeEach(() => {
  kernel = new FakeBinding();
});
afterEach(() => setNative(undefined));

const set = (substream: FakeSubstream) => kernel.substreams.set('card0/pcm1c/sub0', substream);
const close = () => kernel.substreams.clear();
const open = () =>
  set({ status: { state: OPEN, owner: process.pid, avail: 0, queued: 0 }, parameters: null });
const prepare = (access: string, format = 'S16_LE', rate = 48_000) =>
  set({
    status: { state: PREPARED, owner: process.pid, avail: 0, queued: 0 },
    parameters: { access, format, rate, channels: 2, periodFrames: 480, bufferFrames: 1920 },
  });
const writer = { access: 'interleaved', format: 'S16_LE', rate: 48_000, channels: 2 } as const;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A watch, with what it told, and the opens that the kernel announces. */
function watch(announces = true) {
  const told: ListenerMismatch[] = [];
  let announce: () => void = () => {};
  let closed = false;
  const opens: WatcherHandle = {
    arm: (callback) => {
      announce = callback;
    },
    disarm: () => {},
    setRef: () => {},
    close: () => {
      closed = true;
    },
    closed: () => closed,
  };
  setNative(announces ? Object.assign(kernel, { watchOpens: () => opens }) : kernel);
  const watching = new MismatchWatch(0, 1, 0, writer, { mismatched: (mismatch) => told.push(mismatch) });
  return { watching, told, opened: () => announce(), isClosed: () => closed };
}

describe('A listener that does not fit', () => {
  it.each([
    ['RW_NONINTERLEAVED', 'S16_LE', 48_000, ['access'], 'noninterleaved'],
    ['MMAP_NONINTERLEAVED', 'S16_LE', 48_000, ['access'], 'noninterleaved'],
    ['MMAP_INTERLEAVED', 'S32_LE', 44_100, ['format', 'rate'], undefined],
  ] as const)(
    'of %s, %s and %i Hz is named when its parameters are set',
    async (access, format, rate, differs, option) => {
      const { watching, told, opened, isClosed } = watch();
      open();
      opened();
      await turn();
      expect(told).toEqual([]);
      prepare(access, format, rate);
      while (told.length === 0) await turn();
      expect(told).toEqual([
        expect.objectContaining({
          name: 'hw:0,1,0',
          differs,
          access: option,
          holder: expect.objectContaining({
            pid: process.pid,
            parameters: expect.objectContaining({ format, rate }),
          }),
          message: expect.stringMatching(
            new RegExp(`process ${process.pid}\\) cannot listen at hw:0,1,0: it has ${differs[0]}`),
          ),
        }),
      ]);
      // Its end says nothing new.
      close();
      watching.left();
      await turn();
      await turn();
      expect(told.length).toBe(1);
      watching.close();
      expect(isClosed()).toBe(true);
    },
  );

  it('is told once each time that it tries', async () => {
    const { watching, told, opened } = watch();
    for (const time of [1, 2, 3]) {
      prepare('RW_NONINTERLEAVED');
      opened();
      await turn();
      expect(told.length).toBe(time);
      close();
      watching.left();
      await turn();
    }
    watching.close();
  });

  it.each([true, false])(
    'and left too soon is told without a name (opens are announced: %s)',
    async (announces) => {
      const { watching, told, opened } = watch(announces);
      watching.left();
      opened();
      while (told.length === 0) await turn();
      expect(told).toEqual([
        expect.objectContaining({
          holder: undefined,
          parameters: undefined,
          differs: [],
          access: 'noninterleaved',
        }),
      ]);
      expect(told[0]?.message).toMatch(
        /^a program prepared hw:0,1,0 and left before its start, as programs with noninterleaved access do$/,
      );
      watching.close();
    },
  );

  it('and stays is not told again when others open the device', async () => {
    const { watching, told, opened } = watch();
    prepare('RW_NONINTERLEAVED');
    for (let time = 0; time < 3; time += 1) {
      opened();
      await turn();
    }
    expect(told.length).toBe(1);
    watching.close();
  });

  it('and was there before the watch is named', async () => {
    prepare('RW_NONINTERLEAVED');
    const { watching, told } = watch();
    expect(told).toEqual([]);
    await turn();
    expect(told).toMatchObject([{ differs: ['access'] }]);
    watching.close();
  });
});

describe('A listener that fits', () => {
  it.each(['MMAP_INTERLEAVED', 'RW_INTERLEAVED'])(
    'is not told, whether it starts or leaves without (%s)',
    async (access) => {
      const { watching, told, opened } = watch();
      for (const starts of [true, false]) {
        open();
        opened();
        prepare(access);
        await turn();
        if (starts) watching.started();
        close();
        watching.left();
        await turn();
        await turn();
      }
      expect(told).toEqual([]);
      watching.close();
    },
  );

  it('is not told where only another substream was opened, or where the watch is closed', async () => {
    const { watching, told, opened } = watch();
    opened();
    await turn();
    watching.started();
    watching.left();
    await turn();
    await turn();
    open();
    opened();
    await turn();
    watching.close();
    prepare('RW_NONINTERLEAVED');
    watching.left();
    await turn();
    await turn();
    expect(told).toEqual([]);
  });
});
