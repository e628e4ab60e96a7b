/** Frames that are captured from a cable of snd-aloop: its writer is their clock, or a clock moves the cable. */
import type { Clock } from '../../clock/clock.js';
import { Pacer } from '../../clock/pacer.js';
import { LoopbackCapture } from '../../loopback/capture.js';
import { ClockedCapture } from '../../loopback/clocked-capture.js';
import type { AudioOptions, AudioSource, Restarts, Shape } from './audio-source.js';

export function openCable(options: AudioOptions, shape: Shape): AudioSource {
  const capture = LoopbackCapture.open({
    periodFrames: Math.round(shape.rate / 100),
    ...options,
    ...shape,
    onInterruption: 'restart',
  });
  const restarts = (): Restarts => {
    const { overruns, suspends } = capture.stats();
    return { overruns, suspends };
  };
  return {
    ...shape,
    async send(sender, signal, restarted) {
      let known = restarts();
      for await (const frames of capture.frames({ signal })) {
        const now = restarts();
        // How much is missing nobody knows: the stream goes on without it.
        if (now.overruns > known.overruns) restarted('overrun');
        if (now.suspends > known.suspends) restarted('suspend');
        known = now;
        sender.write(frames);
      }
    },
    restarts,
    close: () => capture.close(),
  };
}

/** How late this program may be with a period, ms. */
const LATE_MS = 10;

/** The clock moves the cable, period by period, and the packets. */
export async function openClockedCable(
  options: AudioOptions,
  shape: Shape,
  clock: Clock,
  signal: AbortSignal,
): Promise<AudioSource> {
  const periodFrames = options.periodFrames ?? Math.round(shape.rate / 100);
  const capture = await ClockedCapture.open({ ...options, ...shape, periodFrames, signal });
  const pacer = openPacer(capture);
  let overruns = 0;
  return {
    ...shape,
    async send(sender, signal, restarted, pace) {
      capture.on('overrun', () => {
        overruns += 1;
        restarted('overrun');
      });
      using _pacing = pacer.start(capture, { clock, start: 'aligned' });
      const prebufferMs = Math.min(1_000, Math.ceil((periodFrames * 1_000) / shape.rate) + LATE_MS);
      await sender.pace(capture.frames({ signal }), { ...pace, pacer, prebufferMs, signal });
    },
    restarts: () => ({ overruns, suspends: 0 }),
    close() {
      pacer.close();
      capture.close();
    },
  };
}

function openPacer(capture: ClockedCapture): Pacer {
  try {
    return Pacer.open();
  } catch (error) {
    capture.close();
    throw error;
  }
}
