// When the kernel took a datagram, of which a thread learns that was interrupted between its two clocks.
import { expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

it('The time of a datagram is never before it was sent, however long a reading of the clocks takes', async () => {
  const result = await runOnFake(`
    import { createSocket } from 'node:dgram';
    const handle = addon.openDatagramSocket('127.0.0.1', 0, 0, false);
    const socket = createSocket('udp4');
    const arrivals = new BigInt64Array(1);
    const called = new Promise((resolve) => {
      handle.listen(new Uint8Array(100), new Int32Array(1), null, arrivals, resolve);
    });
    fault('CLOCK_REALTIME', { error: 4, times: 3 });
    const before = process.hrtime.bigint();
    socket.send('datagram', handle.local().port, '127.0.0.1');
    await called;
    console.log(arrivals[0] >= before, arrivals[0] <= process.hrtime.bigint());
    handle.close();
    socket.close();`);
  expect(result).toEqual({ code: 0, signal: null, stderr: '', stdout: 'true true\n' });
});
