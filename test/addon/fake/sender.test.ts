// A sender whose kernel has no room for a while, over the fake.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PRELUDE = `
const { RtpSender } = await import(new URL('./dist/rtp/index.js', 'file://' + process.cwd() + '/'));
const stream = { encoding: 'L16', rate: 48_000, channels: 1, packetFrames: 48, address: '127.0.0.1', port: 9 };
const sender = await RtpSender.open({ ...stream, maxQueuedPackets: 4 });
const packets = (count) => new Uint8Array(count * 48 * sender.frameBytes);
const show = () => {
  const { packetsSent, packetsDropped, packetsFailed, frames, framesPending } = sender.stats();
  console.log(packetsSent, packetsDropped, packetsFailed, frames, framesPending);
};
`;

const run = (code: string) => runOnFake(PRELUDE + code);

describe('A sender whose kernel has no room', () => {
  it('keeps as many packets as it may, drops more, and sends them once there is room', async () => {
    const result = await run(`
      fault('sendmmsg', { error: 11 });
      sender.write(packets(3));
      show();
      sender.write(packets(3));
      show();
      const drained = sender.drain();
      mend('sendmmsg');
      await drained;
      show();`);
    expect(result).toEqual({ ...succeeded, stdout: '0 0 0 0 144\n0 2 0 0 192\n4 2 0 192 0\n' });
  });

  it('waits while it paces, and drops nothing', async () => {
    const result = await run(`
      fault('sendmmsg', { after: 2, times: 5, error: 11 });
      await sender.pace([packets(30)]);
      show();`);
    expect(result).toEqual({ ...succeeded, stdout: '30 0 0 1440 0\n' });
  });

  it('keeps the process until all has gone, and no longer', async () => {
    const result = await run(`
      fault('sendmmsg', { times: 5, error: 11 });
      sender.write(packets(2));
      process.on('exit', show);`);
    expect(result).toEqual({ ...succeeded, stdout: '2 0 0 96 0\n' });
  });

  it('counts what fails, and sends the rest', async () => {
    const result = await run(`
      fault('sendmmsg', { after: 1, times: 2, error: 101 });
      await sender.pace([packets(6)]);
      show();
      console.log(sender.stats().lastError.code);
      sender.close();
      show();
      console.log(await sender.pace([]).catch(({ code }) => code));`);
    expect(result).toEqual({
      ...succeeded,
      stdout: '4 0 2 288 0\nENETUNREACH\n4 0 2 288 0\nERR_CLOSED\n',
    });
  });
});
