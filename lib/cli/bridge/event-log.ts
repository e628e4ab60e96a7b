/** The events of a bridge: as lines of JSON, or in words that a person can follow. */
import { type BridgeEvent, toJsonLine } from '../../bridge/events.js';
import type { BridgeInfo } from '../../bridge/messages.js';
import type { ClockEvent } from '../../rtp/playout/events.js';
import { sourceText } from '../../rtp/refusals.js';
import type { Report } from '../output/report.js';
import type { StatusLine } from '../output/status-line.js';
import { contradictionWords, type OptionNames, refusalWords } from './advice.js';
import { summary } from './counters.js';

export type Tell = (event: BridgeEvent) => void;

/** Each event, as it happens. */
export function inJson(report: Report): Tell {
  return (event) => {
    const print = (status: StatusLine) => status.print(toJsonLine(event));
    if (event.type === 'stats') report.counters(print);
    else if (event.type === 'error' || event.type === 'close') report.end(print);
    else report.event(toJsonLine(event));
  };
}

/** What a person can follow: losses, of which a bad network makes hundreds a second, are added up until the next counters. */
export function inWords(report: Report, info: BridgeInfo, names: OptionNames): Tell {
  let frames = 0;
  let gaps = 0;
  let left = 0;
  let pauses = 0;
  const tellLosses = (status: StatusLine) => {
    if (gaps > 0) status.print(`${count(frames, 'frame')} lost in ${count(gaps, 'gap')}`);
    if (pauses > 0)
      status.print(`${count(left, 'frame')} left out by the sender in ${count(pauses, 'pause')}`);
    frames = gaps = left = pauses = 0;
  };
  return (event) => {
    switch (event.type) {
      case 'stream': {
        const why = { first: 'began', ssrc: 'is of another source', timestamp: 'began anew' }[event.reason];
        report.event(`stream ${why}: source ${sourceText(event.ssrc)}, timestamp ${event.timestamp}`);
        break;
      }
      case 'loss':
        frames += event.frames;
        gaps += 1;
        break;
      case 'discontinuity':
        left += event.frames;
        pauses += 1;
        break;
      case 'refusal':
        report.event(`refused: ${refusalWords(event, names)}`);
        break;
      case 'contradiction':
        report.event(contradictionWords(event, info.rate, names));
        break;
      case 'clock':
        report.event(clockWords(event));
        break;
      case 'silence':
        report.event('no packets of the stream');
        break;
      case 'listener': {
        const who = event.holder ? `${event.holder.command} (process ${event.holder.pid})` : 'somebody';
        report.event(`${who} ${event.running ? 'listens' : 'listens no more'}`);
        break;
      }
      case 'mismatch':
        report.event(
          event.message + (event.access ? `; for such programs give ${names.access} ${event.access}` : ''),
        );
        break;
      case 'stats':
        report.counters((status) => {
          tellLosses(status);
          status.show(summary(event, info));
        });
        break;
      case 'close':
        report.end((status) => {
          tellLosses(status);
          status.print(`closed: ${summary(event, info).join(', ')}`);
        });
        break;
    }
  };
}

/** What happened to the clock, and what is heard of it. */
function clockWords(event: ClockEvent): string {
  switch (event.what) {
    case 'state': {
      const why = event.error === undefined ? '' : ` (${event.error})`;
      return event.state === 'holdover'
        ? `the clock is not heard any more${why}: its last frequency goes on`
        : `the clock is ${event.state}`;
    }
    case 'step':
      return `the clock was set by ${event.stepMs > 0 ? '+' : ''}${event.stepMs.toFixed(3)} ms: what is heard follows it`;
    case 'late':
      return `${lateWords(event.caughtUp, event.missed)}: the machine was busy, or the clock leapt`;
  }
}

function lateWords(caughtUp: number, missed: number): string {
  const late = `${count(caughtUp, 'period')} moved late`;
  return missed === 0 ? late : `${late}, ${count(missed, 'period')} not at all`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
