// The timers of a real kernel, listed.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  globalTimerId,
  listTimers,
  Pcm,
  pcmTimerId,
  setTimerParams,
  TimerInstance,
  timerInfo,
  timerStatus,
  UserTimer,
  userTimerId,
} from '../../../lib/index.js';
import { LoopbackCard } from '../../../lib/loopback/index.js';

const open: Disposable[] = [];
const create = (resolution = 10_000_000n) => {
  const timer = UserTimer.create({ resolutionNs: resolution });
  open.push(timer);
  return timer;
};
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) resource[Symbol.dispose]();
  await LoopbackCard.unload();
});

const ownTimers = () => listTimers().filter(({ timerId }) => timerId.device === 4 && timerId.card === -1);

describe('listTimers', () => {
  it('has every timer of /proc/asound/timers, in its order', () => {
    create();
    create(1n);
    const lines = readFileSync('/proc/asound/timers', 'utf8')
      .split('\n')
      .flatMap((line) => /^([GCP])(\d+)/.exec(line)?.slice(1, 3).join('') ?? []);
    const prefix = { global: 'G', card: 'C', pcm: 'P', slave: '?', none: '?' };
    expect(
      listTimers().map(
        ({ timerId }) => prefix[timerId.class] + (timerId.class === 'global' ? timerId.device : timerId.card),
      ),
    ).toEqual(lines);
  });

  it('has every userspace-driven timer, and who listens to each', () => {
    const [first, second, third] = [create(), create(20_000_000n), create(30_000_000n)];
    const instance = TimerInstance.open(second);
    open.push(instance);
    third.close();
    const listed = () =>
      ownTimers().map(({ id, resolutionNs: resolution, clients }) => ({
        id,
        resolutionNs: resolution,
        clients,
      }));
    expect(listed()).toEqual([
      { id: `snd-utimer${first.id}`, resolutionNs: 10_000_000n, clients: 0 },
      { id: `snd-utimer${second.id}`, resolutionNs: 20_000_000n, clients: 1 },
    ]);
    expect(ownTimers()[1]?.clientList).toEqual([
      { owner: expect.stringMatching(/^application \d+$/), running: false },
    ]);
    instance.start();
    expect(ownTimers()[1]?.clientList).toMatchObject([{ running: true }]);
    expect(ownTimers()[0]?.clientList).toEqual([]);
  });

  it('has 128 of them at most', () => {
    for (let i = 0; i < 128; i += 1) create(BigInt(i + 1));
    expect(ownTimers().map(({ resolutionNs: resolution }) => resolution)).toEqual(
      Array.from({ length: 128 }, (_, i) => BigInt(i + 1)),
    );
  });
});

describe('timerInfo and timerStatus', () => {
  it('tell what a timer is', () => {
    const timer = create(12_345_678n);
    expect(timerInfo(timer)).toEqual({
      timerId: userTimerId(timer.id),
      id: `snd-utimer${timer.id}`,
      name: '',
      card: -1,
      slave: false,
      resolutionNs: 12_345_678n,
      resolutionMinNs: 0n,
      resolutionMaxNs: 0n,
      clients: 0,
    });
    expect(timerStatus(timer)).toEqual({
      resolutionNs: 12_345_678n,
      numerator: 12_345_678n,
      denominator: 1_000_000_000n,
    });
    expect(timerInfo(globalTimerId('system'))).toMatchObject({ id: 'system', name: 'system timer' });
    const { id } = timer;
    timer.close();
    expect(() => timerInfo(userTimerId(id))).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  });
});

describe('setTimerParams', () => {
  it('is ENOSYS for a userspace-driven timer, and EBUSY while somebody has it open', () => {
    const timer = create();
    const set = () => setTimerParams(timer, { numerator: 1n, denominator: 100n });
    expect(set).toThrow(
      expect.objectContaining({ code: 'ENOSYS', hint: expect.stringContaining('created') }),
    );
    const instance = TimerInstance.open(timer);
    open.push(instance);
    expect(set).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  });
});

describe('A listener on the timer of a loopback', () => {
  it('warns once that it keeps a cable from starting, and only where there is one', async () => {
    const warnings: string[] = [];
    const note = (warning: Error & { code?: string }) => {
      if (warning.code === 'ALSA_UTIMER_INSTANCE_BLOCKS_CABLE') warnings.push(warning.message);
    };
    process.on('warning', note);
    const card = await LoopbackCard.load();
    try {
      const [free, clocking] = [create(), create()];
      card.setTimerSource(clocking);
      for (const timer of [free, clocking, clocking]) {
        const instance = TimerInstance.open(timer);
        open.push(instance);
        instance.start();
      }
      await new Promise((resolve) => setImmediate(resolve));
      expect(warnings).toEqual([expect.stringContaining(`timer ${clocking.id} runs`)]);
    } finally {
      process.off('warning', note);
    }
  });

  it('is none on the timer of its substream, which tells when the stream starts', async () => {
    const card = await LoopbackCard.load();
    const instance = TimerInstance.open(pcmTimerId(card.number, 1, 0, 'capture'), {
      events: ['tick', 'master-start', 'master-stop'],
    });
    open.push(instance);
    instance.start();
    const timer = create();
    card.setTimerSource(timer);
    const pcm = Pcm.open({
      ...{ card: card.number, device: 1, substream: 0, direction: 'capture' },
      ...{ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 },
    });
    open.push(pcm);
    pcm.start();
    for (let i = 0; i < 3; i += 1) timer.trigger();
    pcm.drop();
    expect(instance.read()).toMatchObject([
      { type: 'master-start', resolutionNs: 10_000_000n },
      { type: 'tick', count: 3 },
      { type: 'master-stop' },
    ]);
  });
});
