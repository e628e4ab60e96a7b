// What errors advise: methods that the object at hand has.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AlsaError, calledOn, systemError, withHint } from '../../lib/errors.js';
import { hintsFor } from '../../lib/hints.js';
import { Pcm } from '../../lib/index.js';
import { ClockedCapture, ClockedLoopback, LoopbackCapture } from '../../lib/loopback/index.js';

const READ = 'ioctl SNDRV_PCM_IOCTL_READI_FRAMES';
const EPIPE = 32;

describe('The hints of calls on', () => {
  it.each([
    ['Pcm', Pcm.prototype, 4],
    ['LoopbackCapture', LoopbackCapture.prototype, 0],
    ['ClockedLoopback', ClockedLoopback.prototype, 2],
    ['ClockedCapture', ClockedCapture.prototype, 1],
  ] as const)('a %s name methods that it has', (called, prototype, count) => {
    const named = new Set(hintsFor(called).flatMap((hint) => hint.match(/\b[a-z]\w*(?=\(\))/gi) ?? []));
    expect([...named].filter((name) => !(name in prototype))).toEqual([]);
    expect(named.size).toBe(count);
  });

  it.each([
    [
      'LoopbackCapture',
      /^The substream is in XRUN: .* is lost\. Close it and open it again\..* onInterruption: 'restart'/,
    ],
    ['ClockedLoopback', /^The substream is in XRUN: .* Call write\(\) or send\(\) again/],
  ] as const)('a %s stay when more is said', (called, hint) => {
    const error = calledOn(called, systemError(EPIPE, READ, 'hw:0,1,0'));
    expect(error).toMatchObject({ code: 'EPIPE', errno: -EPIPE, syscall: READ, path: 'hw:0,1,0' });
    const more = withHint(error as AlsaError, 'Who knows.');
    expect(more.hint).toMatch(hint);
    expect(more.message).toBe(`${READ} failed on hw:0,1,0: EPIPE, broken pipe. ${more.hint}`);
  });

  it('any object leave other errors, and what others have said, as they are', () => {
    const own = new AlsaError('no', { code: 'EPIPE', syscall: READ, hint: 'Mine.' });
    const type = new TypeError('no');
    for (const error of [own, type]) expect(calledOn('LoopbackCapture', error)).toBe(error);
  });
});

describe('A kernel without userspace-driven timers', () => {
  const { arch } = process;
  afterEach(() => {
    Object.defineProperty(process, 'arch', { value: arch });
    vi.resetModules();
  });

  it.each([
    ['x64', false],
    ['arm64', false],
    ['arm', true],
    ['ia32', true],
  ])('may be one that gives 32-bit processes none (%s: %s)', async (machine, is32Bit) => {
    Object.defineProperty(process, 'arch', { value: machine });
    vi.resetModules();
    const { hintFor } = await import('../../lib/hints.js');
    const hint = hintFor('ENOTTY', 'ioctl SNDRV_TIMER_IOCTL_CREATE');
    expect(hint).toContain('CONFIG_SND_UTIMER=y');
    expect(hint?.includes('32-bit process: on a 64-bit kernel it needs Linux 6.12.118, 7.3.4')).toBe(is32Bit);
  });
});
