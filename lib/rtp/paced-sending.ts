/** How a pacer sends a stream: packets that are written ahead leave when their time has come. */

import type { Clock } from '../clock/clock.js';
import type { Pacer } from '../clock/pacer.js';
import { pacePrepared } from '../clock/pacer.js';
import type { Pacing } from '../clock/pacing.js';
import { closedError } from '../errors.js';
import { LentBytes } from '../lent-bytes.js';
import { untilAborted } from '../promises.js';
import type { PacketStream } from './packet-stream.js';

/** A pacer has no shorter periods: packets that are shorter leave together. */
const MIN_PERIOD_SECONDS = 100e-6;
/** How much is read of the source before its time. */
const AHEAD_SECONDS = 0.1;
/** What a source that falls behind is made up for, at most. */
const OWED_SECONDS = 1;

export interface PacedStream {
  readonly rate: number;
  readonly packetFrames: number;
  readonly maxQueuedPackets: number;
}

export interface SendingPace {
  readonly ppm: number;
  readonly clock: Clock | undefined;
  readonly mediaOffset: number;
  readonly prebufferMs: number;
}

/** Most packets that are written ahead. */
function aheadOf({ rate, packetFrames, maxQueuedPackets }: PacedStream, prebufferMs: number): number {
  const seconds = Math.max(AHEAD_SECONDS, (2 * prebufferMs) / 1_000);
  return Math.min(maxQueuedPackets, Math.max(2, Math.ceil((seconds * rate) / packetFrames)));
}

/**
 * Sends all of a source, each packet when its time has come, and resolves when the last one is with the kernel.
 *
 * @param begun is told once the pacer sends
 * @throws the reason of the signal; AlsaError ERR_CLOSED where the pacer is closed; what the source throws
 */
export async function sendPaced(
  pacer: Pacer,
  stream: PacketStream,
  shape: PacedStream,
  pace: SendingPace,
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  begun: (pacing: Pacing) => void,
): Promise<void> {
  const over = new AbortController();
  using pacing = start(pacer, stream, shape, pace, () => {
    stream.endPacing();
    over.abort(closedError('Pacer'));
  });
  begun(pacing);
  // Whoever ends it first says why.
  const most = aheadOf(shape, pace.prebufferMs);
  await feed(stream, most, source, AbortSignal.any([signal, over.signal]));
}

function start(
  pacer: Pacer,
  stream: PacketStream,
  shape: PacedStream,
  { ppm, clock, mediaOffset, prebufferMs }: SendingPace,
  end: () => void,
): Pacing {
  const { rate, packetFrames } = shape;
  const packetSeconds = packetFrames / rate;
  const prebuffered = Math.ceil(prebufferMs / 1_000 / packetSeconds);
  const packetsPerEnd = Math.ceil(MIN_PERIOD_SECONDS / packetSeconds);
  const what = `RTP sender to ${stream.name}`;
  const prepare = () => {
    stream.beginPacing({
      packetsPerEnd,
      firstPackets: Math.max(1, Math.min(prebuffered, aheadOf(shape, prebufferMs))),
      mostOwed: Math.max(packetsPerEnd, Math.ceil(OWED_SECONDS / packetSeconds)),
      mediaOffset: clock === undefined ? null : mediaOffset,
    });
    return { what, handle: stream.handle, claim: () => {}, explain: () => closedError(what), end };
  };
  return pacePrepared(pacer, prepare, {
    rate,
    periodFrames: packetFrames * packetsPerEnd,
    ppb: Math.round(ppm * 1_000),
    ...(clock === undefined ? {} : { clock, start: 'aligned' as const }),
  });
}

/** Writes all of a source, so that no more than `most` packets wait. */
async function feed(
  stream: PacketStream,
  most: number,
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  for await (const bytes of untilAborted(source, signal)) {
    const lent = new LentBytes('source', bytes);
    for (let at = 0; at < lent.length; ) {
      await stream.hasRoom(most, signal);
      signal.throwIfAborted();
      const end = Math.min(lent.length, at + stream.room(most));
      stream.write(lent.between(at, end));
      at = end;
    }
  }
  await stream.hasRoom(most, signal);
  signal.throwIfAborted();
  stream.flush();
  await stream.drain(signal);
}
