// The sender of the second act, in a thread of its own: neither it nor the receivers wait for the other.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { RtpSender } from '../../dist/rtp/index.js';

export class Sender {
  #worker;
  /** When it began, in nanoseconds of the monotonic clock, which all threads share; 0 before. */
  #began;

  constructor(worker, began) {
    this.#worker = worker;
    this.#began = began;
  }

  /** @param {SharedArrayBuffer} audio what to send */
  static async start(audio) {
    const began = new BigInt64Array(new SharedArrayBuffer(8));
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { audio, began } });
    await once(worker, 'message');
    return new Sender(worker, began);
  }

  /** Seconds since it began, by the monotonic clock. */
  get seconds() {
    const began = Atomics.load(this.#began, 0);
    return began === 0n ? 0 : Number(process.hrtime.bigint() - began) / 1e9;
  }

  /**
   * Sends the beginning of the audio; resolves when the kernel has all of it.
   *
   * @param {import('../../dist/rtp/index.js').RtpSenderOptions} options
   * @param {number} frames how much
   * @param {number} ppm how fast its clock is
   */
  async send(options, frames, ppm) {
    Atomics.store(this.#began, 0, 0n);
    this.#worker.postMessage({ options, frames, ppm });
    await once(this.#worker, 'message');
  }

  async close() {
    await this.#worker.terminate();
  }
}

if (!isMainThread) {
  parentPort.on('message', async ({ options, frames, ppm }) => {
    const sender = await RtpSender.open(options);
    const audio = new Uint8Array(workerData.audio, 0, frames * sender.frameBytes);
    Atomics.store(workerData.began, 0, process.hrtime.bigint());
    await sender.pace([audio], { ppm });
    await sender.drain();
    sender.close();
    parentPort.postMessage('sent');
  });
  parentPort.postMessage('ready');
}
