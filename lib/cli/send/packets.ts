/** What the packets of a stream hold, and whether they fit: into a datagram, and through an interface. */

import { mtuBetween } from '../../net/mtu.js';
import { MAX_PAYLOAD_BYTES, payloadFrameBytes, type RtpEncoding } from '../../rtp/format.js';
import { packetFramesFor } from '../../rtp/packet-time.js';
import type { RtpSender } from '../../rtp/sender.js';
import { UsageError } from '../table/usage-error.js';
import type { AudioSource } from './audio-source.js';

/** L16 where the samples have 16 bits, unless told otherwise. */
export function encodingOf(
  chosen: RtpEncoding | undefined,
  { format, saidBy }: Pick<AudioSource, 'format' | 'saidBy'>,
): RtpEncoding {
  const fitting = format.startsWith('S16') ? 'L16' : 'L24';
  if (chosen === 'L16' && fitting === 'L24' && saidBy !== undefined) {
    throw new UsageError(
      `${saidBy} has more than the 16 bits of --format L16: leave it out, or convert the file`,
    );
  }
  return chosen ?? fitting;
}

/** Frames of a packet of `ptime` milliseconds, as many as AES67 wants. */
export function packetFrames(ptime: number, encoding: RtpEncoding, rate: number, channels: number): number {
  const frames = packetFramesFor(ptime, rate);
  const most = Math.floor(MAX_PAYLOAD_BYTES / payloadFrameBytes(encoding, channels));
  if (frames <= most) return frames;
  const milliseconds = (most * 1000) / rate;
  const shown = Math.floor(milliseconds * 10) / 10;
  throw new UsageError(
    `--ptime ${ptime} does not fit a datagram; at most ${shown < 100 ? shown : Math.floor(milliseconds)} ms here`,
  );
}

/** What receivers on a network of small packets have to know. */
export function fragmentation(
  sender: Pick<RtpSender, 'origin' | 'datagramBytes'>,
  address: string,
): string | undefined {
  const mtu = sender.origin === undefined ? undefined : mtuBetween(sender.origin, address);
  if (mtu === undefined || sender.datagramBytes <= mtu.datagramBytes) return undefined;
  return (
    `packets of ${sender.datagramBytes} bytes are sent in fragments, since ${mtu.interface} carries ${mtu.bytes} bytes: ` +
    'a smaller --ptime mends it, and many AES67 devices take no fragments'
  );
}
