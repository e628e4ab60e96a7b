import { describe, expect, it } from 'vitest';
import { PacketQueue, type PacketSocket } from '../../../lib/rtp/packet-queue.js';

type Callback = (error: Error | null) => void;

/** A socket whose kernel takes packets when it is told to. Those that it takes at once are answered in a later turn. */
class Kernel {
  room = 0;
  waiting: Callback[] = [];
  readonly socket = {
    send: (_packet: Uint8Array, _port: number, _address: string, callback: Callback) => {
      if (this.room > 0) {
        this.room -= 1;
        process.nextTick(callback, null);
      } else this.waiting.push(callback);
    },
    getSendQueueCount: () => this.waiting.length,
  } as unknown as PacketSocket;

  take(packets: number, error: Error | null = null): void {
    for (const callback of this.waiting.splice(0, packets)) callback(error);
  }
}

const TO = { address: '127.0.0.1', port: 5004 };
const packet = new Uint8Array(12);

describe('a queue of packets', () => {
  it('drops none that the kernel took, however many go out in one turn', async () => {
    const kernel = new Kernel();
    kernel.room = 100_000;
    const queue = new PacketQueue(kernel.socket, TO, 4);
    for (let i = 0; i < 100_000; i += 1) queue.send(packet);
    await queue.drain();
    expect([queue.sent, queue.dropped, queue.failed]).toEqual([100_000, 0, 0]);
  });

  it('keeps those that the kernel has no room for, and drops what comes beyond', async () => {
    const kernel = new Kernel();
    kernel.room = 3;
    const queue = new PacketQueue(kernel.socket, TO, 4);
    for (let i = 0; i < 10; i += 1) queue.send(packet);
    expect([queue.dropped, queue.hasRoom, kernel.waiting.length]).toEqual([3, false, 4]);
    const drained = queue.drain();
    kernel.take(4);
    await drained;
    expect([queue.sent, queue.dropped, queue.hasRoom]).toEqual([7, 3, true]);
  });

  it('tells when there is room again, and counts what the kernel refuses', async () => {
    const kernel = new Kernel();
    const queue = new PacketQueue(kernel.socket, TO, 2);
    for (let i = 0; i < 2; i += 1) queue.send(packet);
    let told = false;
    const room = queue.room().then(() => {
      told = true;
    });
    await Promise.resolve();
    expect(told).toBe(false);
    kernel.take(1, new Error('no way'));
    await room;
    expect([queue.failed, queue.lastError?.message]).toEqual([1, 'no way']);
    await queue.room();
  });

  it('lets nobody wait for a socket that is gone', async () => {
    const kernel = new Kernel();
    const queue = new PacketQueue(kernel.socket, TO, 1);
    queue.send(packet);
    const waiting = [queue.room(), queue.drain()];
    queue.close();
    await Promise.all([...waiting, queue.drain(), queue.room()]);
  });
});
