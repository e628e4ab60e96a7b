// The timer's descriptor: what can be done with it, and who keeps the timer alive.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { raw, timerDescriptors, timerLines, useTimers } from './raw.js';

const create = useTimers();

const O_ACCMODE = 0o3;
const O_RDWR = 0o2;
const O_CLOEXEC = 0o2000000;

describe('The descriptor', () => {
  it('U15 is open for reading and writing, and closes on exec', () => {
    const { id } = create();
    const fd = timerDescriptors().get(id);
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    expect(Number.parseInt(flags ?? '', 8) & (O_ACCMODE | O_CLOEXEC)).toBe(O_RDWR | O_CLOEXEC);
  });

  it('U16 its link in /proc says which timer it is', () => {
    const { id } = create();
    expect(readlinkSync(`/proc/self/fd/${timerDescriptors().get(id)}`)).toBe(`anon_inode:snd-utimer${id}`);
  });

  it('U17 has no read, write or mmap; lseek does nothing', async () => {
    expect(await raw('operations')).toEqual({ read: 'EINVAL', write: 'EINVAL', mmap: 'ENODEV', lseek: 0 });
  });

  it('U18 polls readable and writable at once', async () => {
    expect(await raw('ready')).toMatchObject({ poll: 1, readable: 1, writable: 1 });
  });

  it('U19 cannot be added to an epoll set: EPERM', async () => {
    expect(await raw('ready')).toMatchObject({ epoll: 'EPERM' });
  });

  it('U20 TRIGGER elsewhere, and other ioctls on it, are ENOTTY', async () => {
    expect(await raw('wrong-descriptor')).toEqual({ triggerOnControl: 'ENOTTY', versionOnTimer: 'ENOTTY' });
  });

  it('U21 needs no /dev/snd/timer: the timer works with that closed', () => {
    const before = timerLines().length;
    const timer = create();
    const open = readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === '/dev/snd/timer';
      } catch {
        return false;
      }
    });
    expect(open).toEqual([]);
    timer.trigger();
    expect(timerLines().length).toBe(before + 1);
  });
});

describe('The holders of a timer', () => {
  it('U22 a duplicate keeps it alive until it is closed too', async () => {
    expect(await raw('duplicate')).toEqual({ trigger: 'ok', oneClosed: 'ok', bothClosed: 'ENODEV' });
  });

  it('U23 a forked child triggers it, and keeps it alive', async () => {
    expect(await raw('forked')).toEqual({ ticks: 1, parentClosed: 'ok', childEnded: 'ENODEV' });
  });

  it('U24 it is gone when its only holder executes a program, unless told otherwise', async () => {
    expect(await raw('executed')).toEqual({ closing: 'ENODEV', keeping: 'ok', descriptors: 0 });
  });

  it('U25 a process that cannot open /dev/snd/timer triggers one it was passed', async () => {
    expect(await raw('passed')).toEqual({
      open: 'EACCES',
      trigger: 'ok',
      ticks: 1,
      senderClosed: 'ok',
      receiverEnded: 'ENODEV',
    });
  });

  it('U26 it is gone, and its id free, when its process is killed', async () => {
    expect(await raw('killed')).toEqual({ alive: 'ok', killed: 'ENODEV', sameIdNext: 1 });
  });
});
