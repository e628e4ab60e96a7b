/** Pcm: one playback or capture substream of a hw: device, with exact parameters. */
import { checkBoolean, checkBytes, rangeError, type WaitOptions } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { TIMER_DEVICE } from '../device-nodes.js';
import { AlsaError } from '../errors.js';
import { adopt, release, watch } from '../native/lifetime.js';
import { OpenSubstream } from './open-substream.js';
import { checkPcmOptions, type PcmDirection, type PcmOptions } from './options.js';
import type { PcmParameters } from './parameters.js';
import { Readiness } from './readiness.js';
import { notStarted, type PcmState, stateName } from './state.js';

/**
 * A substream of `hw:card,device,substream`, opened for this process alone.
 *
 * Nothing blocks: `write` and `read` take what is possible now, and {@link Pcm.ready} waits until that is a period. The stream
 * starts by `start()` only. It may run empty (stop_threshold is the buffer size plus one), so "write a period, trigger" is
 * lossless without an extra period of latency, and one missing frame is an xrun.
 *
 * @example
 * using pcm = Pcm.open({ card: 0, device: 0, substream: 0, direction: 'playback',
 *   format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
 * pcm.write(new Uint8Array(480 * 4));
 * pcm.start();
 */
export class Pcm implements Disposable {
  readonly #device: OpenSubstream;
  #readiness: Readiness | undefined;
  /** The device in ALSA's notation, for instance 'hw:0,0,0'. */
  readonly name: string;
  readonly direction: PcmDirection;
  readonly substream: number;
  /** What the device was set to, defaults filled in. */
  readonly parameters: Required<PcmParameters>;
  /** Bytes of one frame. */
  readonly frameBytes: number;
  /** Frames of the buffer. */
  readonly bufferFrames: number;

  private constructor(made: typeof MADE, device: OpenSubstream, parameters: Required<PcmParameters>) {
    checkMade(made, 'Pcm.open()');
    const { name, direction, substream } = device.end;
    this.#device = device;
    this.name = name;
    this.direction = direction;
    this.substream = substream;
    this.parameters = parameters;
    this.frameBytes = device.sizes.frameBytes;
    this.bufferFrames = device.sizes.bufferFrames;
    watch(this, device.handle, device.what);
  }

  /**
   * Opens /dev/snd/pcmC<card>D<device>p or c and sets it up: SNDRV_PCM_IOCTL_HW_PARAMS, SW_PARAMS, PREPARE.
   *
   * @throws TypeError, RangeError for parameters that no loopback has
   * @throws AlsaError ERR_PCM_PARAMETER when the device offers something else, or the other end of its cable has another
   * access, saying what differs; ENOENT, EBUSY, EACCES; on a loopback card ENODEV, EINVAL or ERANGE for its timer_source
   * @example
   * using pcm = Pcm.open({ card: 0, device: 0, direction: 'playback',
   *   format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
   * console.log(pcm.name, pcm.bufferFrames, pcm.state()); // hw:0,0,0 1920 prepared
   */
  static open(options: PcmOptions): Pcm {
    const checked = checkPcmOptions(options);
    return new Pcm(MADE, OpenSubstream.open(checked), checked.parameters);
  }

  get closed(): boolean {
    return this.#device.handle.closed();
  }

  /** The state of the stream: SNDRV_PCM_IOCTL_STATUS. */
  state(): PcmState {
    const { state } = this.#call(() => this.#device.handle.status());
    return stateName(state);
  }

  /** Frames that `write` or `read` would take now. */
  avail(): number {
    return this.#call(() => this.#device.handle.status()).avail;
  }

  /** Playback: frames queued. Capture: frames waiting to be read. */
  delay(): number {
    return this.#call(() => this.#device.handle.status()).delay;
  }

  /**
   * Nanoseconds of a period as the kernel computed them when the parameters were set; a timer that clocks this
   * substream must have exactly this resolution. SNDRV_TIMER_IOCTL_GINFO of the substream's own timer.
   *
   * @throws AlsaError ENOENT, EACCES (/dev/snd/timer), ENODEV (a kernel without CONFIG_SND_PCM_TIMER), ERR_CLOSED
   * @example
   * using pcm = Pcm.open({ card: 0, device: 0, direction: 'playback',
   *   format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
   * console.log(pcm.timerResolution()); // 10000000n
   */
  timerResolution(): bigint {
    return this.#call(() => this.#device.handle.timerResolution(TIMER_DEVICE));
  }

  /**
   * Queues frames: SNDRV_PCM_IOCTL_WRITEI_FRAMES, or WRITEN_FRAMES with access 'noninterleaved'.
   *
   * @param bytes whole frames, interleaved with either access
   * @returns frames taken, less than given when the buffer is full
   * @throws TypeError, RangeError
   * @throws AlsaError EPIPE after an xrun, ESTRPIPE after a suspend, EBADFD when not prepared, ENODEV once the card is gone,
   * ERR_WRONG_DIRECTION, ERR_CLOSED
   * @example
   * using pcm = Pcm.open({ card: 0, device: 0, direction: 'playback',
   *   format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
   * console.log(pcm.write(new Uint8Array(5 * 480 * pcm.frameBytes))); // 1920
   */
  write(bytes: Uint8Array): number {
    this.#checkFrames(bytes, 'playback');
    return this.#call(() => this.#device.handle.write(bytes));
  }

  /**
   * Takes captured frames: SNDRV_PCM_IOCTL_READI_FRAMES, or READN_FRAMES with access 'noninterleaved'.
   *
   * @param bytes where to; room for whole frames, which are interleaved with either access
   * @returns frames read, 0 when there are none
   * @throws TypeError, RangeError
   * @throws AlsaError EPIPE after an xrun, ESTRPIPE after a suspend, EBADFD when not running, ENODEV once the card is gone,
   * ERR_WRONG_DIRECTION, ERR_CLOSED
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using pcm = Pcm.open({ ...loop.parameters, card: 0, device: 1, substream: 0, direction: 'capture' });
   * pcm.start();
   * loop.write(new Uint8Array(loop.periodBytes));
   * console.log(pcm.read(new Uint8Array(loop.periodBytes))); // 480
   */
  read(bytes: Uint8Array): number {
    this.#checkFrames(bytes, 'capture');
    return this.#call(() => this.#device.handle.read(bytes));
  }

  /**
   * Makes the stream ready to start again, empty: SNDRV_PCM_IOCTL_PREPARE.
   *
   * @throws AlsaError EBUSY while it runs, ENODEV once the card is gone, ERR_CLOSED
   * @example
   * using pcm = Pcm.open({ card: 0, device: 0, direction: 'playback',
   *   format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
   * pcm.write(new Uint8Array(480 * pcm.frameBytes));
   * pcm.prepare();
   * console.log(pcm.delay()); // 0
   */
  prepare(): void {
    this.#call(() => this.#device.handle.prepare());
  }

  /**
   * Starts the stream: SNDRV_PCM_IOCTL_START. A playback needs something queued.
   *
   * @throws AlsaError ERR_NOT_STARTED when the kernel reports success but the stream does not run: snd-aloop does that
   * while any other client of the cable's timer runs; EPIPE (nothing queued), EINVAL (timer gone, or period under
   * 100 us), EIO (the other side has other parameters or another access, which the hint names). An overrun that comes right
   * behind is for the next read to tell.
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using pcm = Pcm.open({ ...loop.parameters, card: 0, device: 1, substream: 0, direction: 'capture' });
   * pcm.start();
   * console.log(pcm.state()); // running
   */
  start(): void {
    const result = this.#call(() => this.#device.start());
    const state = this.state();
    // One that started may have overrun already, or be suspended: what is called next on it says that.
    if (result !== 0 || state === 'prepared') throw notStarted(this.#device.what, result, state);
  }

  /**
   * Stops at once; what is queued is lost: SNDRV_PCM_IOCTL_DROP.
   *
   * @throws AlsaError ENODEV once the card is gone, ERR_CLOSED
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using pcm = Pcm.open({ ...loop.parameters, card: 0, device: 1, substream: 0, direction: 'capture' });
   * pcm.start();
   * pcm.drop();
   * console.log(pcm.state()); // setup
   */
  drop(): void {
    this.#call(() => this.#device.handle.drop());
  }

  /**
   * Pauses or goes on: SNDRV_PCM_IOCTL_PAUSE. Going on has the rules, and errors, of start().
   *
   * @throws TypeError; AlsaError EBADFD where it does not run, or is not paused; ERR_NOT_STARTED, ENODEV, ERR_CLOSED
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using pcm = Pcm.open({ ...loop.parameters, card: 0, device: 1, substream: 0, direction: 'capture' });
   * pcm.start();
   * pcm.pause(true);
   * console.log(pcm.state()); // paused
   * pcm.pause(false);
   */
  pause(on: boolean): void {
    checkBoolean('on', on);
    this.#call(() => this.#device.handle.pause(on));
    const state = this.state();
    if (!on && state === 'paused') throw notStarted(this.#device.what, 1, state);
  }

  /**
   * Waits until a period can be written or read: poll(2), for the `avail_min` of the substream. A capture is not ready before
   * its start, a playback is while it has room for a period.
   *
   * @throws TypeError
   * @throws AlsaError EPIPE after an xrun, ESTRPIPE after a suspend, EBADFD when not prepared, ENODEV once the card is gone,
   * ERR_CLOSED, also where it is closed during the wait; the reason of `signal`
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using pcm = Pcm.open({ ...loop.parameters, card: 0, device: 1, substream: 0, direction: 'capture' });
   * pcm.start();
   * setImmediate(() => loop.write(new Uint8Array(loop.periodBytes)));
   * await pcm.ready({ signal: AbortSignal.timeout(5_000) });
   * console.log(pcm.avail()); // 480
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    await this.#call(() => this.#waits()).ready(options);
  }

  /** Closes the substream. Whoever waits is told. Closing again does nothing. */
  close(): void {
    release(this.#device.handle);
    this.#readiness?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Made when somebody waits: the event loop needs a descriptor of its own. */
  #waits(): Readiness {
    if (!this.#readiness) {
      this.#readiness = new Readiness(this.#device.handle, this.#device.what, this.parameters.periodFrames);
      adopt(this, this.#readiness);
    }
    return this.#readiness;
  }

  #checkFrames(bytes: Uint8Array, direction: PcmDirection): void {
    checkBytes('bytes', bytes);
    if (this.direction !== direction) {
      throw new AlsaError(`${this.name} is open for ${this.direction}`, { code: 'ERR_WRONG_DIRECTION' });
    }
    if (bytes.length % this.frameBytes !== 0) {
      throw rangeError('bytes.length', `a multiple of ${this.frameBytes} (bytes of a frame)`, bytes.length);
    }
  }

  #call<T>(body: () => T): T {
    return this.#device.call(body);
  }
}
