// A source's memory while its packets wait for their time.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RtpSender } from '../../lib/rtp/index.js';

it('Pacing fails where what a source gave is transferred before it was sent', async () => {
  const stream = { encoding: 'L16', rate: 48_000, channels: 2, packetFrames: 48 } as const;
  await using sender = await RtpSender.open({ ...stream, address: '127.0.0.1', port: 9 });
  // Longer than what is read ahead.
  const bytes = new Uint8Array(10_000 * 48 * sender.frameBytes);
  const paced = sender.pace([bytes]);
  while (sender.stats().packetsSent === 0) await turn();
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  await expect(paced).rejects.toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
});
