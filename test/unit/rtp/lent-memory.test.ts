// A source's memory while its packets wait for their time.
import { expect, it } from 'vitest';
import { RtpSender } from '../../../lib/rtp/index.js';

it('Pacing fails where what a source gave is transferred before it was sent', async () => {
  const stream = { encoding: 'L16', rate: 48_000, channels: 2, packetFrames: 48 } as const;
  await using sender = await RtpSender.open({ ...stream, address: '127.0.0.1', port: 9 });
  const bytes = new Uint8Array(10 * 48 * sender.frameBytes);
  let now = 0n;
  const sleep = async (nanoseconds: bigint) => {
    now += nanoseconds;
    if (bytes.length > 0 && sender.stats().frames >= 96)
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  };
  const clock = { now: () => now, sleep };
  await expect(sender.pace([bytes], { clock })).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
  );
  expect(sender.stats().frames).toBe(96);
});
