/** What happens to a pacing and its cable, as it happens: as lines of JSON, or in words. */
import type { Pacing } from '../../clock/pacing.js';
import type { ClockedLoopback } from '../../loopback/clocked-loopback.js';
import { tellOfListeners } from '../cable/listeners.js';
import { tellerOf } from '../cable/tell.js';
import type { Report } from '../output/report.js';
import { duration } from '../timer/duration.js';

export interface LogOptions {
  readonly asJson: boolean;
  /** The option that takes another access. */
  readonly accessOption: string;
}

/** Tells what happens, but for what ends it. */
export function logEvents(
  pacing: Pacing,
  loop: ClockedLoopback | undefined,
  report: Report,
  { asJson, accessOption }: LogOptions,
): void {
  const tell = tellerOf(report, asJson);
  pacing.on('state', (event) => {
    const { clockError } = pacing.stats();
    tell('state', { ...event, clockError }, `clock: ${event.state}${heldOver(event.state, clockError)}`);
  });
  pacing.on('step', (event) => {
    const { stepNs } = event;
    tell(
      'step',
      event,
      `clock: set ${stepNs < 0n ? 'back' : 'forward'} by ${duration(stepNs < 0n ? -stepNs : stepNs)}`,
    );
  });
  // The counters have them, and a machine that is busy makes many.
  pacing.on('late', (event) => tell('late', event, undefined));
  if (loop) tellOfListeners(loop, tell, accessOption);
}

function heldOver(state: string, clockError: string | undefined): string {
  return state === 'holdover' ? `: it cannot be read (${clockError}), and its last frequency goes on` : '';
}
