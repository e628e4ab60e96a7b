// A fault on purpose, which scripts/sanitize wants to see reported before it believes in any silence: the fake, which touches the
// caller's memory in code that is instrumented as the addon is, reads beyond what it was given; and two threads share a buffer.
import { expect, it } from 'vitest';
import { runOnFake } from '../fake-alsa.js';

it('is reported', async () => {
  const result = await runOnFake(`
    const parameters = JSON.stringify(hardware);
    const writer = \`
      const { writeFileSync } = await import('node:fs');
      const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
      writeFileSync('/proc/asound/card0/timer_source', '-1.4.0');
      const pcm = addon.openPcm('/dev/snd/pcmC0D0p', true, '', -1);
      pcm.configure(\${parameters});
      parentPort.once('message', (bytes) => {
        pcm.write(new Uint8Array(1_920));
        pcm.start();
        for (let i = 0; i < 100; i += 1) {
          timer.trigger();
          pcm.write(bytes);
        }
        parentPort.postMessage('written');
      });
      parentPort.postMessage('ready');\`;
    const reader = \`
      const pcm = addon.openPcm('/dev/snd/pcmC0D1c', false, '', -1);
      pcm.configure(\${parameters});
      parentPort.once('message', (bytes) => {
        pcm.start();
        parentPort.postMessage('reading');
        for (;;) {
          try {
            pcm.read(bytes);
          } catch {
            // Overrun by the other one.
            pcm.prepare();
            pcm.start();
          }
        }
      });
      parentPort.postMessage('ready');\`;
    fault('TRANSFER_BEYOND', { error: 1 });
    const bytes = new Uint8Array(new SharedArrayBuffer(1_920));
    const first = startWorker(writer);
    await once(first, 'message');
    const second = startWorker(reader);
    await once(second, 'message');
    second.postMessage(bytes);
    await once(second, 'message');
    first.postMessage(bytes);
    await once(first, 'message');
    await Promise.all([first.terminate(), second.terminate()]);`);
  expect(result).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
});
