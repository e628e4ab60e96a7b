// A PTP clock over the fake: of the calls that read one, the best is taken that its driver and the kernel have.
import { describe, expect, it } from 'vitest';
import { runOnFake } from '../../support/fake-alsa.js';

const succeeded = { code: 0, signal: null, stderr: '' };

const PRELUDE = `
const { Clock, Pacer } = await import(new URL('./dist/clock/index.js', 'file://' + process.cwd() + '/'));
const { constants: { errno: { EINVAL, EOPNOTSUPP, ENODEV } } } = await import('node:os');
/** By how much the clock of the fake is ahead: test/support/fake-alsa/ptp.c. */
const AHEAD = 1_000_000_000_123_456_789n;
const refuse = (names) => { for (const [name, error] of Object.entries(names)) fault(name, { error }); };
/** Whether what a reading says is true, by its own account; what the fake knows of CLOCK_REALTIME is true to 1 ms. */
const isTrue = ({ timeNs, monotonicNs, delayNs }) => {
  const error = timeNs - monotonicNs - AHEAD;
  return delayNs >= 0n && (error < 0n ? -error : error) <= delayNs + 1_000_000n;
};
`;

describe('A PTP clock', () => {
  it.each([
    ['ioctl PTP_SYS_OFFSET_PRECISE', '{}'],
    ['ioctl PTP_SYS_OFFSET_EXTENDED', '{ PTP_SYS_OFFSET_PRECISE: EOPNOTSUPP }'],
    // Before Linux 6.12, against CLOCK_REALTIME.
    [
      'ioctl PTP_SYS_OFFSET_EXTENDED',
      "{ PTP_SYS_OFFSET_PRECISE: EOPNOTSUPP, 'PTP_SYS_OFFSET_EXTENDED of a clock': EINVAL }",
    ],
    [
      'ioctl PTP_SYS_OFFSET',
      `{ PTP_SYS_OFFSET_PRECISE: EOPNOTSUPP, 'PTP_SYS_OFFSET_EXTENDED of a clock': EINVAL,
        PTP_SYS_OFFSET_EXTENDED: EOPNOTSUPP }`,
    ],
  ])('is read by %s where %s is refused', async (method, refused) => {
    const result = await runOnFake(`${PRELUDE}
      refuse(${refused});
      const clock = Clock.open('/dev/ptp0');
      const readings = Array.from({ length: 100 }, () => clock.read());
      console.log(clock.method, readings.every(isTrue));
      clock.close();
      console.log(open());`);
    expect(result).toEqual({ ...succeeded, stdout: `${method} true\n0\n` });
  });

  it('paces by its best call, and says why it cannot be read any more', async () => {
    const result = await runOnFake(`${PRELUDE}
      const clock = Clock.open('/dev/ptp0');
      const pacer = Pacer.open();
      const pacing = pacer.start(null, { clock, rate: 48_000, periodFrames: 480, start: 'aligned' });
      const state = async (wanted) => {
        for (;;) {
          const heard = once(pacing, 'state');
          if (pacing.stats().state === wanted) return;
          await heard;
        }
      };
      const alive = setInterval(() => {}, 1_000);
      await state('locked');
      refuse({ PTP_SYS_OFFSET_PRECISE: ENODEV });
      await state('holdover');
      const { ticks, clockError } = pacing.stats();
      console.log(clockError);
      while (pacing.stats().ticks === ticks) await once(pacing, 'tick');
      mend('PTP_SYS_OFFSET_PRECISE');
      await state('locked');
      console.log(pacing.stats().clockError, pacing.stats().steps);
      clearInterval(alive);
      pacer.close();`);
    expect(result).toEqual({ ...succeeded, stdout: 'ENODEV\nundefined 0\n' });
  });

  it('that was set before a pacing began has not stepped for it, and is read anew behind a pause', async () => {
    const result = await runOnFake(`${PRELUDE}
      const clock = Clock.open('/dev/ptp0');
      const pacer = Pacer.open();
      const start = () => pacer.start(null, { clock, rate: 48_000, periodFrames: 480, start: 'aligned' });
      const alive = setInterval(() => {}, 1_000);
      const state = async (pacing, wanted) => {
        const changed = () => once(pacing, 'state');
        for (let heard = changed(); pacing.stats().state !== wanted; heard = changed()) await heard;
      };
      const heard = [];
      const ticked = async (pacing, name) => {
        pacing.on('step', () => heard.push(name));
        for (let round = 0; round < 3; round += 1) await once(pacing, 'tick');
      };
      const first = start();
      await state(first, 'locked');
      fault('PTP was set', { error: 500 });
      await once(first, 'step');
      const second = start();
      await ticked(second, 'second');
      console.log(first.stats().steps, second.stats().steps);
      first.close();
      second.close();
      // Taken in behind those that were closed: nobody reads the clock meanwhile.
      const between = pacer.start(null, { rate: 48_000, periodFrames: 48 });
      await once(between, 'tick');
      fault('PTP was set', { error: 900 });
      const third = start();
      await ticked(third, 'third');
      await state(third, 'locked');
      console.log(third.stats().steps, third.stats().missed, heard.join());
      clearInterval(alive);
      pacer.close();`);
    expect(result).toEqual({ ...succeeded, stdout: '1 0\n0 0n \n' });
  });
});
