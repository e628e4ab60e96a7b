// How often a start looks for a cable that it would keep from starting.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { glance, glanceInto, setProcAsound } from '../../../lib/proc.js';
import { warnAboutCable } from '../../../lib/timer/cable-warning.js';

vi.mock('../../../lib/proc.js', async (original) => {
  const proc = await original<typeof import('../../../lib/proc.js')>();
  return { ...proc, glance: vi.fn(proc.glance), glanceInto: vi.fn(proc.glanceInto) };
});

const reads = () => vi.mocked(glance).mock.calls.length + vi.mocked(glanceInto).mock.calls.length;
const point = (source: string) => writeFileSync(join(folder, 'card0/timer_source'), `${source}\n`);
/** A timer of its own for each test: for whom it was warned of one is kept. */
let id = 10;
let folder: string;
const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});

beforeEach(() => {
  id += 1;
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-proc-'));
  mkdirSync(join(folder, 'card0'));
  point('');
  setProcAsound(folder);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.clearAllMocks();
});
afterEach(() => {
  vi.useRealTimers();
  setProcAsound(undefined);
  rmSync(folder, { recursive: true });
});

it('looks once for a thousand starts in a row, and once more for all of them a second later', () => {
  const client = { closed: false, ended: false };
  warnAboutCable(id, client);
  const once = reads();
  expect(once).toBeGreaterThan(0);
  for (let i = 0; i < 1000; i += 1) warnAboutCable(id, client);
  expect(reads()).toBe(once);
  vi.advanceTimersByTime(1000);
  expect(reads()).toBe(2 * once);
  vi.advanceTimersByTime(10_000);
  expect(reads()).toBe(2 * once);
});

it('warns of a cable that was pointed between two starts', () => {
  const client = { closed: false, ended: false };
  warnAboutCable(id, client);
  point(`-1.4.${id}`);
  warnAboutCable(id, client);
  vi.advanceTimersByTime(1000);
  expect(warn).toHaveBeenCalledOnce();
  warnAboutCable(id, client);
  vi.advanceTimersByTime(1000);
  expect(warn).toHaveBeenCalledOnce();
});

it.each(['closed', 'ended'] as const)('is silent about a listener that is %s by then', (how) => {
  const client = { closed: false, ended: false };
  warnAboutCable(id, client);
  point(`-1.4.${id}`);
  warnAboutCable(id, client);
  client[how] = true;
  vi.advanceTimersByTime(1000);
  expect(warn).not.toHaveBeenCalled();
});

it('looks at once for another listener, and says which card it is', () => {
  warnAboutCable(id, { closed: false, ended: false });
  point(`-1.4.${id}`);
  warnAboutCable(id, { closed: false, ended: false });
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]?.[0]).toMatch(/^While .* no cable of loopback card 0 starts .*\.$/);
});
