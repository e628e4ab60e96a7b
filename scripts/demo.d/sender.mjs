// The sender of the second act, in a thread of its own: neither it nor the receivers wait for the other.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { RtpSender } from '../../dist/rtp/index.js';

export class Sender {
  #worker;
  /** What both threads see: when it began, in nanoseconds of the monotonic clock; 0 before. */
  #began;
  #frames = 0;

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
   * How many frames its clock has counted; undefined when those are more than it was to send. That it is late itself is none
   * of its clock's: it catches up.
   *
   * @param {number} rate frames a second by its clock
   */
  position(rate) {
    const position = this.seconds * rate;
    return position > this.#frames ? undefined : position;
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
    this.#frames = frames;
    this.#worker.postMessage({ options, frames, ppm });
    await once(this.#worker, 'message');
  }

  async close() {
    await this.#worker.terminate();
  }
}

if (!isMainThread) {
  parentPort.on('message', async ({ options, frames, ppm }) => {
    const { audio, began } = workerData;
    const sender = await RtpSender.open(options);
    const { packetFrames, frameBytes } = sender;
    function* packets() {
      for (let sent = 0; sent < frames; sent += packetFrames) {
        yield new Uint8Array(audio, sent * frameBytes, packetFrames * frameBytes);
      }
    }
    Atomics.store(began, 0, process.hrtime.bigint());
    await sender.pace(packets(), { ppm });
    await sender.drain();
    sender.close();
    parentPort.postMessage('sent');
  });
  parentPort.postMessage('ready');
}
