/** Pcm: one playback or capture substream of a hw: device, with exact parameters. */
import {
  checkBoolean,
  checkBytes,
  checkCardNumber,
  checkInteger,
  checkOneOf,
  checkOptions,
  type OptionNames,
  rangeError,
} from '../arguments.js';
import { controlDevice, pcmDevice, TIMER_DEVICE } from '../device-nodes.js';
import { AlsaError, fromNative, withHint } from '../errors.js';
import type { NativeError, PcmHandle } from '../native/binding.js';
import { release, watch } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { accessName, accessNumber, type PcmAccess } from './access.js';
import { formatName, frameBytes, sampleFormat } from './format.js';
import { describeHolder, otherEnd } from './holder.js';
import { checkParameters, PCM_PARAMETERS, type PcmParameters } from './parameters.js';
import { type PcmState, stateName } from './state.js';

export type PcmDirection = 'playback' | 'capture';

export interface PcmOptions extends PcmParameters {
  /** The number of the card, 0..255. */
  readonly card: number;
  /** The number of the device: 0 or 1 on a loopback card. */
  readonly device: number;
  /** The number of the substream; the first free one when it is left out. */
  readonly substream?: number;
  readonly direction: PcmDirection;
}

const PCM_OPTIONS: OptionNames<PcmOptions> = {
  ...PCM_PARAMETERS,
  card: true,
  device: true,
  substream: true,
  direction: true,
};

/**
 * A substream of `hw:card,device,substream`, opened for this process alone.
 *
 * Nothing blocks: `write` and `read` take what is possible now. The stream starts by `start()` only. It may run empty
 * (stop_threshold is the buffer size plus one), so "write a period, trigger" is lossless without an extra period of
 * latency, and one missing frame is an xrun.
 *
 * @example
 * using pcm = Pcm.open({ card: 0, device: 0, substream: 0, direction: 'playback',
 *   format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
 * pcm.write(new Uint8Array(480 * 4));
 * pcm.start();
 */
export class Pcm implements Disposable {
  readonly #handle: PcmHandle;
  readonly #card: number;
  readonly #device: number;
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

  private constructor(
    handle: PcmHandle,
    name: string,
    options: PcmOptions,
    parameters: Required<PcmParameters>,
  ) {
    this.#handle = handle;
    this.#card = options.card;
    this.#device = options.device;
    this.direction = options.direction;
    this.parameters = parameters;
    this.frameBytes = frameBytes(parameters.format, parameters.channels);
    this.bufferFrames = parameters.periodFrames * parameters.periods;
    this.name = name;
    this.substream = this.#call(() => handle.subdevice());
    this.name += `,${this.substream}`;
    watch(this, handle, `${this.direction} ${this.name}`);
  }

  /**
   * Opens /dev/snd/pcmC<card>D<device>p or c and sets it up: SNDRV_PCM_IOCTL_HW_PARAMS, SW_PARAMS, PREPARE.
   *
   * @throws TypeError, RangeError for parameters that no loopback has
   * @throws AlsaError ERR_PCM_PARAMETER when the device offers something else, or the other end of its cable has another
   * access, saying what differs; ENOENT, EBUSY, EACCES;
   * on a loopback card ENODEV, EINVAL or ERANGE for its timer_source
   * @example
   * using pcm = Pcm.open({ card: 0, device: 0, direction: 'playback',
   *   format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 });
   * console.log(pcm.name, pcm.bufferFrames, pcm.state()); // hw:0,0,0 1920 prepared
   */
  static open(options: PcmOptions): Pcm {
    checkOptions('options', options, PCM_OPTIONS);
    const card = checkCardNumber('card', options.card);
    const device = checkInteger('device', options.device, 0, 31);
    const substream =
      options.substream === undefined ? -1 : checkInteger('substream', options.substream, 0, 127);
    const playback = checkOneOf('direction', options.direction, ['playback', 'capture']) === 'playback';
    const parameters = checkParameters(options);
    const { format, rate, channels, periodFrames, periods, fillWithSilence, access } = parameters;
    const name = `hw:${card},${device}`;
    let handle: PcmHandle | undefined;
    try {
      const path = pcmDevice(card, device, options.direction);
      handle = native().openPcm(path, playback, controlDevice(card), substream);
      handle.configure({
        access: accessNumber(access),
        format: sampleFormat(format).number,
        rate,
        channels,
        periodFrames,
        bufferFrames: periodFrames * periods,
        frameBytes: frameBytes(format, channels),
        fillWithSilence,
      });
      const pcm = new Pcm(handle, name, options, parameters);
      pcm.#checkAccess();
      return pcm;
    } catch (error) {
      handle?.close();
      throw parameterError(error, `${options.direction} ${name}`) ?? fromNative(error, name);
    }
  }

  get closed(): boolean {
    return this.#handle.closed();
  }

  /** The state of the stream: SNDRV_PCM_IOCTL_STATUS. */
  state(): PcmState {
    const { state } = this.#call(() => this.#handle.status());
    return stateName(state);
  }

  /** Frames that `write` or `read` would take now. */
  avail(): number {
    return this.#call(() => this.#handle.status()).avail;
  }

  /** Playback: frames queued. Capture: frames waiting to be read. */
  delay(): number {
    return this.#call(() => this.#handle.status()).delay;
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
    return this.#call(() => this.#handle.timerResolution(TIMER_DEVICE));
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
    return this.#call(() => this.#handle.write(bytes));
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
    return this.#call(() => this.#handle.read(bytes));
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
    this.#call(() => this.#handle.prepare());
  }

  /**
   * Starts the stream: SNDRV_PCM_IOCTL_START. A playback needs something queued.
   *
   * @throws AlsaError ERR_NOT_STARTED when the kernel reports success but the stream does not run: snd-aloop does that
   * while any other client of the cable's timer runs; EPIPE (nothing queued), EINVAL (timer gone, or period under
   * 100 us), EIO (the other side has other parameters or another access, which the hint names). An overrun that comes right behind is for the next read to tell.
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * using pcm = Pcm.open({ ...loop.parameters, card: 0, device: 1, substream: 0, direction: 'capture' });
   * pcm.start();
   * console.log(pcm.state()); // running
   */
  start(): void {
    const result = this.#call(() => this.#startHandle());
    const state = this.state();
    // One that started may have overrun already, or be suspended: what is called next on it says that.
    if (result !== 0 || state === 'prepared') {
      throw notStarted(`${this.direction} ${this.name}`, result, state);
    }
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
    this.#call(() => this.#handle.drop());
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
    this.#call(() => this.#handle.pause(on));
    const state = this.state();
    if (!on && state === 'paused') throw notStarted(`${this.direction} ${this.name}`, 1, state);
  }

  /** Closes the substream. Closing again does nothing. */
  close(): void {
    release(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The kernel takes any access, and fails at START (sound/drivers/aloop.c: loopback_check_format). */
  #checkAccess(): void {
    const { access } = this.parameters;
    const other = otherEnd(this.#card, this.#device, this.direction, this.substream);
    const offered = other?.parameters?.access;
    if (other === undefined || offered === undefined || offered === access) return;
    throw new AlsaError(
      `${this.direction} ${this.name} does not take access ${access}: the other end has ${offered}`,
      { code: 'ERR_PCM_PARAMETER', hint: `${accessHint(offered)} Now ${describeHolder(other)}.` },
    );
  }

  #startHandle(): number {
    try {
      return this.#handle.start();
    } catch (error) {
      const explained = fromNative(error, `${this.direction} ${this.name}`);
      if (!(explained instanceof AlsaError) || explained.code !== 'EIO') throw error;
      const other = otherEnd(this.#card, this.#device, this.direction, this.substream);
      if (other?.parameters === undefined) throw error;
      const { access } = other.parameters;
      const option = access === this.parameters.access ? '' : `${accessHint(access)} `;
      throw withHint(explained, `${option}Now ${describeHolder(other)}.`);
    }
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
    try {
      return body();
    } catch (error) {
      throw fromNative(error, `${this.direction} ${this.name}`);
    }
  }
}

/** What to do where the other end of a cable has `access`. */
export function accessHint(access: PcmAccess): string {
  return `The two ends of a cable must agree in access: open this one with access: '${access}', or the other one anew.`;
}

/** The error for a START that changed nothing. */
export function notStarted(what: string, result: number, state: PcmState): AlsaError {
  return new AlsaError(`${what} did not start: START returned ${result}, the state is ${state}`, {
    code: 'ERR_NOT_STARTED',
    syscall: 'ioctl SNDRV_PCM_IOCTL_START',
    hint:
      'Another client of the same timer is running (a listener, another cable, or the other direction of this one), ' +
      'and snd-aloop does not start then. Use one timer for one cable and no listener on it; /proc/asound/timers lists the clients.',
  });
}

function parameterError(error: unknown, what: string): AlsaError | undefined {
  const native = error as NativeError;
  if (native.code !== 'ERR_PCM_PARAMETER' || native.parameter === undefined) return undefined;
  const { parameter, requested = 0, offered = [], min, max } = native;
  const named = parameter === 'access' ? accessName : parameter === 'format' ? formatName : undefined;
  const asked = named ? named(requested) : String(requested);
  const range = min === max ? String(min) : `${min}..${max}`;
  const choice = named ? offered.map(named).join(', ') || 'nothing else' : range;
  return new AlsaError(`${what} does not take ${parameter} ${asked}: it offers ${choice}`, {
    code: 'ERR_PCM_PARAMETER',
    syscall: 'ioctl SNDRV_PCM_IOCTL_HW_REFINE',
    hint:
      'On a loopback card the other end of the cable decides format, rate, channels and period, until both ends are closed; ' +
      '`cat /proc/asound/<card>/cable#0` (or #1) shows its parameters, `fuser -v /dev/snd/pcmC*` who holds it.',
  });
}
