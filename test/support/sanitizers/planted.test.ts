// A fault on purpose, which scripts/sanitize wants to see reported before it believes in any silence: the fake, which touches the
// caller's memory in code that is instrumented as the addon is, reads beyond what it was given; or two of its threads write one
// variable.
import { expect, it } from 'vitest';
import { runOnFake } from '../fake-alsa.js';

it('is reported', async () => {
  const result = await runOnFake(`
    const { writeFileSync } = await import('node:fs');
    const timer = addon.createUtimer('/dev/snd/timer', 10_000_000n);
    writeFileSync('/proc/asound/card0/timer_source', '-1.4.0');
    const pcm = addon.openPcm('/dev/snd/pcmC0D0p', true, '', -1);
    pcm.configure(hardware);
    for (const name of ['TRANSFER_BEYOND', 'RACE']) fault(name, { error: 1 });
    pcm.write(new Uint8Array(1_920));
    timer.close();`);
  expect(result).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
});
