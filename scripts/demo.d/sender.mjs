// The sender of the second act, in a thread of its own: neither it nor the receivers wait for the other.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { RtpSender } from '../../dist/rtp/index.js';

/** What both threads see: when it began, in nanoseconds of the monotonic clock, 0 before; and how many frames went out. */
const BEGAN = 0;
const SENT = 1;

export class Sender {
  #worker;
  #progress;

  constructor(worker, progress) {
    this.#worker = worker;
    this.#progress = progress;
  }

  /** @param {SharedArrayBuffer} audio what to send */
  static async start(audio) {
    const progress = new BigInt64Array(new SharedArrayBuffer(16));
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { audio, progress } });
    await once(worker, 'message');
    return new Sender(worker, progress);
  }

  /** Seconds since it began, by the monotonic clock. */
  get seconds() {
    const began = Atomics.load(this.#progress, BEGAN);
    return began === 0n ? 0 : Number(process.hrtime.bigint() - began) / 1e9;
  }

  /**
   * How far it is, in frames: where its clock is, or what it has sent where it is late itself.
   *
   * @param {number} rate frames a second by its clock
   */
  position(rate) {
    return Math.min(this.seconds * rate, Number(Atomics.load(this.#progress, SENT)));
  }

  /**
   * Sends the beginning of the audio; resolves when the kernel has all of it.
   *
   * @param {import('../../dist/rtp/index.js').RtpSenderOptions} options
   * @param {number} frames how much
   * @param {number} ppm how fast its clock is
   */
  async send(options, frames, ppm) {
    Atomics.store(this.#progress, BEGAN, 0n);
    Atomics.store(this.#progress, SENT, 0n);
    this.#worker.postMessage({ options, frames, ppm });
    await once(this.#worker, 'message');
  }

  async close() {
    await this.#worker.terminate();
  }
}

if (!isMainThread) {
  parentPort.on('message', async ({ options, frames, ppm }) => {
    const { audio, progress } = workerData;
    const sender = await RtpSender.open(options);
    const { packetFrames, frameBytes } = sender;
    // The next packet is asked for when the one before has gone out.
    function* packets() {
      for (let sent = 0; sent < frames; sent += packetFrames) {
        Atomics.store(progress, SENT, BigInt(sent));
        yield new Uint8Array(audio, sent * frameBytes, packetFrames * frameBytes);
      }
      Atomics.store(progress, SENT, BigInt(frames));
    }
    Atomics.store(progress, BEGAN, process.hrtime.bigint());
    await sender.pace(packets(), { ppm });
    await sender.drain();
    sender.close();
    parentPort.postMessage('sent');
  });
  parentPort.postMessage('ready');
}
