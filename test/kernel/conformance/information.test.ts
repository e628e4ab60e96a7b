// What the kernel tells about timers, to 64-bit and to 32-bit programs.
import { describe, expect, it } from 'vitest';
import { narrowProgram, narrowRefusal, raw, raw32, timerLines, useTimers } from './raw.js';

const create = useTimers();

const NO_CARD = -1;

describe('Information', () => {
  it('U27 GINFO: an id, an empty name, no card, the resolution, no clients', async () => {
    const { id } = create({ rate: 44_100, periodFrames: 1024 });
    expect(await raw('ginfo', id)).toEqual({
      result: 'ok',
      id: `snd-utimer${id}`,
      name: '',
      flags: 0,
      card: NO_CARD,
      resolution: '23219954',
      min: '0',
      max: '0',
      clients: 0,
    });
  });

  it('U28 GINFO takes no notice of card and slave class', async () => {
    const { id } = create();
    expect(await raw('ginfo', id, 7, 3)).toEqual(await raw('ginfo', id));
  });

  it('U29 GSTATUS: the resolution in billionths', async () => {
    const { id } = create({ resolutionNs: 12_345_678n });
    expect(await raw('gstatus', id)).toEqual({
      result: 'ok',
      resolution: '12345678',
      numerator: '12345678',
      denominator: '1000000000',
    });
  });

  it('U30 GPARAMS is ENOSYS, and EBUSY while somebody listens', async () => {
    expect(await raw('gparams', create().id)).toEqual({
      withoutClient: 'ENOSYS',
      withClient: 'EBUSY',
      clients: 1,
    });
  });

  it('U31 NEXT_DEVICE lists the lowest timer only; GINFO finds all', async () => {
    const own = [create(), create(), create()].map(({ id }) => id);
    const { listed, found } = await raw('enumerate');
    const ids = String(found).trim().split(' ').map(Number);
    expect(ids).toEqual(expect.arrayContaining(own));
    expect(ids.length).toBe(timerLines().length);
    expect(String(listed).trim()).toBe(String(ids[0]));
  });

  it('U32 the line in /proc/asound/timers has neither id nor name', () => {
    const before = timerLines();
    create();
    expect(timerLines().toSorted()).toEqual([...before, 'G4:  : 10000.000us (1 ticks)'].toSorted());
  });

  it('U33 clients in /proc/asound/timers: the thread, and whether it runs', async () => {
    const { process, ...lines } = await raw('clients');
    const line = (state: string) => `  Client application ${process} : ${state}\n`;
    expect(lines).toEqual({
      none: '',
      selected: line('stopped'),
      started: line('running'),
      stopped: line('stopped'),
    });
  });

  it('U34 resolutions of 1 and 2^64-1 ns are kept', async () => {
    for (const resolution of [1n, 2n ** 64n - 1n]) {
      const timer = create({ resolutionNs: resolution });
      expect(await raw('ginfo', timer.id)).toMatchObject({ result: 'ok', resolution: String(resolution) });
      timer.close();
    }
  });
});

describe('A 32-bit program', () => {
  it('U35 creates and triggers, or can do neither', async ({ skip }) => {
    const refusal = await narrowRefusal();
    skip(refusal !== undefined, String(refusal));
    const before = timerLines().length;
    const created = await raw32('create');
    const given = await raw('give', await narrowProgram());
    // Older kernels give 32-bit programs nothing of userspace-driven timers: not to make one, and not to trigger one
    // that a 64-bit program made and handed on.
    if (created.probe === 'ENOTTY') {
      expect(created).toEqual({ bits: 32, probe: 'ENOTTY', create: 'ENOTTY' });
      expect(given).toEqual({ bits: 32, trigger: 'ENOTTY' });
    } else {
      expect(created).toEqual({
        bits: 32,
        probe: 'EINVAL',
        create: 'ok',
        trigger: 'ok',
        lines: before + 1,
      });
      expect(given).toEqual({ bits: 32, trigger: 'ok' });
    }
  });

  it('U36 gets ENOTTY for GINFO and GSTATUS', async ({ skip }) => {
    const refusal = await narrowRefusal();
    skip(refusal !== undefined, String(refusal));
    expect(await raw32('speak', create().id)).toEqual({
      bits: 32,
      PVERSION: 'ok',
      GINFO: 'ENOTTY',
      GSTATUS: 'ENOTTY',
      INFO: 'ok',
      STATUS: 'ENOTTY',
      STOP: 'ok',
      GINFO64: 'ok',
    });
  });
});
