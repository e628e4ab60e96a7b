// LoopbackCard on a real snd-aloop.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Pcm, UserTimer } from '../../../lib/index.js';
import { isLoopbackLoaded, LoopbackCard } from '../../../lib/loopback/index.js';
import { stream } from './support.js';

const withCode = (code: string) => expect.objectContaining({ code });

afterEach(() => LoopbackCard.unload());

describe('Loading snd-aloop', () => {
  it('makes a card with its device nodes', async () => {
    const card = await LoopbackCard.load({ index: 3, id: 'Cables', substreams: 2, timerSource: '-1.4.7' });
    expect(card).toMatchObject({ number: 3, id: 'Cables' });
    expect([card.substreams(), card.timerSource()]).toEqual([2, '-1.4.7']);
    expect(existsSync('/dev/snd/pcmC3D1c')).toBe(true);
    expect(card.cables().filter(({ playback, capture }) => playback || capture)).toEqual([]);
  });

  it('makes several cards, each with a timer of its own', async () => {
    const cards = await LoopbackCard.loadAll([
      { index: 10, timerSource: '-1.4.0' },
      { index: 11, timerSource: '-1.4.1' },
    ]);
    expect(cards.map((card) => [card.number, card.timerSource()])).toEqual([
      [10, '-1.4.0'],
      [11, '-1.4.1'],
    ]);
  });

  it('is refused for cards that cannot all be had, and nothing is loaded', async () => {
    for (const cards of [
      [{ index: 5 }, { index: 5 }, { index: 6 }],
      [{ id: 'A' }, { id: 'A' }],
    ]) {
      await expect(LoopbackCard.loadAll(cards)).rejects.toThrow(withCode('ERR_INVALID_ARG_VALUE'));
      expect(isLoopbackLoaded()).toBe(false);
    }
  });

  it('fails where a card is not what it was to be, and says which', async () => {
    // The first one is called so when it has no name of its own.
    const loading = LoopbackCard.loadAll([{}, { index: 9, id: 'Loopback' }]);
    await expect(loading).rejects.toThrow(withCode('ERR_NO_LOOPBACK_CARD'));
    await expect(loading).rejects.toThrow(
      'without card 9 (Loopback). It has made: 0 (Loopback), 9 (Loopback_1).',
    );
    await LoopbackCard.unload();
    // The number of the second is taken by the first.
    const second = LoopbackCard.loadAll([{ id: 'First' }, { index: 0, id: 'Second' }]);
    await expect(second).rejects.toThrow('without card 0 (Second). It has made: 0 (First).');
  });

  it('takes what is left for cards without an index, in their order', async () => {
    const cards = await LoopbackCard.loadAll([{ id: 'B' }, { index: 1, id: 'C' }, { id: 'A' }]);
    expect(cards.map(({ number, id }) => [number, id])).toEqual([
      [0, 'B'],
      [1, 'C'],
      [2, 'A'],
    ]);
  });

  it('refuses where it is loaded already, instead of dropping the parameters', async () => {
    await LoopbackCard.load();
    await expect(LoopbackCard.load({ index: 5 })).rejects.toThrow(withCode('ERR_MODULE_LOADED'));
  });

  it('ends with the reason of a signal: before anything is loaded, or behind that', async () => {
    const over = AbortSignal.abort(new Error('over'));
    await expect(LoopbackCard.load({}, { signal: over })).rejects.toThrow('over');
    expect(isLoopbackLoaded()).toBe(false);
    const abort = new AbortController();
    const loading = LoopbackCard.load({}, { signal: abort.signal });
    setImmediate(() => abort.abort(new Error('enough')));
    await expect(loading).rejects.toThrow('enough');
    expect(isLoopbackLoaded()).toBe(true);
  });

  it('runs the tools of the system, whatever PATH says and wherever it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-path-'));
    for (const tool of ['modprobe', 'rmmod'])
      writeFileSync(join(folder, tool), `#!/bin/sh\ntouch ${folder}/$(basename "$0").ran\n`, { mode: 0o755 });
    const loopback = new URL('../../../dist/loopback/index.js', import.meta.url).href;
    const program = `const { LoopbackCard } = await import('${loopback}');
      console.log(String(await LoopbackCard.load({ id: 'Fixed' })));
      await LoopbackCard.unload();`;
    try {
      for (const env of [{}, { PATH: folder }, { PATH: '' }]) {
        const args = ['--input-type=module', '-e', program];
        expect(execFileSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' })).toMatch(
          /\(Fixed\)/,
        );
      }
      expect(readdirSync(folder).sort()).toEqual(['modprobe', 'rmmod']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('leaves snd-timer in its place when it is unloaded', async () => {
    using timer = UserTimer.create({ resolutionNs: 1_000_000n });
    await LoopbackCard.load();
    await LoopbackCard.unload();
    expect(isLoopbackLoaded()).toBe(false);
    timer.trigger();
  });

  it('says who uses the card when it cannot be unloaded', async () => {
    const card = await LoopbackCard.load();
    const pcm = Pcm.open({ card: card.number, device: 1, substream: 0, direction: 'capture', ...stream });
    await expect(LoopbackCard.unload()).rejects.toThrow(
      `names it. Now capture hw:${card.number},1,0 is held by ${execFileSync('cat', [`/proc/${process.pid}/comm`], { encoding: 'utf8' }).trim()} ` +
        `(process ${process.pid}): S16_LE, 48000 Hz, 2 channels, 480 frames a period`,
    );
    pcm.close();
  });
});

describe('The timer source of a card', () => {
  it('is what was set, until it is reset', async () => {
    const card = await LoopbackCard.load();
    using timer = UserTimer.create({ rate: 48_000, periodFrames: 480, id: 9 });
    expect(card.timerSource()).toBe('');
    card.setTimerSource(timer);
    expect(card.timerSource()).toBe('-1.4.9');
    card.resetTimerSource();
    expect(card.timerSource()).toBe('');
  });

  it('cannot be changed without permission, and the error says what an administrator would run', async () => {
    const card = await LoopbackCard.load();
    process.seteuid?.(65_534);
    try {
      expect(card.timerSource()).toBe('');
      expect(() => card.setTimerSource('-1.4.5')).toThrow(withCode('EACCES'));
      expect(() => card.setTimerSource('-1.4.5')).toThrow(
        `echo -1.4.5 | sudo tee /proc/asound/card${card.number}/timer_source`,
      );
    } finally {
      process.seteuid?.(0);
    }
  });

  it('counts at the first open of a cable, and stays with it', async () => {
    const card = await LoopbackCard.load();
    using first = UserTimer.create({ rate: 48_000, periodFrames: 480, id: 20 });
    using second = UserTimer.create({ rate: 48_000, periodFrames: 480, id: 21 });
    const open = (direction: 'playback' | 'capture', device: number) =>
      Pcm.open({ card: card.number, device, substream: 3, direction, ...stream });
    card.setTimerSource(first);
    using _capture = open('capture', 1);
    card.setTimerSource(second);
    using _playback = open('playback', 0);
    expect(card.cable(0, 3)).toMatchObject({
      playback: { valid: true, running: false, rate: 48_000, periodFrames: 480, bufferFrames: 1920 },
      capture: { valid: true, running: false, rate: 48_000, periodFrames: 480, bufferFrames: 1920 },
      timer: { card: -1, device: 4, subdevice: first.id },
    });
  });

  it('must exist when the cable is opened', async () => {
    const card = await LoopbackCard.load({ timerSource: '-1.4.99' });
    const open = () =>
      Pcm.open({ card: card.number, device: 0, substream: 0, direction: 'playback', ...stream });
    expect(open).toThrow(withCode('ENODEV'));
    using _timer = UserTimer.create({ rate: 48_000, periodFrames: 480, id: 99 });
    open().close();
  });
});

describe('utimer loopback', () => {
  it('loads, points, resets and unloads a card, and says how it is', () => {
    const run = (name: string, ...args: string[]) =>
      execFileSync('node', ['dist/cli/main.js', 'loopback', name, ...args], { encoding: 'utf8' }).trim();
    expect(run('status')).toBe('There is no loopback card: sudo modprobe snd-aloop');
    expect(run('load', '--index', '4', '--id', 'Cables', '--timer', '-1.4.3')).toBe(
      'loopback card 4 (Cables): timer_source -1.4.3',
    );
    expect(run('point', '-1.4.4')).toBe('loopback card 4 (Cables): timer_source -1.4.4');
    expect(run('point', '5')).toBe('loopback card 4 (Cables): timer_source -1.4.5');
    expect(LoopbackCard.find().timerSource()).toBe('-1.4.5');
    expect(run('point', '--card', 'Cables', 'jiffies')).toBe(
      'loopback card 4 (Cables): timer_source jiffies',
    );
    run('point', '6');
    expect(run('reset')).toBe('loopback card 4 (Cables): timer_source jiffies');
    using _pcm = Pcm.open({ card: 4, device: 0, substream: 1, direction: 'playback', ...stream });
    expect(run('status')).toContain(
      'playback: prepared, 48000 Hz, 4 bytes a frame, 480 frames a period, 1920 a buffer',
    );
    expect(JSON.parse(run('status', '--json'))).toMatchObject([{ number: 4, id: 'Cables', substreams: 8 }]);
    const completing = "COMP_WORDS=(utimer send --card ''); COMP_CWORD=3; _utimer utimer; echo $COMPREPLY";
    const bash = ['-c', `source <(node dist/cli/main.js completion bash); ${completing}`];
    expect(execFileSync('bash', bash, { encoding: 'utf8' })).toBe('4\n');
    _pcm.close();
    for (const timer of ['5', '-1.4.5']) {
      expect(run('load', '--print', '--id', 'x', '--timer', timer)).toBe(
        'modprobe snd-aloop enable=1 id=x pcm_substreams=8 pcm_notify=0 timer_source=-1.4.5',
      );
    }
    for (const [script, name] of Object.entries({ show: 'status', point: 'point' })) {
      const said = execFileSync(`scripts/aloop/${script}`, ['--help'], { encoding: 'utf8' });
      expect(said).toMatch(new RegExp(`^Usage: utimer loopback ${name} `));
    }
    expect(run('unload')).toBe('snd-aloop is unloaded');
    expect(isLoopbackLoaded()).toBe(false);
  });
});
