// What CREATE takes and refuses, and the numbers and layouts that callers are compiled with.
import { describe, expect, it } from 'vitest';
import { UserTimer } from '../../../lib/index.js';
import { USER_TIMER_COUNT } from '../../../lib/timer/id.js';
import { narrowRefusal, raw, raw32, timerDescriptors, timerLines, useTimers } from './raw.js';

const create = useTimers();

const NUMBERS = {
  PVERSION: 0x8004_5400,
  NEXT_DEVICE: 0xc014_5401,
  TREAD_OLD: 0x4004_5402,
  GINFO: 0xc0f8_5403,
  GPARAMS: 0x4048_5404,
  GSTATUS: 0xc050_5405,
  SELECT: 0x4034_5410,
  INFO: 0x80e8_5411,
  PARAMS: 0x4050_5412,
  STATUS: 0x8060_5414,
  START: 0x54a0,
  STOP: 0x54a1,
  CONTINUE: 0x54a2,
  PAUSE: 0x54a3,
  TREAD64: 0x4004_54a4,
  CREATE: 0xc020_54a5,
  TRIGGER: 0x54a6,
};

/** With longs of 4 bytes these are other numbers, as the structures have another size. */
const NUMBERS_32 = {
  ...NUMBERS,
  GINFO: 0xc0e0_5403,
  GPARAMS: 0x403c_5404,
  GSTATUS: 0xc040_5405,
  INFO: 0x80e0_5411,
  STATUS: 0x8058_5414,
};

const SAME_LAYOUT = {
  id: 20,
  'id.dev_class': 0,
  'id.dev_sclass': 4,
  'id.card': 8,
  'id.device': 12,
  'id.subdevice': 16,
  uinfo: 32,
  'uinfo.resolution': 0,
  'uinfo.fd': 8,
  'uinfo.id': 12,
  'uinfo.reserved': 16,
  select: 52,
  'select.id': 0,
  'select.reserved': 20,
  params: 80,
  'params.flags': 0,
  'params.ticks': 4,
  'params.queue_size': 8,
  'params.reserved0': 12,
  'params.filter': 16,
  'params.reserved': 20,
  'ginfo.tid': 0,
  'ginfo.flags': 20,
  'ginfo.card': 24,
  'ginfo.id': 28,
  'ginfo.name': 92,
  'gparams.tid': 0,
  'gstatus.tid': 0,
  'info.flags': 0,
  'info.card': 4,
  'info.id': 8,
  'info.name': 72,
  'info.reserved0': 152,
  'status.tstamp_sec': 0,
  read: 8,
  'read.resolution': 0,
  'read.ticks': 4,
  'tread.event': 0,
};

const LAYOUT = {
  ...SAME_LAYOUT,
  ginfo: 248,
  'ginfo.reserved0': 176,
  'ginfo.resolution': 184,
  'ginfo.resolution_min': 192,
  'ginfo.resolution_max': 200,
  'ginfo.clients': 208,
  'ginfo.reserved': 212,
  gparams: 72,
  'gparams.period_num': 24,
  'gparams.period_den': 32,
  'gparams.reserved': 40,
  gstatus: 80,
  'gstatus.resolution': 24,
  'gstatus.resolution_num': 32,
  'gstatus.resolution_den': 40,
  'gstatus.reserved': 48,
  info: 232,
  'info.resolution': 160,
  'info.reserved': 168,
  status: 96,
  'status.tstamp_nsec': 8,
  'status.resolution': 16,
  'status.lost': 20,
  'status.overrun': 24,
  'status.queue': 28,
  'status.reserved': 32,
  tread: 32,
  'tread.tstamp_sec': 8,
  'tread.tstamp_nsec': 16,
  'tread.val': 24,
};

const LAYOUT_32 = {
  ...SAME_LAYOUT,
  ginfo: 224,
  'ginfo.reserved0': 172,
  'ginfo.resolution': 176,
  'ginfo.resolution_min': 180,
  'ginfo.resolution_max': 184,
  'ginfo.clients': 188,
  'ginfo.reserved': 192,
  gparams: 60,
  'gparams.period_num': 20,
  'gparams.period_den': 24,
  'gparams.reserved': 28,
  gstatus: 64,
  'gstatus.resolution': 20,
  'gstatus.resolution_num': 24,
  'gstatus.resolution_den': 28,
  'gstatus.reserved': 32,
  info: 224,
  'info.resolution': 156,
  'info.reserved': 160,
  status: 88,
  'status.tstamp_nsec': 4,
  'status.resolution': 8,
  'status.lost': 12,
  'status.overrun': 16,
  'status.queue': 20,
  'status.reserved': 24,
  tread: 16,
  'tread.tstamp_sec': 4,
  'tread.tstamp_nsec': 8,
  'tread.val': 12,
};

describe('The interface', () => {
  it('U01 the version is 2.0.8', async () => {
    expect(await raw('pversion')).toEqual({ result: 'ok', version: 0x2_0008 });
  });

  it('U02 the ioctl numbers, and the kernel knows each', async ({ skip }) => {
    expect(await raw('numbers')).toEqual(NUMBERS);
    // TRIGGER is known to a timer's own descriptor only.
    const { TRIGGER, ...onControl } = NUMBERS;
    const observed = await raw('known', ...Object.values(onControl), TRIGGER, 0x54a7);
    const unknown = Object.keys(observed).filter((number) => observed[number] === 'ENOTTY');
    expect(unknown.map(Number)).toEqual([TRIGGER, 0x54a7]);
    // Those of before 1.0.9 work still; but 0x5421 was taken: it is FIONBIO, which no driver gets to see.
    expect(await raw('old-numbers')).toEqual({
      ...{ START_OLD: 'ok', 'ticks after START_OLD': 1 },
      ...{ PAUSE_OLD: 'ok', 'ticks after PAUSE_OLD': 0 },
      ...{ CONTINUE_OLD: 'ok', 'ticks after CONTINUE_OLD': 1 },
      ...{ STOP_OLD: 'ok', waits: 1, 'ticks after STOP_OLD': 1 },
    });
    const refusal = await narrowRefusal();
    skip(refusal !== undefined, `with 64 bits as expected; ${refusal}`);
    expect(await raw32('numbers')).toEqual(NUMBERS_32);
  });

  it('U03 the layout of the structures, for 64-bit and 32-bit callers', async ({ skip }) => {
    expect(await raw('layout')).toEqual(LAYOUT);
    const refusal = await narrowRefusal();
    skip(refusal !== undefined, `with 64 bits as expected; ${refusal}`);
    expect(await raw32('layout')).toEqual(LAYOUT_32);
  });
});

describe('Creation', () => {
  it('U04 the probe: a resolution of 0 is EINVAL and makes nothing', async () => {
    const before = timerLines();
    expect(UserTimer.isSupported()).toBe(true);
    expect(timerLines()).toEqual(before);
    expect(timerDescriptors().size).toBe(0);
    expect(await raw('create-zero')).toMatchObject({ result: 'EINVAL', newLines: 0, newDescriptors: 0 });
  });

  it('U05 a null argument is EFAULT and makes nothing', async () => {
    expect(await raw('create-null')).toEqual({ result: 'EFAULT', newLines: 0, newDescriptors: 0 });
  });

  it('U06 an argument that cannot be read is EFAULT and makes nothing', async () => {
    expect(await raw('create-unreadable')).toEqual({ result: 'EFAULT', newLines: 0, newDescriptors: 0 });
  });

  it('U07 an argument that cannot be written is EFAULT, yet the timer and its descriptor are there', async () => {
    expect(await raw('create-unwritable')).toEqual({
      result: 'EFAULT',
      newLines: 1,
      newDescriptors: 1,
      untouched: 1,
    });
  });

  it('U08 any access mode of /dev/snd/timer will do', async () => {
    expect(await raw('create-modes')).toEqual({ O_RDONLY: 'ok', O_WRONLY: 'ok', O_RDWR: 'ok' });
  });

  it('U09 fd, id and reserved are ignored on the way in; reserved comes back unchanged', async () => {
    const [, middle] = [create(), create(), create()];
    middle?.close();
    expect(await raw('create-inputs')).toEqual({
      result: 'ok',
      id: middle?.id,
      resolution: '10000000',
      reservedUnchanged: 1,
      descriptorWorks: 1,
    });
  });

  it('U10 an error leaves the argument as it was', async () => {
    expect(await raw('create-zero')).toMatchObject({ result: 'EINVAL', untouched: 1 });
  });

  it('U11 a new timer has the lowest free id', () => {
    const [first, middle, last] = [create(), create(), create()];
    expect([first.id, middle.id, last.id].toSorted((a, b) => a - b)).toEqual([first.id, middle.id, last.id]);
    middle.close();
    expect(create().id).toBe(middle.id);
  });

  it('U12 an id is free again when close returns', () => {
    const ids = Array.from({ length: 50 }, () => {
      const timer = create();
      timer.close();
      return timer.id;
    });
    expect(new Set(ids).size).toBe(1);
  });

  it('U13 there are 128 timers; the next is ENOSPC until one is closed', () => {
    const foreign = timerLines().length;
    const timers = Array.from({ length: USER_TIMER_COUNT - foreign }, () => create());
    expect(new Set(timers.map(({ id }) => id)).size).toBe(timers.length);
    expect(timerLines().length).toBe(USER_TIMER_COUNT);
    expect(() => create()).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    timers[50]?.close();
    expect(create().id).toBe(timers[50]?.id);
    expect(() => create()).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
  });

  it('U14 without a free descriptor it is EMFILE, and no timer is left', async () => {
    expect(await raw('create-without-descriptors')).toEqual({
      result: 'EMFILE',
      lookup: 'ENODEV',
      newLines: 0,
      afterwards: 'ok',
    });
  });
});
