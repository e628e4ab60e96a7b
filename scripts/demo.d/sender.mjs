// The sender of the second act, in a thread of its own: neither it nor the receivers wait for the other.
import { once } from 'node:events';
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

if (parentPort) {
  const port = parentPort;
  port.on('message', async ({ options, frames, ppm }) => {
    const sender = await RtpSender.open(options);
    const { packetFrames, frameBytes } = sender;
    function* packets() {
      for (let sent = 0; sent < frames; sent += packetFrames) {
        yield new Uint8Array(workerData, sent * frameBytes, packetFrames * frameBytes);
      }
    }
    await sender.pace(packets(), { ppm });
    await sender.drain();
    sender.close();
    port.postMessage('sent');
  });
  port.postMessage('ready');
}
