// What `utimer selftest` asks of a machine before it touches anything, and what it says that it disturbs.
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../lib/doctor/machine.js';
import type { SubstreamHolder } from '../../../lib/loopback/index.js';
import { checkSurroundings, disturbances, whyCardless } from '../../../lib/selftest/conditions.js';
import { loopbackCard, machine } from '../doctor/machine.js';

const ROOT = { user: { name: 'root', uid: 0 }, userTimers: () => [] };
/** May load modules. */
const LOADER = { '/proc/self/status': 'CapEff:\t000001ffffffffff\n' };
const holder: Partial<SubstreamHolder> = {
  ...{ name: 'hw:1,1,0', direction: 'capture', pid: 77, threadId: 77, command: 'arecord', state: 'running' },
  parameters: undefined,
};

/** Of a machine with a card that nobody uses, and this change. */
function check(change: Partial<Machine>, differences: string[] = [], isLoopbackLoaded = true): void {
  const surroundings = { isLoopbackLoaded, differences: () => differences };
  checkSurroundings({ machine: machine({ ...ROOT, ...change }), ...surroundings });
}

describe('A machine', () => {
  it('will do with a card that nobody uses, or without the module', () => {
    expect(() => check({})).not.toThrow();
    expect(() => check({ cards: () => [] }, [], false)).not.toThrow();
  });

  it.each<[string, Partial<Machine>, string[], RegExp]>([
    ['without root', { user: { name: 'ada', uid: 1_000 } }, [], /need root.*Run it with sudo/],
    [
      'without timers',
      { supportsUserTimers: () => false },
      [],
      /no userspace-driven timers.*`utimer doctor`/,
    ],
    ['with a timer of others', { userTimers: () => [0] }, [], /has timer 0: .*shows which has them/],
    ['with timers of others', { userTimers: () => [0, 5] }, [], /has timers 0, 5: /],
    [
      'with a card in use, the second one for instance',
      { cards: () => [loopbackCard(), loopbackCard('', [holder])] },
      [],
      /in use: arecord \(process 77\) holds capture hw:1,1,0\. End that program/,
    ],
    ['with the module and no card', { cards: () => [] }, [], /is loaded, and has no card/],
    [
      'with a card that somebody has changed',
      {},
      ['PCM Notify is 1 instead of 0'],
      /card 1 \(Loopback\) is not as .* PCM Notify is 1 instead of 0\. Set it back/,
    ],
  ])('is refused %s', (_, change, differences, message) => {
    expect(() => check(change, differences)).toThrow(
      expect.objectContaining({ code: 'ERR_SELFTEST_REFUSED', message: expect.stringMatching(message) }),
    );
  });

  it('is asked first for what everything else needs', () => {
    const nothing = { loadAddon: () => expect.unreachable(), userTimers: () => expect.unreachable() };
    expect(() => check({ ...nothing, user: { name: 'ada', uid: 1_000 } })).toThrow('need root');
    const missing = new Error('no addon');
    const loadAddon = () => {
      throw missing;
    };
    expect(() => check({ loadAddon, supportsUserTimers: () => false })).toThrow(missing);
  });
});

const sentences = (of: Machine, isLoopbackLoaded: boolean) =>
  disturbances({ machine: of, isLoopbackLoaded, differences: () => [] });

describe('What is disturbed', () => {
  it('is a card that is there, which is set back', () => {
    const told = sentences(machine({ cards: () => [loopbackCard('-1.4.5')] }), true);
    expect(told[0]).toBe(
      'loopback card 1 (Loopback) is used, which nobody has open now; its timer_source is "-1.4.5" again at the end',
    );
    expect(told).toHaveLength(4);
  });

  it('is the module where there is no card, and servers that open cards are named', () => {
    const files = {
      ...LOADER,
      '/proc/12/comm': 'bash\n',
      '/proc/813/comm': 'pipewire\n',
      '/proc/820/comm': 'wireplumber\n',
    };
    const told = sentences(machine({ cards: () => [], files }), false);
    expect(told[0]).toMatch(/^snd-aloop is loaded and unloaded/);
    expect(told.at(-1)).toMatch(/^pipewire \(process 813\), wireplumber \(process 820\) may open/);
  });
});

describe('There is no card to be had', () => {
  const why = (files: Record<string, string | undefined>, isLoopbackLoaded = false) =>
    whyCardless({ machine: machine({ cards: () => [], files }), isLoopbackLoaded, differences: () => [] });

  it('where the kernel has no module', () => {
    const kernel = { '/lib/modules/6.12.120/modules.dep': 'kernel/sound/core/snd-timer.ko.xz:\n' };
    expect(why({ ...LOADER, ...kernel })).toBe('this kernel has no module snd-aloop');
  });

  it('where the process may not load it, as in a container', () => {
    expect(why({})).toMatch(/may not load it \(CAP_SYS_MODULE\)$/);
    expect(sentences(machine({ cards: () => [] }), false)[0]).toMatch(/^no card: snd-aloop is not loaded/);
  });

  it('but is one where it is loaded, or can be', () => {
    expect(why({}, true)).toBeUndefined();
    expect(why(LOADER)).toBeUndefined();
    expect(why({ '/proc/self/status': undefined })).toBeUndefined();
  });
});
