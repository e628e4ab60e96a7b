/** Those who listen to a cable that a command plays into: how to become one, and who comes and goes. */
import type { ClockedLoopback } from '../../loopback/clocked-loopback.js';
import { shellLine } from '../../shell-line.js';
import type { Tell } from './tell.js';

/** What to do to listen. */
export function listeningAdvice({ listenerName, parameters }: ClockedLoopback): readonly string[] {
  const { format, rate, channels, periodFrames, access } = parameters;
  // One file a channel.
  const apart = access === 'noninterleaved' ? ['-I'] : [];
  const shape = ['-f', format, '-r', rate, '-c', channels, `--period-size=${periodFrames}`] as const;
  return ['to listen:', `  ${shellLine('arecord', ...apart, '-D', listenerName, ...shape, 'out.wav')}`];
}

/** @param accessOption the option that takes another access */
export function tellOfListeners(loop: ClockedLoopback, tell: Tell, accessOption: string): void {
  loop.on('listener', ({ type, holder }) => {
    const who = holder ? `${holder.command} (process ${holder.pid})` : 'somebody';
    const running = type === 'start';
    tell('listener', { running, holder }, `${who} ${running ? 'listens' : 'listens no more'}`);
  });
  loop.on('mismatch', (mismatch) => {
    const { access, message } = mismatch;
    tell(
      'mismatch',
      mismatch,
      access ? `${message}; for such programs give ${accessOption} ${access}` : message,
    );
  });
}
