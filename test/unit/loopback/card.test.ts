// Finding cards and reading cables, on a folder that stands in for /proc/asound.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  LoopbackCard,
  moduleParameters,
  parseTimerSource,
  userTimerIdOf,
} from '../../../lib/loopback/index.js';
import { setNative } from '../../../lib/native/load.js';
import { describeHolder, type SubstreamHolder } from '../../../lib/pcm/holder.js';
import { setProcAsound } from '../../../lib/proc.js';
import { FakeBinding } from '../../support/fake-binding.js';

const CARDS = ` 0 [PCH            ]: HDA-Intel - Loopback
                      Loopback at 0xf7f10000 irq 33
 2 [Cables         ]: Loopback - Loopback
                      Loopback 1
 5 [Loopback_1     ]: Loopback - Loopback
                      Loopback 2
`;

const OPEN_CABLE = `Cable 0 substream 0:
  inactive
Cable 0 substream 1:
  valid: 3
  running: 2
  pause: 1
  Playback
    buffer_size:\t7680
    buffer_pos:\t\t1920
    silent_size:\t0
    period_size:\t1920
    bytes_per_sec:\t192000
    sample_align:\t4
    rate_shift:\t\t0
    sound timer:\thw:-1,4,12
    timer open:\t\tCapture
  Capture
    buffer_size:\t15360
    buffer_pos:\t\t0
    silent_size:\t15360
    period_size:\t1920
    bytes_per_sec:\t192000
    sample_align:\t4
    rate_shift:\t\t0
    sound timer:\thw:-1,4,12
    timer open:\t\tCapture
Cable 0 substream 2:
  valid: 0
  running: 0
  pause: 0
  Playback
    inactive
  Capture
    buffer_size:\t0
    buffer_pos:\t\t0
    silent_size:\t0
    period_size:\t0
    bytes_per_sec:\t0
    sample_align:\t0
    rate_shift:\t\t0
    update_pending:\t0
`;

const RUNNING = 3;

let proc: string;
let kernel: FakeBinding;
const put = (path: string, text: string) => {
  const file = join(proc, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
};

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'alsa-utimer-proc-'));
  setProcAsound(proc);
  kernel = new FakeBinding();
  setNative(kernel);
  put('cards', CARDS);
  for (const card of [2, 5]) {
    put(`card${card}/cable#0`, OPEN_CABLE);
    put(`card${card}/cable#1`, 'Cable 1 substream 0:\n  inactive\n');
    put(`card${card}/timer_source`, '-1.4.0\n');
  }
});
afterEach(() => {
  setProcAsound(undefined);
  setNative(undefined);
  rmSync(proc, { recursive: true });
});

const withCode = (code: string) => expect.objectContaining({ code });

describe('LoopbackCard', () => {
  it('tells cards of snd-aloop by their driver, whatever they and others are called', () => {
    expect(LoopbackCard.list().map(({ number, id }) => [number, id])).toEqual([
      [2, 'Cables'],
      [5, 'Loopback_1'],
    ]);
  });

  it('finds the first card, or one by number or id', () => {
    expect(LoopbackCard.find().number).toBe(2);
    expect(LoopbackCard.find(5).id).toBe('Loopback_1');
    expect(LoopbackCard.find('Loopback_1').number).toBe(5);
  });

  it('says which loopback cards there are when the wanted one is not among them', () => {
    expect(() => LoopbackCard.find(0)).toThrow(/These are loopback cards: 2 \(Cables\), 5 \(Loopback_1\)/);
  });

  it('says how to load a card where there is none', () => {
    put('cards', '--- no soundcards ---\n');
    expect(() => LoopbackCard.find()).toThrow(withCode('ERR_NO_LOOPBACK_CARD'));
    expect(() => LoopbackCard.find()).toThrow(/modprobe snd-aloop/);
  });

  it('writes timer_source as one line', () => {
    const card = LoopbackCard.find();
    card.setTimerSource({ timerSource: '-1.4.12' });
    expect(readFileSync(join(proc, 'card2/timer_source'), 'latin1')).toBe('-1.4.12\n');
    expect(card.timerSource()).toBe('-1.4.12');
    card.resetTimerSource();
    expect(card.timerSource()).toBe('');
  });

  it.each([undefined, null, 4, {}, { timerSource: 4 }])(
    'refuses %o as a timer source before it writes',
    (source) => {
      const card = LoopbackCard.find();
      expect(() => card.setTimerSource(source as never)).toThrow(withCode('ERR_INVALID_ARG_TYPE'));
      expect(card.timerSource()).toBe('-1.4.0');
    },
  );

  it.each(['a:b:-1', '-1.4.08', '-1.4.0\n', ' -1.4.0', 'x'.repeat(64)])(
    'refuses %j, which the kernel would take without a word',
    (source) => {
      const card = LoopbackCard.find();
      expect(() => card.setTimerSource(source)).toThrow(withCode('ERR_INVALID_ARG_VALUE'));
      expect(card.timerSource()).toBe('-1.4.0');
    },
  );

  it('says that a card is gone', () => {
    const card = LoopbackCard.find();
    rmSync(join(proc, 'card2'), { recursive: true });
    expect(() => card.timerSource()).toThrow(withCode('ENOENT'));
    expect(() => card.cable(0, 0)).toThrow(withCode('ENOENT'));
  });

  it('reads a cable in frames', () => {
    expect(LoopbackCard.find().cable(0, 1)).toEqual({
      cable: 0,
      substream: 1,
      playback: {
        valid: true,
        running: false,
        paused: true,
        rate: 48_000,
        frameBytes: 4,
        periodFrames: 480,
        bufferFrames: 1920,
        positionFrames: 480,
      },
      capture: {
        valid: true,
        running: true,
        paused: false,
        rate: 48_000,
        frameBytes: 4,
        periodFrames: 480,
        bufferFrames: 3840,
        positionFrames: 0,
      },
      timer: { card: -1, device: 4, subdevice: 12 },
    });
  });

  it('tells a closed cable, and a side without parameters, from a prepared one', () => {
    const card = LoopbackCard.find();
    expect(card.cable(0, 0)).toMatchObject({ playback: undefined, capture: undefined, timer: undefined });
    expect(card.cable(0, 2)).toMatchObject({
      playback: undefined,
      capture: { valid: false, rate: 0, periodFrames: 0 },
      timer: undefined,
    });
  });

  it('names the holder of a substream with its parameters', () => {
    for (const name of ['sub0', 'sub1']) put(`card2/pcm1c/${name}/status`, '');
    kernel.substreams.set('card2/pcm1c/sub0', {
      status: { state: RUNNING, owner: process.pid, avail: 0, queued: 0 },
      parameters: {
        ...{ access: 'RW_INTERLEAVED', format: 'S16_LE', channels: 2, rate: 44_100 },
        ...{ periodFrames: 441, bufferFrames: 1764 },
      },
    });
    expect(LoopbackCard.find().holders()).toEqual([
      {
        name: 'hw:2,1,0',
        direction: 'capture',
        pid: process.pid,
        threadId: process.pid,
        command: readFileSync('/proc/self/comm', 'latin1').trim(),
        state: 'running',
        parameters: {
          ...{ format: 'S16_LE', rate: 44_100, channels: 2, periodFrames: 441, bufferFrames: 1764 },
          access: 'interleaved',
        },
      },
    ]);
  });
});

describe('What processes and other programs have written', () => {
  it('is visible in the name of a holder, and in messages about it', async () => {
    const child = spawn(process.execPath, ['-e', RENAMED], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      put('card2/pcm1c/sub0/status', '');
      const status = { state: RUNNING, owner: child.pid as number, avail: 0, queued: 0 };
      kernel.substreams.set('card2/pcm1c/sub0', { status, parameters: null });
      const [holder] = LoopbackCard.find().holders();
      expect(holder?.command).toBe('\\x1b]0;OWNED\\x07\\nx');
      expect(describeHolder(holder as SubstreamHolder)).toBe(
        `capture hw:2,1,0 is held by \\x1b]0;OWNED\\x07\\nx (process ${child.pid})`,
      );
    } finally {
      child.kill();
    }
  });

  it('is visible in the id of a card, and in its timer_source', () => {
    put('cards', ' 2 [\x1b]0;x\x07        ]: Loopback - Loopback\n                      Loopback 1\n');
    put('card2/timer_source', '\x1b[31m\n');
    const card = LoopbackCard.find();
    expect(`${card}`).toBe('loopback card 2 (\\x1b]0;x\\x07)');
    expect(card.timerSource()).toBe('\\x1b[31m');
  });
});

/** A program that gives itself a name, says so, and waits. */
const RENAMED = `
require('node:fs').writeFileSync('/proc/self/comm', '\\x1b]0;OWNED\\x07\\nx');
console.log('ready');
process.stdin.resume();
`;

describe('parseTimerSource', () => {
  it.each([
    ...['-1.4.0', '-1,4,0', '-1.4,0', 'hw:-1.4.0', 'foo:-1.4.0', ':-1.4.0', '-1.4'].map((text) => [text, 0]),
    ['-1.4.0x1f', 31],
    ['-1.4.010', 8],
    ['-1.4.10', 10],
  ] as [string, number][])('reads %s as userspace-driven timer %i', (text, id) => {
    expect(userTimerIdOf(text)).toBe(id);
  });

  it.each(['-1.4.08', '-1.4.', '-1..0', '-1. 4.0', '-1.4.0.1', '-1.4.99999999999'])(
    'refuses %s as the kernel does',
    (text) => {
      expect(parseTimerSource(text)).toBeUndefined();
    },
  );

  it.each([
    ['', 'jiffies'],
    ['-1', { card: -1, device: 0, subdevice: 0 }],
    ['hw:1,0,2', { card: 1, device: 0, subdevice: 2 }],
    ['Loopback.0.1', { card: 'Loopback', device: 0, subdevice: 1 }],
  ])('reads %j', (text, source) => {
    expect(parseTimerSource(text)).toEqual(source);
    expect(userTimerIdOf(text)).toBeUndefined();
  });
});

describe('The parameters of the module', () => {
  it('are one list for each, in the order of the cards', () => {
    expect(
      moduleParameters([
        { index: 10, id: 'A', timerSource: { timerSource: '-1.4.0' } },
        { index: 11, id: 'B', timerSource: '-1,4,1', substreams: 2, notify: true },
      ]),
    ).toEqual([
      'enable=1,1',
      'index=10,11',
      'id=A,B',
      'pcm_substreams=8,2',
      'pcm_notify=0,1',
      'timer_source=-1.4.0,-1.4.1',
    ]);
  });

  it('have numbers of cards as large as any kernel has them', () => {
    expect(moduleParameters([{ index: 255 }])).toContain('index=255');
  });

  it('leave out what is not given', () => {
    expect(moduleParameters([{}])).toEqual(['enable=1', 'pcm_substreams=8', 'pcm_notify=0']);
  });

  it.each<[string, unknown, string]>([
    ['no cards', [], 'ERR_INVALID_ARG_VALUE'],
    ['33 cards', Array.from({ length: 33 }, () => ({})), 'ERR_INVALID_ARG_VALUE'],
    ['an index of 256', [{ index: 256 }], 'ERR_OUT_OF_RANGE'],
    ['two cards of one index', [{ index: 5 }, {}, { index: 5 }], 'ERR_INVALID_ARG_VALUE'],
    ['two cards of one id', [{ id: 'A' }, {}, { id: 'A' }], 'ERR_INVALID_ARG_VALUE'],
    ['an id with a blank', [{ id: 'a b' }], 'ERR_INVALID_ARG_VALUE'],
    ['an id that would be two', [{ id: 'a,b' }], 'ERR_INVALID_ARG_VALUE'],
    ['no substream', [{ substreams: 0 }], 'ERR_OUT_OF_RANGE'],
    [
      'a timer_source that would be more parameters',
      [{ timerSource: 'x enable=1,1 index=3:0.1.0' }],
      'ERR_INVALID_ARG_VALUE',
    ],
    ['a timer_source with quotes', [{ timerSource: "a'$(id)'b:0.1.0" }], 'ERR_INVALID_ARG_VALUE'],
    ['notify as a number', [{ notify: 1 }], 'ERR_INVALID_ARG_TYPE'],
  ])('refuse %s', (_what, cards, code) => {
    expect(() => moduleParameters(cards as never)).toThrow(withCode(code));
  });
});
