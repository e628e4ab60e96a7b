/** How frames are played by their media time: by which clock, and how long after. */
import { checkNumber, checkObject, checkString, valueError } from '../../arguments.js';
import { ClockedLoopback } from '../../loopback/clocked-loopback.js';
import { defaultPcmFormat, type RtpAudioFormat, type RtpPcmFormat } from '../format.js';
import { type MediaClock, writeMediaClock } from '../sdp/media-clock.js';

export interface PlayoutOptions {
  /**
   * What says when a frame is heard. 'packets' (default): it goes to the sink as it comes. A clock: when its media time has come by the
   * clock, and `linkOffsetMs` after it; the sink is a ClockedLoopback then, and no packet waits for another one.
   *
   * - The clock that the sender's timestamps count by, as `Clock.open` takes it: '/dev/ptp0', 'eth0' (its PTP clock), 'tai'.
   * - 'arrival': the sender's own clock, as it follows from the arrivals of packets.
   */
  readonly clock?: string;
  /**
   * With a clock only: how long after its media time a frame is heard, ms, 0..10000, also fractions. With 'arrival' that time is
   * when its packet comes which is late least. A packet must come within it, so it is longer than a packet and what the network
   * delays it by. Default: three packets where `packetFrames` is known, 3 at least.
   */
  readonly linkOffsetMs?: number;
  /** What timestamps count from, with the clock of the sender only; 'direct' alone can be played. Default: { kind: 'direct', offset: 0 }. */
  readonly mediaClock?: MediaClock;
  /** Frames a packet, where they are known. Only the default of `linkOffsetMs` follows from it. */
  readonly packetFrames?: number;
}

export const PLAYOUT_OPTIONS = {
  clock: true,
  linkOffsetMs: true,
  mediaClock: true,
  packetFrames: true,
} as const;

/** What a stream is played by. */
export interface CheckedPlayout {
  readonly clock: string;
  readonly linkOffsetMs: number;
  /** The timestamp at the epoch of the clock; undefined with 'arrival', which has none. */
  readonly offset: number | undefined;
}

const LEAST_OFFSET_MS = 3;
const OFFSET_PACKETS = 3;
const MAX_OFFSET_MS = 10_000;

/** The options that say nothing where a clock says when frames are heard. */
const WITHOUT_CLOCK = {
  reorderPackets: 'left out with a clock, since no packet waits for another one',
  reorderMs: 'left out with a clock: a packet may come until its time is over (linkOffsetMs)',
} as const;

/**
 * Nothing where frames go to the sink as they come.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 */
export function checkPlayoutOptions(
  options: PlayoutOptions & { readonly [Name in keyof typeof WITHOUT_CLOCK]?: unknown },
  rate: number,
): CheckedPlayout | undefined {
  const clock = checkString('clock', options.clock ?? 'packets');
  const { linkOffsetMs } = options;
  if (linkOffsetMs !== undefined) checkNumber('linkOffsetMs', linkOffsetMs, 0, MAX_OFFSET_MS);
  if (clock === 'packets') {
    if (linkOffsetMs === undefined) return undefined;
    throw valueError(
      'linkOffsetMs',
      "left out with clock 'packets', by which frames go as they come",
      linkOffsetMs,
    );
  }
  for (const [name, expected] of Object.entries(WITHOUT_CLOCK)) {
    const given = options[name as keyof typeof WITHOUT_CLOCK];
    if (given !== undefined) throw valueError(name, expected, given);
  }
  const packetMs = ((options.packetFrames ?? 0) * 1_000) / rate;
  return {
    clock,
    linkOffsetMs: linkOffsetMs ?? Math.max(LEAST_OFFSET_MS, OFFSET_PACKETS * packetMs),
    offset: clock === 'arrival' ? undefined : offsetOf(options.mediaClock, clock),
  };
}

function offsetOf(mediaClock: MediaClock | undefined, clock: string): number {
  if (mediaClock === undefined) return 0;
  checkObject('mediaClock', mediaClock);
  const text = writeMediaClock(mediaClock);
  if (mediaClock.kind === 'direct') return mediaClock.offset ?? 0;
  throw valueError(
    'clock',
    `'arrival' or 'packets' for a stream whose timestamps count by no clock that is known here (mediaclk:${text})`,
    clock,
  );
}

/**
 * The cable that a stream is played into.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function checkPlayedSink(
  sink: unknown,
  { encoding, rate, channels, format }: RtpAudioFormat & { readonly format?: RtpPcmFormat },
): ClockedLoopback {
  if (!(sink instanceof ClockedLoopback)) {
    throw valueError('clock', "'packets' for a sink that is no ClockedLoopback", sink);
  }
  const wanted = { format: format ?? defaultPcmFormat(encoding), rate, channels };
  for (const [name, value] of Object.entries(wanted)) {
    const given = sink.parameters[name as keyof typeof wanted];
    if (given !== value) throw valueError(`sink.parameters.${name}`, `${value}, as of the stream`, given);
  }
  return sink;
}
