// What is wrong and still passes the first ioctls: sizes that the kernel does not confirm, memory that goes away, calls that fail
// half way. A sanitizer sees each byte that the fake's kernel touches.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

/** What a call does, as text. */
const TRY = `
  const attempt = (body) => {
    try { return String(body()); } catch (error) { return error.code ?? error.name; }
  };
  const openPcm = (playback = true) =>
    addon.openPcm('/dev/snd/pcmC0D' + (playback ? '0p' : '1c'), playback, '/dev/snd/controlC0', 0);
`;
const PUMP = `${TRY}
  const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
  writeText('/proc/asound/card0/timer_source', '-1.4.0');
  const pcm = openPcm();
  pcm.configure(hardware);
  const capture = openPcm(false);
  capture.configure({ ...hardware, bufferFrames: 480 * 64 });
  capture.start();
  const pump = addon.createPeriodPump(pcm, timer, {
    periodFrames: 480, silence: 0, measure: true, listener: '/proc/asound/card0/pcm1c/sub0',
  });
  const heard = () => {
    const bytes = Buffer.alloc(480 * 64 * 4);
    return bytes.subarray(0, 4 * capture.read(bytes));
  };
`;

describe('A substream', () => {
  it('refuses what no configuration has, by name, and takes a right one afterwards', async () => {
    const result = await runOnFake(`${TRY}
      const pcm = openPcm();
      const wrong = {
        format: [0, 1, 31, 53, 63, 64, 255, 256, 257, 0x7fffffff, 0xffffffff],
        channels: [0, 33, 0x10000, 0xffffffff],
        rate: [0, 1, 7_999, 768_001, 0xffffffff],
        periodFrames: [0, 1, 0x40001, 0x7fffffff, 0xffffffff],
        bufferFrames: [0, 1, 479, 0x80000, 0xffffffff],
      };
      const refused = new Set();
      for (const [name, values] of Object.entries(wrong)) {
        for (const value of values) {
          try {
            pcm.configure({ ...hardware, [name]: value });
            console.log('taken', name, value);
          } catch ({ code, parameter, requested }) {
            refused.add(code);
            if (parameter !== name || requested !== value) console.log(parameter, requested);
          }
          if (attempt(() => pcm.write(new Uint8Array(4))) !== 'TypeError') console.log('written', name, value);
        }
      }
      pcm.configure(hardware);
      console.log(...refused, pcm.write(new Uint8Array(4 * 2_000)));
      pcm.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'ERR_PCM_PARAMETER 1920\n0\n' });
  });

  it('has the size of frames that the kernel has chosen, and none where it has chosen none', async () => {
    const result = await runOnFake(`${TRY}
      for (const playback of [true, false]) {
        for (const access of [3, 4]) {
          const pcm = openPcm(playback);
          const { frameBytes, periodFrames, bufferFrames } = pcm.configure({ ...hardware, access });
          console.log(frameBytes, periodFrames, bufferFrames);
          pcm.drop();
          // One byte for two channels; any number of bytes.
          for (const bits of [8, 64]) {
            fault('frame bits', { times: 1, error: bits });
            const configured = attempt(() => pcm.configure({ ...hardware, access }));
            const moved = attempt(() => (playback ? pcm.write(new Uint8Array(4)) : pcm.read(new Uint8Array(4))));
            if (configured !== 'EPROTO' || moved !== 'TypeError') console.log(playback, bits, configured, moved);
          }
          pcm.close();
        }
      }
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: `${'4 480 1920\n'.repeat(4)}0\n` });
  });

  it('takes whole frames of whatever memory is there, and none of what is gone', async () => {
    const result = await runOnFake(`${TRY}
      const pcm = openPcm();
      pcm.configure(hardware);
      const detached = new Uint8Array(8);
      structuredClone(detached, { transfer: [detached.buffer] });
      const resizable = new ArrayBuffer(64, { maxByteLength: 8_192 });
      const view = new Uint8Array(resizable);
      const results = [1, 2, 3, 5, 7].map((length) => attempt(() => pcm.write(new Uint8Array(length))));
      results.push(attempt(() => pcm.write(new Uint8Array(0))), attempt(() => pcm.write(detached)));
      results.push(attempt(() => pcm.write(new Uint8Array(new SharedArrayBuffer(64)))), attempt(() => pcm.write(view)));
      resizable.resize(8_192);
      results.push(attempt(() => pcm.write(view)));
      resizable.resize(0);
      results.push(attempt(() => pcm.write(view)), attempt(() => pcm.write(new Uint16Array(8))));
      console.log(results.join());
      pcm.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: `${'TypeError,'.repeat(5)}0,0,16,16,1888,0,TypeError\n0\n`,
    });
  });

  it('reads no more than it was given room for, also when the kernel gives less', async () => {
    const result = await runOnFake(`${PUMP}
      pump.write(new Uint8Array(2 * 1_920).fill(7));
      fault('READI', { times: 1, frames: 100 });
      const results = [4, 0, 400, 1_920, 8_000].map((length) => {
        const bytes = new Uint8Array(length);
        const frames = capture.read(bytes);
        return frames + ':' + bytes.every((byte, i) => byte === (i < 4 * frames ? 7 : 0));
      });
      console.log(results.join());
      for (const handle of [pump, pcm, capture, timer]) handle.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: '1:true,0:true,100:true,480:true,379:true\n0\n' });
  });

  it('is opened and asked again when a signal came between', async () => {
    const result = await runOnFake(`${TRY}
      fault('open', { times: 3, error: 4 });
      const pcm = openPcm();
      pcm.configure(hardware);
      console.log(pcm.status().avail);
      for (const [name, call] of [['HW_REFINE', 'configure'], ['HW_PARAMS', 'configure'], ['PREPARE', 'prepare'], ['STATUS', 'status']]) {
        fault(name, { times: 1, error: 19 });
        console.log(attempt(() => pcm[call](hardware)));
      }
      pcm.close();
      fault('open', { times: 1, error: 24 });
      console.log(attempt(() => openPcm()), open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: '1920\nENODEV\nENODEV\nENODEV\nENODEV\nEMFILE 0\n',
    });
  });
});

describe('A pump', () => {
  it('moves what it is given, cut anywhere, and nothing else', async () => {
    const result = await runOnFake(`${PUMP}
      let seed = 42;
      const random = (below) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
      const given = [];
      let all = Buffer.alloc(0);
      for (let round = 0; round < 300; round += 1) {
        const bytes = Buffer.alloc(random(4) === 0 ? 0 : random(4_000)).map(() => random(256));
        given.push(bytes);
        pump.write(random(2) === 0 ? bytes : new Uint8Array(bytes));
        all = Buffer.concat([all, heard()]);
      }
      const whole = Buffer.concat(given);
      const { periods } = pump.stats();
      const pendingBytes = pump.pendingBytes();
      console.log(all.equals(whole.subarray(0, periods * 1_920)), pendingBytes === whole.length - periods * 1_920);
      pump.dropPartialFrame();
      const rest = pump.pendingBytes();
      console.log(pump.pad() === 1_920 - rest, heard().equals(Buffer.concat([whole.subarray(periods * 1_920, periods * 1_920 + rest), Buffer.alloc(1_920 - rest)])));
      for (const handle of [pump, pcm, capture, timer]) handle.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: 'true true\ntrue true\n0\n' });
  });

  it('takes nothing of memory that is gone, with a begun period and without', async () => {
    const result = await runOnFake(`${PUMP}
      const detached = new Uint8Array(8);
      structuredClone(detached, { transfer: [detached.buffer] });
      const resizable = new ArrayBuffer(100, { maxByteLength: 8_000 });
      const view = new Uint8Array(resizable);
      const pending = () => pump.stats().periods + ':' + pump.pendingBytes();
      const results = [];
      for (const begun of [0, 4, 1_919 - 4]) {
        pump.write(new Uint8Array(begun));
        for (const bytes of [new Uint8Array(0), detached, new Uint8Array(new SharedArrayBuffer(0))]) pump.write(bytes);
        results.push(pending());
      }
      pump.write(new Uint8Array(new SharedArrayBuffer(1)));
      results.push(pending());
      pump.write(view);
      resizable.resize(8_000);
      pump.write(view);
      results.push(pending());
      resizable.resize(0);
      pump.write(view);
      results.push(pending());
      console.log(results.join());
      for (const handle of [pump, pcm, capture, timer]) handle.close();
      console.log(attempt(() => pump.write(new Uint8Array(0))), open());`);
    expect(result).toEqual({ ...succeeded, stdout: '0:0,0:4,0:1919,1:0,5:420,5:420\nERR_CLOSED 0\n' });
  });

  it('says which call failed, and has taken no period that was not moved', async () => {
    const result = await runOnFake(`${PUMP}
      const results = [];
      for (const [name, error] of [['WRITEI', 5], ['WRITEI', 11], ['START', 5], ['TRIGGER', 19], ['WRITEI', 32], ['WRITEI', 86]]) {
        fault(name, { times: 1, error });
        results.push(attempt(() => pump.write(new Uint8Array(1_920))) + ':' + pump.stats().consumedBytes);
        mend(name);
      }
      console.log(results.join());
      for (const handle of [pump, pcm, capture, timer]) handle.close();
      console.log(open());`);
    expect(result).toEqual({
      ...succeeded,
      stdout: 'EIO:0,ERR_STALLED:0,EIO:0,ENODEV:0,undefined:1920,undefined:1920\n0\n',
    });
  });

  it('pauses and resumes where it inserts no silence', async () => {
    const result = await runOnFake(`${PUMP}
      pump.pauseSilence();
      pump.resumeSilence(3);
      pump.keepAlive(10_000_000n, 0n);
      pump.keepAlive(0n, 0n);
      pump.resumeSilence(3);
      pump.write(new Uint8Array(1_920));
      console.log(pump.stats().periods);
      for (const handle of [pump, pcm, capture, timer]) handle.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: '1\n0\n' });
  });

  it('does not outlive what it moves: parts may be closed in any order, while it inserts silence', async () => {
    const result = await runOnFake(`${PUMP}
      for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
        const own = addon.createUtimer('/dev/snd/timer', 10_000_000n);
        writeText('/proc/asound/card0/timer_source', '-1.4.1');
        const played = addon.openPcm('/dev/snd/pcmC0D0p', true, '/dev/snd/controlC0', 1);
        played.configure(hardware);
        const inserting = addon.createPeriodPump(played, own, {
          periodFrames: 480, silence: 0, measure: false, listener: '/proc/asound/card0/pcm1c/sub1',
        });
        inserting.keepAlive(100_000n, 0n);
        const failed = inserting.watchFailure();
        while (inserting.stats().insertedPeriods < 3) await new Promise((resolve) => setImmediate(resolve));
        const parts = [inserting, played, own];
        for (const index of order) {
          parts[index].close();
          await new Promise((resolve) => setImmediate(resolve));
        }
        failed.close();
      }
      for (const handle of [pump, pcm, capture, timer]) handle.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: '0\n' });
  });
});
