// Many who open cables of one card: in turn, without rights, killed in the middle, or against somebody who meddles.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AlsaError } from '../../../lib/index.js';
import { ClockedLoopback, type ClockedLoopbackOptions, LoopbackCard } from '../../../lib/loopback/index.js';
import type { PcmHandle } from '../../../lib/native/binding.js';
import { native, setNative } from '../../../lib/native/load.js';
import { runChild } from '../../support/child.js';
import { utimerFrom } from '../../support/utimer.js';
import { withCard } from '../setup.js';
import { difference, distLoopback, noise, stream, withCode } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});
afterEach(() => {
  setNative(undefined);
  card.resetTimerSource();
});

const open = (options: Partial<ClockedLoopbackOptions> = {}) =>
  ClockedLoopback.openSync({ card, ...stream, ...options });
const child = (body: string) => `
  const { ClockedLoopback } = await import(${distLoopback});
  const open = (more) => ClockedLoopback.open({ card: ${card.number}, ...${JSON.stringify(stream)}, ...more });
  ${body}`;

describe('Processes that open cables of one card at the same time', () => {
  it('take turns, and leave timer_source as it was', async () => {
    card.setTimerSource('-1.0');
    const opening = (substream: number) =>
      runChild(
        child(`
          for (let round = 0; round < 100; round += 1) {
            const loop = await open({ substream: ${substream} });
            loop.write(new Uint8Array(loop.periodBytes));
            loop.close();
          }
          console.log('done');`),
      );
    for (const result of await Promise.all([0, 1, 2].map(opening))) {
      expect(result).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' });
    }
    expect(card.timerSource()).toBe('-1.0');
  });

  it.each(['', '-1.4.55', 'hw:0,1,0'])(
    'may be killed while timer_source points at their timer: the next one puts %j back',
    async (source) => {
      card.setTimerSource(source);
      const result = await runChild(
        child(`
          const { native, setNative } = await import(${distLoopback.replace('loopback/index', 'tools')});
          setNative({ ...native(), openPcm: () => process.kill(process.pid, 'SIGKILL') });
          await open();`),
      );
      expect(result.signal).toBe('SIGKILL');
      expect(card.timerSource()).not.toBe(source);
      using loop = open();
      expect(card.timerSource()).toBe(source);
      loop.write(new Uint8Array(loop.periodBytes));
    },
  );
});

describe('Processes that want whichever cable is free', () => {
  const free = { ...stream, substream: 'free' } as const;

  /** One that opens `count` cables, and keeps them until it is ended. */
  async function opener(count: number) {
    const code = `
      const { ClockedLoopback } = await import(${distLoopback});
      const loops = [];
      for (let i = 0; i < ${count}; i += 1)
        loops.push(await ClockedLoopback.open({ card: ${card.number}, ...${JSON.stringify(free)} }));
      console.log(JSON.stringify(loops.map(({ substream }) => substream)));
      setInterval(() => loops, 1_000);`;
    const process_ = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await once(process_.stdout, 'data');
    const end = async () => {
      process_.kill('SIGKILL');
      await once(process_, 'exit');
    };
    return { pid: process_.pid as number, substreams: JSON.parse(String(text)) as number[], end };
  }

  it('get one each, and the next one hears who has them', async () => {
    card.setTimerSource('-1.0');
    const openers = await Promise.all([3, 3, 2].map(opener));
    const all = openers.flatMap(({ substreams }) => substreams);
    expect(all.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(card.timerSource()).toBe('-1.0');
    for (const { pid } of openers) {
      expect(() => open(free)).toThrow(
        expect.objectContaining({
          code: 'ERR_NO_FREE_SUBSTREAM',
          hint: expect.stringContaining(`(process ${pid})`),
        }),
      );
    }
    const [first, ...others] = openers;
    const left = [...(first?.substreams ?? [])].sort();
    await first?.end();
    using loop = open(free);
    expect(loop.substream).toBe(left[0]);
    await Promise.all(others.map(({ end }) => end()));
  });

  it('go on with the next one where somebody who takes no turns is quicker', () => {
    const real = native();
    const taken: PcmHandle[] = [];
    setNative({
      ...real,
      openPcm: (...args) => {
        // The playback, which is EBUSY then; or the capture of the next one, on jiffies.
        const [path, isPlayback, control, substream] = args;
        if (taken.length === 0) taken.push(real.openPcm(path, isPlayback, control, substream));
        else if (taken.length === 1) {
          card.setTimerSource('');
          taken.push(real.openPcm(path.replace('D0p', 'D1c'), false, control, substream));
        }
        return real.openPcm(...args);
      },
    });
    try {
      using loop = open(free);
      expect(loop.substream).toBe(2);
      loop.write(new Uint8Array(loop.periodBytes));
      expect(loop.stats().periods).toBe(1);
    } finally {
      for (const handle of taken) handle.close();
    }
  });
});

describe('A process that keeps the lock of a card', () => {
  const keepers: ChildProcess[] = [];
  afterEach(() => {
    for (const one of keepers.splice(0)) one.kill();
  });

  /** One that has it, until it is killed. */
  async function keeper() {
    const path = `/dev/snd/controlC${card.number}`;
    const process = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    keepers.push(process);
    await once(process.stdout, 'data');
    return process;
  }

  it('is named at once by who must not wait, and waited for by others', async () => {
    const process = await keeper();
    // The shell becomes sleep.
    const named = new RegExp(`is being opened by (sh|sleep) \\(process ${process.pid}\\)`);
    expect(() => open()).toThrow(
      expect.objectContaining({ code: 'ERR_CARD_LOCKED', message: expect.stringMatching(named) }),
    );
    const opening = ClockedLoopback.open({ card, ...stream });
    process.kill();
    using loop = await opening;
    loop.write(new Uint8Array(loop.periodBytes));
    expect(loop.stats().periods).toBe(1);
  });

  it('keeps nobody whose signal ends the wait', async () => {
    const process = await keeper();
    const signal = AbortSignal.timeout(50);
    await expect(ClockedLoopback.open({ card, ...stream, signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    process.kill();
    await once(process, 'exit');
  });

  it.each([
    ['bridge', '--listen', '127.0.0.1:0', '--format', 'L16', '--rate', '48k', '--channels', '2'],
    ['pace'],
  ])('keeps no utimer %s that is told to end', async (...args) => {
    await keeper();
    const end = new AbortController();
    const ran = utimerFrom(Readable.from([]), end.signal, ...args, '--card', `${card.number}`);
    end.abort();
    expect(await ran).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('Somebody else who sets timer_source', () => {
  /** Lets `body` have a moment between pointing and the open of the PCM, as often as `times`. */
  function meddle(times: number, body: () => void): () => number {
    const real = native();
    let count = 0;
    setNative({
      ...real,
      openPcm: (...args) => {
        count += 1;
        if (count <= times) body();
        return real.openPcm(...args);
      },
    });
    return () => count;
  }

  it.each(['', '-1.0', '-1.4.99', 'hw:nowhere'])('to %j while a cable is opened delays that', (source) => {
    const opens = meddle(1, () => card.setTimerSource(source));
    if (source === 'hw:nowhere') {
      // Not a timer that is missing, but nonsense: EINVAL, which trying again would not change.
      expect(() => open()).toThrow(withCode('EINVAL'));
      return;
    }
    using loop = open();
    expect(opens()).toBe(2);
    expect(card.timerSource()).toBe(source);
    loop.write(new Uint8Array(loop.periodBytes));
    expect(loop.stats().periods).toBe(1);
  });

  it('again and again is an error in the end, and nothing is left behind', () => {
    meddle(Number.POSITIVE_INFINITY, () => card.setTimerSource('-1.0'));
    expect(() => open()).toThrow(withCode('ERR_CABLE_CLOCK'));
    expect(card.timerSource()).toBe('-1.0');
    setNative(undefined);
    using loop = open({ timerId: 0 });
    expect(loop.timerId).toBe(0);
  });

  it('between its write and its check is given another chance', () => {
    const meddled = LoopbackCard.find(card.number);
    let chances = 0;
    const real = meddled.setTimerSource.bind(meddled);
    meddled.setTimerSource = (source) => {
      chances += 1;
      if (chances === 1) throw new AlsaError('timer_source is another', { code: 'ERR_TIMER_SOURCE' });
      real(source);
    };
    using loop = open({ card: meddled });
    loop.write(new Uint8Array(loop.periodBytes));
    expect(card.timerSource()).toBe('');
  });

  it('while a cable runs does not concern that cable', () => {
    using loop = open();
    using capture = loop.openCapture();
    const sent = noise(4 * loop.periodBytes);
    const received: Buffer[] = [];
    for (const [index, source] of ['-1.0', '-1.4.99', '', 'nonsense'].entries()) {
      card.setTimerSource(source);
      loop.write(sent.subarray(index * loop.periodBytes, (index + 1) * loop.periodBytes));
      received.push(capture.read());
    }
    expect(difference(sent, Buffer.concat(received))).toBeUndefined();
    expect(card.cable(0, 0).timer).toEqual({ card: -1, device: 4, subdevice: loop.timerId });
  });
});

describe('Without the right to set timer_source', () => {
  const permit = (mode: number) => {
    for (const node of readdirSync('/dev/snd', { withFileTypes: true })) {
      if (node.isCharacterDevice()) chmodSync(`/dev/snd/${node.name}`, mode);
    }
  };
  beforeAll(() => permit(0o666));
  afterAll(() => permit(0o600));
  const unprivileged = (body: string) => runChild(child(body), [], { uid: 65_534 });

  it('a cable is opened on the timer that an administrator has chosen', async () => {
    card.setTimerSource('-1.4.55');
    const result = await unprivileged(`
      const loop = await open();
      const capture = loop.openCapture();
      loop.write(new Uint8Array(3 * loop.periodBytes).fill(7));
      console.log(process.getuid(), loop.timerId, capture.read().every((byte) => byte === 7));`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '65534 55 true\n', stderr: '' });
    expect(card.timerSource()).toBe('-1.4.55');
  });

  it('no cable can be opened otherwise, and the error says what an administrator would run', async () => {
    const result = await unprivileged(`
      try {
        await open();
      } catch ({ code, message }) {
        console.log(code, message);
      }`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^EACCES /);
    expect(result.stdout).toContain(`echo -1.4.0 | sudo tee /proc/asound/card${card.number}/timer_source`);
    expect(result.stdout).toContain('options snd-aloop timer_source=-1.4.0');
    expect(card.timerSource()).toBe('');
  });
});
