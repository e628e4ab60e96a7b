// The sender of the second act, in a thread of its own: neither it nor the receivers wait for the other.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { RtpSender } from '../../dist/rtp/index.js';

export class Sender {
  #worker;

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
  }

  /** @param {SharedArrayBuffer} audio what to send */
  static async start(audio) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: audio });
    await once(worker, 'message');
    return new Sender(worker);
  }

  /**
   * Sends the beginning of the audio; resolves when the kernel has all of it.
   *
   * @param {import('../../dist/rtp/index.js').RtpSenderOptions} options
   * @param {number} frames how much
   * @param {number} ppm how fast its clock is
   */
  async send(options, frames, ppm) {
    this.#worker.postMessage({ options, frames, ppm });
    await once(this.#worker, 'message');
  }

  async close() {
    await this.#worker.terminate();
  }
}

// This clock must lose no time, however long the machine stood still. RtpSender.pace() counts anew after more than a second.
if (parentPort) {
  const port = parentPort;
  port.on('message', async ({ options, frames, ppm }) => {
    const sender = await RtpSender.open(options);
    const { packetFrames, frameBytes } = sender;
    const framesPerMs = (options.rate * (1 + ppm / 1e6)) / 1000;
    const began = performance.now();
    for (let sent = 0; sent < frames; sent += packetFrames) {
      const early = sent / framesPerMs - (performance.now() - began);
      if (early > 0) await sleep(Math.ceil(early));
      sender.write(new Uint8Array(workerData, sent * frameBytes, packetFrames * frameBytes));
      await sender.drain();
    }
    sender.close();
    port.postMessage('sent');
  });
  port.postMessage('ready');
}
