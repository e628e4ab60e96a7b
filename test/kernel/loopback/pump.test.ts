// The period pump at the addon's boundary: whatever crosses it, it throws a JavaScript error and lives on.
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import type { LoopbackCard } from '../../../lib/loopback/index.js';
import type { PcmHandle, UtimerHandle } from '../../../lib/native/binding.js';
import { native } from '../../../lib/native/load.js';
import { runChild } from '../../support/child.js';
import { withCard } from '../setup.js';
import { distLoopback, withCode } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const PERIOD = {
  access: 3,
  format: 2,
  channels: 2,
  rate: 48_000,
  periodFrames: 480,
  bufferFrames: 1_920,
};
const garbage: unknown[] = [
  ...[
    undefined,
    null,
    0,
    -1,
    1.5,
    Number.NaN,
    2 ** 53,
    -1n,
    2n ** 53n + 1n,
    2n ** 64n,
    '',
    'text',
    Symbol('s'),
  ],
  ...[() => {}, {}, [], new Uint16Array(3), new ArrayBuffer(3), new DataView(new ArrayBuffer(3))],
];

function openPcm(playback: boolean): PcmHandle {
  const path = `/dev/snd/pcmC${card.number}D0${playback ? 'p' : 'c'}`;
  return native().openPcm(path, playback, `/dev/snd/controlC${card.number}`, 0);
}

const createTimer = () => native().createUtimer('/dev/snd/timer', 10_000_000n);

function openOn(timer: UtimerHandle): PcmHandle {
  card.setTimerSource(`-1.4.${timer.id}`);
  const pcm = openPcm(true);
  card.resetTimerSource();
  return pcm;
}

const parameters = { silence: 0, measure: false, listener: '/nowhere' };

it('refuses everything that is no pump', () => {
  const timer = createTimer();
  const pcm = openOn(timer);
  // Before it is configured a frame has no bytes.
  expect(() => native().createPeriodPump(pcm, timer, parameters)).toThrow(TypeError);
  pcm.configure({ ...PERIOD, fillWithSilence: false });
  const capture = openPcm(false);
  capture.configure({ ...PERIOD, fillWithSilence: false });
  expect(() => native().createPeriodPump(capture, timer, parameters)).toThrow(TypeError);
  capture.close();
  for (const value of garbage) {
    expect(() => native().createPeriodPump(value as never, timer, parameters)).toThrow(Error);
    expect(() => native().createPeriodPump(pcm, value as never, parameters)).toThrow(Error);
    expect(() => native().createPeriodPump(pcm, timer, value as never)).toThrow(Error);
    if (value === 0 || typeof value === 'string') continue;
    for (const name of Object.keys(parameters)) {
      expect(() => native().createPeriodPump(pcm, timer, { ...parameters, [name]: value } as never)).toThrow(
        Error,
      );
    }
  }
  // The handles are not each other.
  expect(() => native().createPeriodPump(timer as never, pcm as never, parameters)).toThrow(Error);

  const pump = native().createPeriodPump(pcm, timer, parameters);
  expect(() => pump.watchFailure()).toThrow(Error);
  for (const value of garbage) {
    expect(() => pump.write(value as never)).toThrow(TypeError);
    expect(() => pump.restart(value as never)).toThrow(TypeError);
    if (value !== 0) expect(() => pump.resumeSilence(value as never)).toThrow(TypeError);
    expect(() => pump.keepAlive(value as never, 0n)).toThrow(TypeError);
    expect(() => pump.keepAlive(0n, value as never)).toThrow(TypeError);
  }
  expect(() => (pump as unknown as { write(): void }).write()).toThrow(TypeError);
  expect(pump.pendingBytes()).toBe(0);
  expect(pump.stats()).toMatchObject({ periods: 0, xruns: 0, insertedError: 0 });
  pump.write(new Uint8Array(480 * 4 + 1));
  expect(pump.pendingBytes()).toBe(1);
  expect(pump.stats()).toMatchObject({ periods: 1 });

  pump.dropPartialFrame();
  expect(pump.pendingBytes()).toBe(0);
  expect(pump.stats()).toMatchObject({ periods: 1 });
  pump.write(new Uint8Array(11));
  pump.dropPartialFrame();
  expect(pump.pendingBytes()).toBe(8);
  expect(pump.stats()).toMatchObject({ periods: 1 });
  pump.write(new Uint8Array(0));
  expect(pump.pendingBytes()).toBe(8);
  expect(pump.stats()).toMatchObject({ periods: 1, consumedBytes: 0 });
  pump.write(new Uint8Array(480 * 4 - 8));
  expect(pump.pendingBytes()).toBe(0);
  expect(pump.stats()).toMatchObject({ periods: 2 });

  // Whatever is closed under it is an error, and no more.
  timer.close();
  expect(() => pump.write(new Uint8Array(480 * 4))).toThrow(withCode('ERR_CLOSED'));
  pcm.close();
  expect(() => pump.write(new Uint8Array(480 * 4))).toThrow(withCode('ERR_CLOSED'));
  pump.close();
  pump.close();
  expect(pump.closed()).toBe(true);
  for (const call of [() => pump.pad(), () => pump.restart(true), () => pump.keepAlive(1n, 0n)]) {
    expect(call).toThrow(withCode('ERR_CLOSED'));
  }
  pump.pauseSilence();
  pump.dropPartialFrame();
});

it('refuses formats that no device has, also those that no mask of the kernel has a bit for', () => {
  const timer = createTimer();
  const pcm = openOn(timer);
  for (const format of [63, 64, 255, 256, 2 ** 31, 2 ** 32 - 1]) {
    expect(() => pcm.configure({ ...PERIOD, format, fillWithSilence: false })).toThrow(
      expect.objectContaining({
        code: 'ERR_PCM_PARAMETER',
        parameter: 'format',
        requested: format,
        offered: expect.arrayContaining([2, 10]),
      }),
    );
  }
  pcm.close();
  timer.close();
});

it('has the sizes that the kernel has chosen, since they decide how much memory is read', () => {
  const timer = createTimer();
  const pcm = openOn(timer);
  expect(() => pcm.write(new Uint8Array(64))).toThrow(TypeError);
  expect(() => native().createPeriodPump(pcm, timer, parameters)).toThrow(TypeError);
  const { periodFrames, bufferFrames } = PERIOD;
  expect(pcm.configure({ ...PERIOD, fillWithSilence: false })).toEqual({
    ...{ frameBytes: 4, periodFrames, bufferFrames },
  });
  expect(pcm.write(new Uint8Array(64))).toBe(16);
  expect(() => pcm.write(new Uint8Array(65))).toThrow(TypeError);
  for (const handle of [pcm, timer]) handle.close();
});

/** Pumps in a process of their own: a thread that keeps the lock would stop the test as well. */
const inChild = (code: string) =>
  runChild(
    `
    import { execFileSync } from 'node:child_process';
    import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
    const { LoopbackCard } = await import(${distLoopback});
    const card = LoopbackCard.find(${card.number});
    const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
    card.setTimerSource('-1.4.' + timer.id);
    const pcm = addon.openPcm('/dev/snd/pcmC${card.number}D0p', true, '/dev/snd/controlC${card.number}', 0);
    card.resetTimerSource();
    pcm.configure(${JSON.stringify({ ...PERIOD, fillWithSilence: false })});
    const pump = (listener) => addon.createPeriodPump(pcm, timer, { silence: 0, measure: false, listener });
    ${code}`,
    [],
    { through: ['timeout', '60'] },
  );

it('takes periods also while its thread waits for what /proc tells of the listener', async () => {
  const result = await inChild(`
    const folder = mkdtempSync('/tmp/alsa-utimer-listener-');
    const status = folder + '/status';
    execFileSync('mkfifo', [status]);
    const silent = pump(folder);
    silent.keepAlive(10_000_000n, 1_000_000_000n);
    // The thread opens it, and waits until somebody opens the other end (fs/pipe.c: wait_for_partner).
    const states = () => readdirSync('/proc/self/task').map((task) => readFileSync('/proc/self/task/' + task + '/wchan', 'latin1'));
    while (!states().some((state) => /wait_for_partner|fifo_open/.test(state))) await new Promise((resolve) => setImmediate(resolve));
    silent.write(new Uint8Array(480 * 4));
    console.log(silent.stats().periods);
    // Whoever opens it from here on waits for nobody.
    const end = openSync(status, 'r+');
    for (const handle of [silent, pcm, timer]) handle.close();
    closeSync(end);
    rmSync(folder, { recursive: true });`);
  expect(result).toEqual({ code: 0, signal: null, stdout: '1\n', stderr: '' });
});

it('says which call failed where no thread is to be had', async () => {
  const result = await inChild(`
    const silent = pump('/nowhere');
    // Room for less than the stack of a thread.
    const [, kilobytes] = /VmSize:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'));
    const bytes = Number(kilobytes) * 1024 + 4 * 2 ** 20;
    execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + bytes + ':unlimited']);
    try {
      silent.keepAlive(10_000_000n, 0n);
    } catch ({ errno, syscall }) {
      console.log(errno, syscall);
    }
    silent.write(new Uint8Array(480 * 4));
    console.log(silent.stats().periods);`);
  expect(result).toEqual({
    code: 0,
    signal: null,
    stdout: `${constants.errno.EAGAIN} pthread_create\n1\n`,
    stderr: '',
  });
});

it('says that it is stalled where its triggers move nothing, as its thread does', async () => {
  const [timer, other] = [createTimer(), createTimer()];
  const pcm = openOn(timer);
  pcm.configure({ ...PERIOD, fillWithSilence: false });
  const pump = native().createPeriodPump(pcm, other, parameters);
  const period = new Uint8Array(480 * 4);
  pump.write(new Uint8Array(4 * period.length));
  expect(() => pump.write(period)).toThrow(withCode('ERR_STALLED'));
  expect(pump.stats()).toMatchObject({ periods: 4, consumedBytes: 0 });

  pump.keepAlive(10_000_000n, 0n);
  const failure = pump.watchFailure();
  await new Promise<void>((resolve) => failure.arm(resolve));
  expect(pump.stats()).toMatchObject({
    insertedError: constants.errno.EAGAIN,
    insertedCall: 'ioctl SNDRV_PCM_IOCTL_WRITEI_FRAMES',
  });
  for (const handle of [failure, pump, pcm, timer, other]) handle.close();
});

it('leaves nothing of a period for which there is no room', () => {
  const [timer, other] = [createTimer(), createTimer()];
  for (const access of [3, 4]) {
    const pcm = openOn(timer);
    pcm.configure({ ...PERIOD, access, fillWithSilence: false });
    const pump = native().createPeriodPump(pcm, other, parameters);
    pcm.write(new Uint8Array(100 * 4));
    expect(() => pump.write(new Uint8Array(4 * 480 * 4))).toThrow(withCode('ERR_STALLED'));
    expect(pump.stats()).toMatchObject({ periods: 3, consumedBytes: 3 * 480 * 4 });
    expect(pcm.status().delay).toBe(100 + 3 * 480);
    for (const handle of [pump, pcm]) handle.close();
  }
  for (const handle of [timer, other]) handle.close();
});
