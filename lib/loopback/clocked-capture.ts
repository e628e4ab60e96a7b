/** ClockedCapture: audio from one cable of snd-aloop, at the pace of whoever reads it. */
import type { Readable } from 'node:stream';
import { checkInteger } from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { adopt, watch } from '../native/lifetime.js';
import { ObservantEmitter } from '../observant-emitter.js';
import type { PcmParameters } from '../pcm/parameters.js';
import { readableOf } from './capture-frames.js';
import type { LoopbackCard } from './card.js';
import { withCardLock, withCardLockNow } from './card-lock.js';
import { loopbackChannels } from './channels.js';
import type { ClockedCaptureEvents, ClockedCaptureStats } from './clocked-capture-events.js';
import {
  type CheckedClockedCaptureOptions,
  type ClockedCaptureOptions,
  type ClockedCaptureSyncOptions,
  checkClockedCaptureOptions,
} from './clocked-capture-options.js';
import { allowPacing } from './paced-capture.js';
import { type PlayerFramesOptions, type PlayerSource, playerFrames } from './player-frames.js';
import { PlayingEnd } from './playing-end.js';
import { Reading } from './reading.js';
import { Wakes } from './wakes.js';
import type { WriterState } from './writer.js';

/** What the other end of the cable is watched for. */
const WATCHED = ['player', 'mismatch'] as const;
/** Of one read, in bytes: what a program can hold. */
const MOST = 2 ** 30;
/** Of one chunk of an iteration, in bytes, and a period at least. */
const CHUNK = 65_536;

/**
 * One cable of a loopback card that another program plays into, aplay or a browser for instance, with a timer of its own: the
 * player runs at the pace of whoever reads, and nothing is resampled, lost, repeated or reordered, up to the player's last frame.
 *
 * It is the mirror of {@link ClockedLoopback}. {@link read} moves periods at once, by the clock of the caller; {@link frames} and
 * {@link readable} take what the player has, as fast as it plays. A `Pacer` moves them by a clock. The cable is clocked by this
 * object for as long as this object or a player has it open. A player that nobody reads from waits: aplay, and others with
 * blocking writes, give up with EIO after 100 ms or 1.1 of their buffers, whichever is longer.
 *
 * @example
 * using capture = await ClockedCapture.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
 * console.log(`aplay -D ${capture.playerName} in.wav`); // aplay -D hw:0,0,0 in.wav
 * console.log(capture.read(10).length); // silence, since nobody plays: 19200
 * console.log(capture.stats().silentPeriods); // 10
 */
export class ClockedCapture
  extends ObservantEmitter<ClockedCaptureEvents>
  implements Disposable, AsyncIterable<Buffer>
{
  readonly card: LoopbackCard;
  /** The device that is captured on. */
  readonly device: number;
  readonly substream: number;
  /** What the cable is set to, defaults filled in. */
  readonly parameters: Required<PcmParameters>;
  readonly #reading: Reading;
  readonly #playing: PlayingEnd;
  readonly #wakes = new Wakes();

  private constructor(made: typeof MADE, options: CheckedClockedCaptureOptions, reading: Reading) {
    checkMade(made, 'ClockedCapture.open()');
    super(
      (type) => {
        if (WATCHED.some((watched) => watched === type) && !this.closed) this.#playing.events.start();
      },
      () => {
        if (WATCHED.every((watched) => this.listenerCount(watched) === 0)) this.#playing.events.stop();
      },
    );
    const { pcm, parameters } = reading;
    const { card, device, timer } = options;
    this.card = card;
    this.device = device;
    this.substream = pcm.substream;
    this.parameters = parameters;
    this.#reading = reading;
    const { isObserved } = loopbackChannels;
    reading.begin({
      isWatched: () =>
        this.listenerCount('overrun') > 0 ||
        isObserved('clocked-capture:overrun') ||
        isObserved('clocked-capture:xrun'),
      recovered: (xruns) => loopbackChannels.publish('clocked-capture:xrun', { capture: this, xruns }),
      lost: (periods) => {
        loopbackChannels.publish('clocked-capture:overrun', { capture: this, periods });
        this.emit('overrun', { periods });
      },
    });
    this.#playing = new PlayingEnd(this, this);
    allowPacing(this, { reading, wakes: this.#wakes });
    watch(this, reading.pump, reading.name);
    adopt(this, this.#playing.reader, pcm, ...(reading.timer === timer ? [] : [reading.timer]));
    loopbackChannels.publish('clocked-capture:open', { capture: this });
    this.#playing.begin();
  }

  /**
   * Creates a timer, or takes `timer`, points the card at it, opens the capture side of a cable, checks that the timer clocks it
   * with the right resolution, and starts it: SNDRV_TIMER_IOCTL_CREATE, /proc/asound/card<N>/timer_source,
   * SNDRV_PCM_IOCTL_HW_PARAMS, SNDRV_TIMER_IOCTL_GINFO, SNDRV_PCM_IOCTL_START. Nothing moves by that. Processes that open cables
   * of one card take turns, see {@link ClockedCaptureOptions.signal}.
   *
   * The player opens the cable behind it, or before it where `timer` names the cable's clock.
   *
   * @throws TypeError, RangeError, for instance for periods shorter than 100 us, which the kernel does not start
   * @throws AlsaError what UserTimer.create and Pcm.open throw; what a `timer`, a `timerId` or a `substream` throws that does
   * not fit, see {@link ClockedCaptureOptions}; ERR_NO_LOOPBACK_CARD; EACCES where timer_source may not be set and names no
   * timer that could be held; ERR_CABLE_CLOCK when a player has the cable open on another clock; ERR_RESOLUTION when the
   * kernel computes another resolution for the period; ERR_NOT_STARTED while somebody else runs on the timer; ERR_CARD_LOCKED
   * when another process keeps the lock of the card, with its name; the reason of `signal`
   * @example
   * using capture = await ClockedCapture.open({ card: 'Loopback', substream: 'free',
   *   rate: 44_100, channels: 2, format: 'S16_LE', periodFrames: 441 });
   * console.log(capture.playerName, capture.periodBytes); // hw:0,0,0 1764
   */
  static async open(options: ClockedCaptureOptions): Promise<ClockedCapture> {
    const checked = checkClockedCaptureOptions(options, true);
    return withCardLock(checked.card, checked.signal, () => ClockedCapture.#openLocked(checked));
  }

  /**
   * As {@link open}, without a wait: where another process has its turn, this fails at once, and names it.
   *
   * @throws what {@link open} throws; AlsaError ERR_CARD_LOCKED when another process opens a cable of the card right now
   * @example
   * using capture = ClockedCapture.openSync({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * console.log(capture.playerName); // hw:0,0,0
   */
  static openSync(options: ClockedCaptureSyncOptions): ClockedCapture {
    const checked = checkClockedCaptureOptions(options, false);
    return withCardLockNow(checked.card, () => ClockedCapture.#openLocked(checked));
  }

  static #openLocked(options: CheckedClockedCaptureOptions): ClockedCapture {
    const reading = Reading.open(options);
    try {
      return new ClockedCapture(MADE, options, reading);
    } catch (error) {
      reading.close();
      throw error;
    }
  }

  /** What a player opens, in ALSA's notation, for instance 'hw:0,0,0'. */
  get playerName(): string {
    return `hw:${this.card.number},${1 - this.device},${this.substream}`;
  }

  /** The id of its timer, 0..127. */
  get timerId(): number {
    return this.#reading.timer.id;
  }

  /** Nanoseconds that a tick of its timer stands for: what `periodResolution` gives for its period. */
  get resolutionNs(): bigint {
    return this.#reading.timer.resolutionNs;
  }

  /** Bytes of one frame. */
  get frameBytes(): number {
    return this.#reading.frameBytes;
  }

  /** Bytes of one period. */
  get periodBytes(): number {
    return this.#reading.periodBytes;
  }

  get closed(): boolean {
    return this.#reading.closed;
  }

  /** What happened so far. Reads /proc/asound/card<N>/pcm<D>p/sub<S>/status for `player`. */
  stats(): ClockedCaptureStats {
    const player = !this.closed && this.#playing.look().plays;
    return { ...this.#reading.stats(), player };
  }

  /**
   * Who plays into the cable now: SNDRV_CTL_IOCTL_ELEM_READ of the PCM Slave controls on /dev/snd/controlC<N>, and
   * /proc/asound/card<N>/pcm<D>p/sub<S>.
   *
   * @throws AlsaError ENOENT, EACCES, ENODEV once the card is gone
   * @example
   * using capture = await ClockedCapture.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * console.log(capture.player().active); // false
   */
  player(): WriterState {
    return this.#playing.state();
  }

  /**
   * Moves so many periods from the player, and returns them: for each SNDRV_TIMER_IOCTL_TRIGGER and
   * SNDRV_PCM_IOCTL_READI_FRAMES or READN_FRAMES, all in one call into native code. Does not wait: call it once for the time that
   * its periods last, and the player plays in that time.
   *
   * While nobody plays, or the player has paused, its periods are silence; `stats().silentPeriods` counts them. A player that has
   * less than a period is underrun, as by a sound card, and what it lacks is silence; `stats().underruns` counts that. One that
   * drains is not: what follows its last frame is silence.
   *
   * Fewer are returned, or none, with idle 'stall', of which a period comes from a player only; and while a `Pacer` moves the cable:
   * this takes what has moved then, and moves nothing itself. An overrun or a suspend is recovered from. Where the cable breaks off
   * behind some periods, these are returned, and the next read throws why.
   *
   * @param periods 1 or more, of 1 GiB at most
   * @throws TypeError, RangeError
   * @throws AlsaError EIO beside a player of another access or format, with its name; ERR_NOT_STARTED, ERR_STALLED, ENODEV once
   * the card is gone, ERR_CLOSED
   * @example
   * using capture = await ClockedCapture.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * const clock = setInterval(() => capture.read(2), 20); // 48000 frames a second, by a timer of Node.js
   * clearInterval(clock);
   */
  read(periods = 1): Buffer {
    checkInteger('periods', periods, 1, Math.floor(MOST / this.periodBytes));
    return this.#reading.read(periods);
  }

  /** {@link frames} without options: what is played, until the capture is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined, undefined> {
    return this.frames();
  }

  /**
   * What is played, as fast as the player plays and the iteration takes it: a program that reads from a file, as aplay does, is
   * recorded faster than it would sound. Nothing of it is lost, and no silence comes in between: the iteration waits while nobody
   * plays, while the player has paused, and while it has less than it needs not to be underrun. The kernel does not tell a reader
   * when a player writes, so its /proc/asound/card<N>/pcm<D>p/sub<S>/status is looked at once a period then.
   *
   * Each chunk has whole frames, of 64 KiB or a period at most. The last one of a player that drains ends with its last frame:
   * what completes the last period is cut off. (aplay fills its last period with silence itself, which is given. snd-aloop spoils
   * the last period of programs that leave it incomplete, as ffmpeg does: of its d frames, the first `periodFrames - d` are
   * silence.)
   *
   * While a `Pacer` moves the cable, chunks are the periods that it has moved, whole ones, with silence or without as
   * {@link ClockedCaptureOptions.idle} says. An iteration that falls behind by more than the queue of the pacer loses the oldest of
   * them, which an 'overrun' event tells.
   *
   * Leaving the loop leaves the capture open, and nothing is lost by it.
   *
   * @throws what {@link read} and {@link player} throw; the reason of `signal`
   * @example
   * import { spawn } from 'node:child_process';
   *
   * using capture = await ClockedCapture.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * const player = spawn('aplay', ['-q', '-D', capture.playerName, '-t', 'raw', '-f', 'S16_LE', '-r', '48000', '-c', '2']);
   * player.stdin.end(new Uint8Array(47_999 * 4));
   * let frames = 0;
   * for await (const bytes of capture.frames({ until: 'stop' })) frames += bytes.length / capture.frameBytes;
   * console.log(frames); // aplay fills its last period: 48000
   */
  frames(options: PlayerFramesOptions = {}): AsyncGenerator<Buffer, undefined, undefined> {
    return playerFrames(this.#source(), options);
  }

  /**
   * A Node Readable over {@link frames}: it ends and fails as that does; destroying it leaves the capture open.
   *
   * @example
   * using capture = await ClockedCapture.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * const recording = capture.readable({ until: 'stop', highWaterMark: 16 * capture.periodBytes });
   * recording.destroy();
   */
  readable(options: PlayerFramesOptions & { readonly highWaterMark?: number } = {}): Readable {
    return readableOf((given) => this.frames(given), options);
  }

  /** Waiting for 'player' events keeps the process alive, as it does until {@link unref}. */
  ref(): this {
    this.#playing.events.setRef(true);
    return this;
  }

  /** Waiting for 'player' events keeps the process alive no more. */
  unref(): this {
    this.#playing.events.setRef(false);
    return this;
  }

  /**
   * Closes the substream, then the timer, unless that was given as `timer`. Iterations end. A player that plays is not told: what
   * it has queued stays there, and its next write waits, and fails with EIO. Closing again does nothing.
   */
  close(): void {
    const wasOpen = !this.closed;
    this.#playing.close();
    this.#reading.close();
    this.#wakes.wake();
    if (wasOpen) loopbackChannels.publish('clocked-capture:close', { capture: this });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #source(): PlayerSource {
    const { rate, periodFrames } = this.parameters;
    const most = Math.max(1, Math.floor(CHUNK / this.periodBytes));
    return {
      periodMs: Math.max(1, Math.floor((1_000 * periodFrames) / rate)),
      wakes: this.#wakes,
      closed: () => this.closed,
      look: () => this.#playing.look(),
      moved: () => this.#reading.moved,
      take: (periods) => this.#reading.read(Math.min(most, periods)),
      pull: (frames) => {
        const bytes = this.#reading.read(Math.min(most, Math.ceil(frames / periodFrames)));
        return bytes.subarray(0, frames * this.frameBytes);
      },
      check: () => this.#reading.check(),
      watchPlayer: (handlers) => this.#playing.watch(handlers),
    };
  }
}
