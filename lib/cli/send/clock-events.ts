/** What happens to the clock that a stream is sent by. */
import type { Pacing } from '../../clock/pacing.js';
import { json } from '../output/printing.js';
import type { Report } from '../output/report.js';

export function tellClock(pacing: Pacing, name: string, report: Report, asJson: boolean): void {
  pacing.on('state', ({ state }) =>
    report.event(asJson ? json({ type: 'clock', state }) : `clock ${name}: ${state}`),
  );
  pacing.on('step', ({ stepNs }) =>
    report.event(
      asJson ? json({ type: 'step', stepNs: String(stepNs) }) : `clock ${name} was set by ${stepNs} ns`,
    ),
  );
}
