/** Playback: the writing side of a cable, and the timer that clocks it. */
import { constants } from 'node:os';
import { AlsaError, calledOn, systemError, withHint } from '../errors.js';
import type {
  NativeError,
  PcmHandle,
  PeriodPumpHandle,
  PlayedCableHandle,
  PlayedCableParametersNative,
  UtimerHandle,
} from '../native/binding.js';
import { handleOf, release } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { sampleFormat } from '../pcm/format.js';
import type { PcmParameters } from '../pcm/parameters.js';
import type { Pcm } from '../pcm/pcm.js';
import { substreamFolder } from '../pcm/substream.js';
import { claimTimer, type UserTimer } from '../timer/user-timer.js';
import { loopbackChannels } from './channels.js';
import type { ClockedLoopbackStats } from './events.js';
import { IdleSilence, type SilenceFailure } from './idle-silence.js';
import { openClocked } from './open-clocked.js';
import type { CheckedClockedLoopbackOptions } from './options.js';
import { pacedError } from './pacing-queue.js';
import { explainStream, stalled } from './stream-errors.js';
import { WrittenAhead } from './written-ahead.js';

/** How it stalls. */
const FULL = 'its buffer is full after triggers';

/** What moves the periods in the place of writes. */
interface Paced {
  /** What is written waits here; undefined where frames move by their media time, and nothing may be written. */
  readonly ahead: WrittenAhead | undefined;
  readonly cable: { close(): void };
  /** Its end, where this is closed first. */
  readonly close: () => void;
}

interface PlaybackHandlers {
  /** Why no more silence can be inserted (idle 'silence'). */
  readonly silenceFailed: (error: unknown) => void;
  /** There were xruns, or suspends: `xruns` of both so far. Noticed by writes while somebody subscribes to the channel. */
  readonly recovered: (xruns: number) => void;
}

/** Its errors explain themselves: who listens, who runs on the timer. */
export class Playback {
  /** For messages. */
  readonly name: string;
  readonly parameters: Required<PcmParameters>;
  readonly pcm: Pcm;
  readonly timer: UserTimer;
  /** Writes periods and triggers the timer. */
  readonly pump: PeriodPumpHandle;
  readonly #options: CheckedClockedLoopbackOptions;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #silence: IdleSilence;
  #handlers: PlaybackHandlers | undefined;
  #paced: Paced | undefined;
  #paddedFrames = 0;
  /** Those that were told. */
  #xruns = 0;

  private constructor(options: CheckedClockedLoopbackOptions, timer: UserTimer, pcm: Pcm) {
    const { card, device, keepAlive, measure } = options;
    const { substream } = pcm;
    this.name = `ClockedLoopback hw:${card.number},${device},${substream}`;
    this.parameters = pcm.parameters;
    this.pcm = pcm;
    this.timer = timer;
    this.#options = options;
    this.pump = native().createPeriodPump(handleOf<PcmHandle>(pcm), handleOf<UtimerHandle>(timer), {
      silence: sampleFormat(pcm.parameters.format).silence,
      measure,
      listener: substreamFolder({ card: card.number, device: 1 - device, direction: 'capture', substream }),
    });
    this.#write = this.pump.write;
    this.#silence = new IdleSilence(this.pump, keepAlive, (failure) =>
      this.#handlers?.silenceFailed(this.#silenceFailed(failure)),
    );
  }

  /** Opens the cable. The caller has the lock of the card. Throws what ClockedLoopback.open throws. */
  static open(options: CheckedClockedLoopbackOptions): Playback {
    return openClocked(
      { ...options, direction: 'playback' },
      (timer, pcm) => new Playback(options, timer, pcm),
    );
  }

  /** Nobody else triggers the timer from here to close(), and silence is inserted where that was asked for. */
  begin(handlers: PlaybackHandlers): void {
    this.#handlers = handlers;
    if (!this.#ownsTimer) claimTimer(this.timer, { what: `clocks ${this.name}`, owner: this.pump });
    this.#startSilence();
  }

  get rate(): number {
    return this.parameters.rate;
  }

  get periodFrames(): number {
    return this.parameters.periodFrames;
  }

  get frameBytes(): number {
    return this.pcm.frameBytes;
  }

  get closed(): boolean {
    return this.pump.closed();
  }

  /** While a pacer moves what is written. */
  get ahead(): WrittenAhead | undefined {
    return this.#paced?.ahead;
  }

  /**
   * From now on a pacer moves what is written, and the silence.
   *
   * @param close is called where this is closed first
   */
  pace(periods: number, close: () => void): WrittenAhead {
    const silent = this.#options.keepAlive !== undefined;
    const { name, frameBytes } = this;
    return this.#pacing(() => {
      const ahead = new WrittenAhead(this.pump, { name, periods, silent, frameBytes });
      this.#paced = { ahead, cable: ahead, close };
      return ahead;
    });
  }

  /** From now on a pacer moves frames by their media time, and the silence. Nothing is written. */
  play(
    parameters: Omit<PlayedCableParametersNative, 'rate' | 'frameBytes' | 'silent'>,
    close: () => void,
  ): PlayedCableHandle {
    const { rate, frameBytes } = this;
    const silent = this.#options.keepAlive !== undefined;
    return this.#pacing(() => {
      const cable = native().createPlayedCable(this.pump, { ...parameters, rate, frameBytes, silent });
      this.#paced = { ahead: undefined, cable, close };
      return cable;
    });
  }

  /** @throws AlsaError ERR_TIMER_IN_USE */
  refuseWhilePaced(): void {
    if (this.#paced?.ahead) throw pacedError(this.name);
    this.#refuseWhilePlayed();
  }

  /** No pacer does any more. */
  unpace(): void {
    const paced = this.#paced;
    this.#paced = undefined;
    if (!paced) return;
    paced.cable.close();
    this.#resumeSilence();
  }

  /** Why a pacer's thread could not move it. */
  moveFailed(errno: number, call: string): unknown {
    if (errno === constants.errno.EAGAIN) return stalled(this.name, FULL);
    return this.#explain(systemError(errno, call, this.name));
  }

  /** Bytes that wait for the rest of their period. */
  pendingBytes(): number {
    return this.ahead?.pendingBytes() ?? this.pump.pendingBytes();
  }

  stats(): Omit<ClockedLoopbackStats, 'listener'> {
    const { periods, insertedPeriods, xruns, triggerCosts } = this.pump.stats();
    this.#noticeXruns(xruns);
    return {
      periods,
      frames: periods * this.periodFrames,
      pendingBytes: this.pendingBytes(),
      insertedFrames: insertedPeriods * this.periodFrames,
      paddedFrames: this.#paddedFrames,
      xruns,
      triggerCosts: this.#options.measure ? triggerCosts : undefined,
    };
  }

  /** Moves the periods that `bytes` complete. Throws what has ended the inserting of silence, once, before it moves any. */
  write(bytes: Uint8Array): void {
    if (this.ahead) {
      this.ahead.write(bytes);
      return;
    }
    this.#refuseWhilePlayed();
    try {
      if (this.#silence.isDue) this.#silence.startBehind(() => this.#write(bytes));
      else this.#write(bytes);
    } catch (error) {
      throw this.#explain(error);
    } finally {
      // Asking takes longer than most writes.
      if (loopbackChannels.isObserved('loopback:xrun')) this.#noticeXruns(this.pump.stats().xruns);
    }
  }

  /** Completes a begun period with silence, moves it and stops the stream; returns the frames of silence. */
  flush(): number {
    if (this.ahead) {
      const silence = Math.ceil(this.ahead.pad() / this.frameBytes);
      this.#paddedFrames += silence;
      return silence;
    }
    this.#refuseWhilePlayed();
    const frames = this.#explaining(() => {
      this.#silence.stop();
      return Math.ceil(this.pump.pad() / this.frameBytes);
    });
    this.#paddedFrames += frames;
    this.#explaining(() => {
      this.pcm.drop();
      this.pcm.prepare();
      this.pump.restart(true);
    });
    return frames;
  }

  /** Drops the bytes of a frame that is not complete. */
  dropPartialFrame(): void {
    if (this.ahead) this.ahead.dropPartialFrame();
    else this.pump.dropPartialFrame();
  }

  /** From here to resumeSilence() no silence is inserted. */
  pauseSilence(): void {
    this.#silence.pause();
  }

  /** `unread`: whole periods that the listener has yet to read. */
  resumeSilence(unread: number): void {
    this.#silence.resume(unread);
  }

  /** The substream first, then the timer, unless that was given. */
  close(): void {
    const paced = this.#paced;
    this.#paced = undefined;
    paced?.close();
    paced?.cable.close();
    this.#silence.close();
    release(this.pump);
    this.pcm.close();
    if (this.#ownsTimer) this.timer.close();
  }

  #refuseWhilePlayed(): void {
    if (!this.#paced || this.ahead) return;
    throw new AlsaError(`${this.name} plays a stream by its media time`, {
      code: 'ERR_TIMER_IN_USE',
      hint: 'Close the RtpReceiver that has it first.',
    });
  }

  get #ownsTimer(): boolean {
    return this.timer !== this.#options.timer;
  }

  #noticeXruns(xruns: number): void {
    if (xruns === this.#xruns) return;
    this.#xruns = xruns;
    this.#handlers?.recovered(xruns);
  }

  /** Has a pacer begin, which moves the silence from then on. */
  #pacing<T>(begin: () => T): T {
    return this.#explaining(() => {
      this.#silence.stop();
      try {
        return begin();
      } catch (error) {
        this.#resumeSilence();
        throw error;
      }
    });
  }

  #resumeSilence(): void {
    try {
      this.#silence.start();
    } catch {
      // It is due still: the next write begins it, or throws that.
    }
  }

  #startSilence(): void {
    this.#explaining(() => this.#silence.start());
  }

  #explaining<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): unknown {
    const { code } = error as NativeError;
    if (code === 'SILENCE_ENDED') return this.#silenceFailed(this.#silence.ended());
    const { name, pcm, closed } = this;
    const { card, device } = this.#options;
    return explainStream(error, {
      called: 'ClockedLoopback',
      name,
      card: card.number,
      device,
      pcm,
      timerId: this.timer.id,
      closed,
      stalls: FULL,
    });
  }

  #silenceFailed({ errno, call }: SilenceFailure): unknown {
    if (errno === constants.errno.EAGAIN) return stalled(this.name, FULL);
    const error = calledOn('ClockedLoopback', systemError(errno, call, this.name));
    return error instanceof AlsaError
      ? withHint(error, 'This ended the inserting of silence: a write that succeeds begins it anew.')
      : error;
  }
}
