/** Receivers, senders and sockets that are closed when their test ends. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach } from 'vitest';
import {
  type FrameSink,
  RtpReceiver,
  type RtpReceiverOptions,
  RtpSender,
  type RtpSenderOptions,
} from '../../lib/rtp/index.js';
import { generator } from './rtp-stream.js';

export const FORMAT = { encoding: 'L24', rate: 48_000, channels: 2 } as const;
export const FRAME_BYTES = 6;

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const resource of opened.splice(0)) resource.close();
});

export function keep<T extends { close(): void }>(resource: T): T {
  opened.push(resource);
  return resource;
}

/** Keeps what is written, and tells when there is enough of it. */
export class Collector implements FrameSink {
  #bytes = Buffer.alloc(0);
  #wanted = 0;
  #resolve: (() => void) | undefined;

  write(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length >= this.#wanted) this.#resolve?.();
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  async holds(bytes: number): Promise<Buffer> {
    this.#wanted = bytes;
    if (this.#bytes.length < bytes) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    }
    return this.#bytes;
  }
}

export async function receiverFor(options: Partial<RtpReceiverOptions> = {}) {
  const sink = new Collector();
  const receiver = keep(
    await RtpReceiver.open({
      ...FORMAT,
      payloadType: 96,
      address: '127.0.0.1',
      port: 0,
      sink,
      // Nothing here may depend on how long the machine takes.
      reorderMs: 10_000,
      ...options,
    }),
  );
  return { receiver, sink };
}

export async function senderTo({ port, address }: RtpReceiver, options: Partial<RtpSenderOptions> = {}) {
  return keep(await RtpSender.open({ ...FORMAT, address, port, ...options }));
}

export async function plainSocket(): Promise<Socket> {
  const socket = keep(createSocket('udp4'));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/**
 * Counts what comes to a port of the loopback interface: what is received, and what the kernel drops there because this process
 * is too slow for it. Their sum is what was sent, on a machine that is ever so busy.
 */
export async function countingSocket() {
  const socket = await plainSocket();
  socket.setRecvBufferSize(1 << 20);
  const { port } = socket.address();
  let received = 0;
  socket.on('message', () => {
    received += 1;
  });
  const line = new RegExp(
    `^ *\\d+: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} .* (\\d+) *$`,
    'm',
  );
  const dropped = () => Number(line.exec(readFileSync('/proc/net/udp', 'latin1'))?.[1]);
  return {
    port,
    /** How many came, as soon as those are so many: a test that waits for more ends by its own deadline. */
    async all(packets: number): Promise<number> {
      while (received + dropped() < packets) await once(socket, 'message');
      return received + dropped();
    },
  };
}

export function noise(frames: number, seed = 9): Buffer {
  const random = generator(seed);
  return Buffer.from(Uint8Array.from({ length: frames * FRAME_BYTES }, () => random(256)));
}
