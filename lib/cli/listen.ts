/** `utimer listen`: what happens to a timer, as it happens. */
import { AlsaError } from '../errors.js';
import { TIMER_EVENT_NAMES, type TimerEvent, type TimerEventName } from '../timer/timer-events.js';
import { describeTimerId } from '../timer/timer-id.js';
import { TimerInstance, type TimerInstanceOptions } from '../timer/timer-instance.js';
import { formatTimerId, parseTimerId } from '../timer/timer-text.js';
import {
  type Command,
  duration,
  handOver,
  json,
  number,
  parse,
  print,
  refuse,
  UsageError,
} from './command.js';

type Reason = 'count' | 'timeout' | 'end' | 'interrupt';

const REASONS: Readonly<Record<Reason, string>> = {
  count: 'all that were asked for',
  timeout: 'the time is over',
  end: 'the owner closed the timer',
  interrupt: 'interrupted',
};

export const listen: Command = {
  summary: 'the ticks of a timer, as they come',
  help: `Usage: utimer listen [options] TIMER

Listens to a timer until it is interrupted, or the timer's owner closes it. TIMER is -1.4.ID for a userspace-driven timer,
CARD.DEVICE.SUBDEVICE for that of a PCM substream, or system, hpet, hrtimer; see \`utimer list\`.
While it listens to a userspace-driven timer, no cable of snd-aloop starts that the same timer clocks.

  --count N        end after N ticks, each of as many as --ticks says
  --timeout S      end after S seconds
  --ticks N        ticks of the timer for one of ours (default 1; userspace-driven timers have no other); ours are what is
                   counted and printed
  --events LIST    what to be told, separated by commas (default tick):
                   ${TIMER_EVENT_NAMES.slice(0, 8).join(', ')},
                   ${TIMER_EVENT_NAMES.slice(8).join(', ')}
  --queue-size N   records that the kernel keeps while we are behind, 32..1024 (default 128)
  --plain          ticks without timestamps, and nothing else
  --json           one object a line: first { type: 'listening', timer, resolutionNs, clock: 'monotonic' | 'realtime' },
                   then type, ticks, timestampNs (of that clock) and so on for each event,
                   last { type: 'summary', ticks, reason: 'count' | 'timeout' | 'end' | 'interrupt' };
                   nanoseconds are strings
  --help           this text

However it ends, every tick until then is counted.
Exit code: 0; 1 on an error, when there were less ticks than --count, or when nobody reads the output and it was told to end;
2 for a wrong command line.`,

  async run(args, io) {
    const { values, positionals } = parse(args, {
      count: { type: 'string' },
      timeout: { type: 'string' },
      ticks: { type: 'string' },
      events: { type: 'string' },
      'queue-size': { type: 'string' },
      plain: { type: 'boolean' },
      json: { type: 'boolean' },
    });
    const [timer, ...more] = positionals;
    if (timer === undefined || more.length > 0)
      throw new UsageError('one TIMER is needed, for instance -1.4.0');
    const id = parseTimerId(timer);
    if (values.plain) refuse(values, ['events'], 'is not for --plain, which tells ticks');
    const count = number('count', values.count, 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
    const timeout = number('timeout', values.timeout, 0, 2_147_483, false);
    const ticks = number('ticks', values.ticks, 1, 2 ** 32 - 1) ?? 1;
    const options: TimerInstanceOptions = {
      ticks,
      queueSize: number('queue-size', values['queue-size'], 32, 1024) ?? 128,
      events: (values.events?.split(',') ?? ['tick']) as TimerEventName[],
      records: values.plain ? 'plain' : 'timestamped',
    };
    using instance = TimerInstance.open(id, options);
    const ending = new AbortController();
    const out = { stdout: io.stdout, signal: AbortSignal.any([ending.signal, io.signal]) };
    let reason: Reason = 'end';
    let total = 0;
    let failure: unknown;
    // First no tick is added any more, then what the kernel holds is taken, behind what the iteration holds.
    const end = (why: Reason) => {
      if (ending.signal.aborted) return;
      reason = why;
      try {
        stop(instance);
        instance.finish();
      } catch (error) {
        failure = error;
      }
      instance.close();
      ending.abort();
    };
    const events = instance.events();
    const resolution = resolutionOf(instance);
    const clock = instance.clock();
    const interrupt = () => end('interrupt');
    io.signal.addEventListener('abort', interrupt);
    const deadline =
      timeout === undefined ? undefined : setTimeout(end, timeout * 1000, 'timeout' satisfies Reason);
    try {
      if (io.signal.aborted) interrupt();
      const stamped = instance.records === 'timestamped';
      if (values.json) {
        const about = { type: 'listening', timer: formatTimerId(id), resolutionNs: resolution };
        await print(out, json(stamped ? { ...about, clock } : about));
      } else {
        await print(out, `${formatTimerId(id)}: ${describeTimerId(id)}, ${duration(resolution)} a tick`);
      }
      const show = values.json ? json : describer(stamped);
      for await (const event of events) {
        const told = event.type === 'tick' ? { ...event, ticks: Math.floor(event.ticks / ticks) } : event;
        if (told.type === 'tick') total += told.ticks;
        await print(out, show(told));
        if (total >= count) {
          reason = 'count';
          break;
        }
      }
    } finally {
      clearTimeout(deadline);
      io.signal.removeEventListener('abort', interrupt);
    }
    if (failure !== undefined) throw failure;
    await summary(out, values.json === true, total, reason);
    if (out.signal.aborted) await handOver(io);
    return Number.isFinite(count) && total < count ? 1 : 0;
  },
};

/** Nanoseconds of a tick; 0n when the owner has closed the timer just now, of which the events tell. */
function resolutionOf(instance: TimerInstance): bigint {
  try {
    return instance.info().resolutionNs;
  } catch (error) {
    if (error instanceof AlsaError && error.code === 'EBADFD') return 0n;
    throw error;
  }
}

/** What an instance that does not run, and one whose timer is gone, answer to a stop: there is nothing to stop. */
const NOTHING_TO_STOP = ['EBUSY', 'EINVAL'];

function stop(instance: TimerInstance): void {
  try {
    instance.stop();
  } catch (error) {
    if (!(error instanceof AlsaError && NOTHING_TO_STOP.includes(error.code))) throw error;
  }
}

async function summary(
  out: Parameters<typeof print>[0],
  asJson: boolean,
  ticks: number,
  reason: Reason,
): Promise<void> {
  const line = asJson
    ? json({ type: 'summary', ticks, reason })
    : `${ticks} ${ticks === 1 ? 'tick' : 'ticks'}: ${REASONS[reason]}`;
  await print(out, line);
}

/** Events for people, with the time since the first. */
function describer(stamped: boolean): (event: TimerEvent) => string {
  let first: bigint | undefined;
  return (event) => {
    const { type } = event;
    if (type === 'end') return 'end';
    if (type === 'overrun') return `${' '.repeat(14)} overrun: ${event.lost} records lost`;
    first ??= event.timestampNs;
    const ns = event.timestampNs - first;
    const time = stamped
      ? `${`+${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`.padStart(14)} `
      : '';
    if (type === 'tick') return `${time}tick${event.ticks === 1 ? '' : ` x ${event.ticks}`}`;
    return `${time}${type}${'resolutionNs' in event ? ` ${duration(event.resolutionNs)}` : ''}`;
  };
}
