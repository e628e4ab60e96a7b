/** Frames that are captured from a cable of snd-aloop: its writer is their clock. */
import { LoopbackCapture } from '../../loopback/capture.js';
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
