/** Playback: the writing side of a cable, and the timer that clocks it. */
import { constants } from 'node:os';
import { AlsaError, calledOn, closedError, fromNative, systemError, withHint } from '../errors.js';
import type { NativeError, PcmHandle, PeriodPumpHandle, UtimerHandle } from '../native/binding.js';
import { handleOf, release } from '../native/lifetime.js';
import { native } from '../native/load.js';
import { sampleFormat } from '../pcm/format.js';
import { describeHolder, substreamHolder } from '../pcm/holder.js';
import type { PcmParameters } from '../pcm/parameters.js';
import type { Pcm } from '../pcm/pcm.js';
import { notStarted, type PcmState, stateName } from '../pcm/state.js';
import { substreamFolder } from '../pcm/substream.js';
import { isUserDriven } from '../timer/id.js';
import { listTimers } from '../timer/list.js';
import { claimTimer, type UserTimer } from '../timer/user-timer.js';
import { loopbackChannels } from './channels.js';
import type { ClockedLoopbackStats } from './events.js';
import { IdleSilence, type SilenceFailure } from './idle-silence.js';
import type { CheckedClockedLoopbackOptions } from './options.js';

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
  readonly #handlers: PlaybackHandlers;
  #paddedFrames = 0;
  /** Those that were told. */
  #xruns = 0;

  constructor(
    options: CheckedClockedLoopbackOptions,
    timer: UserTimer,
    pcm: Pcm,
    handlers: PlaybackHandlers,
  ) {
    const { card, device, keepAlive, measure } = options;
    const { substream } = pcm;
    this.name = `ClockedLoopback hw:${card.number},${device},${substream}`;
    this.parameters = pcm.parameters;
    this.pcm = pcm;
    this.timer = timer;
    this.#options = options;
    this.#handlers = handlers;
    this.pump = native().createPeriodPump(handleOf<PcmHandle>(pcm), handleOf<UtimerHandle>(timer), {
      silence: sampleFormat(pcm.parameters.format).silence,
      measure,
      listener: substreamFolder({ card: card.number, device: 1 - device, direction: 'capture', substream }),
    });
    this.#write = this.pump.write;
    this.#silence = new IdleSilence(this.pump, keepAlive, (failure) =>
      handlers.silenceFailed(this.#silenceFailed(failure)),
    );
  }

  /** Nobody else triggers the timer from here to close(), and silence is inserted where that was asked for. */
  begin(): void {
    if (!this.#ownsTimer) claimTimer(this.timer, { what: this.name, owner: this.pump });
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

  /** Bytes that wait for the rest of their period. */
  pendingBytes(): number {
    return this.pump.pendingBytes();
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
    try {
      if (this.#silence.isDue) this.#silence.start();
      this.#write(bytes);
    } catch (error) {
      throw this.#explain(error);
    } finally {
      // Asking takes longer than most writes.
      if (loopbackChannels.isObserved('loopback:xrun')) this.#noticeXruns(this.pump.stats().xruns);
    }
  }

  /** Completes a begun period with silence, moves it and stops the stream; returns the frames of silence. */
  flush(): number {
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
    this.pump.dropPartialFrame();
  }

  /** From here to resumeSilence() no silence is inserted. */
  pauseSilence(): void {
    this.pump.pauseSilence();
  }

  /** `unread`: whole periods that the listener has yet to read. */
  resumeSilence(unread: number): void {
    this.pump.resumeSilence(unread);
  }

  /** The substream first, then the timer, unless that was given. */
  close(): void {
    this.#silence.close();
    release(this.pump);
    this.pcm.close();
    if (this.#ownsTimer) this.timer.close();
  }

  get #ownsTimer(): boolean {
    return this.timer !== this.#options.timer;
  }

  #noticeXruns(xruns: number): void {
    if (xruns === this.#xruns) return;
    this.#xruns = xruns;
    this.#handlers.recovered(xruns);
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
    const { code, result, state } = error as NativeError;
    if (code === 'ERR_NOT_STARTED') return this.#notStarted(result ?? 1, stateName(state ?? 0));
    if (code === 'SILENCE_ENDED') return this.#silenceFailed(this.#silence.ended());
    if (code === 'ERR_STALLED') return stalled(this.name);
    if (code === 'ERR_CLOSED' && !this.closed)
      return closedError(`UserTimer ${this.timer.id} of ${this.name}`);
    const explained = calledOn('ClockedLoopback', fromNative(error, this.name));
    if (!(explained instanceof AlsaError) || (explained.code !== 'EIO' && explained.code !== 'EINVAL'))
      return explained;
    const { card, device } = this.#options;
    const holder = substreamHolder(card.number, 1 - device, 'capture', this.pcm.substream);
    return holder ? withHint(explained, `Now ${describeHolder(holder)}.`) : explained;
  }

  #silenceFailed({ errno, call }: SilenceFailure): unknown {
    if (errno === constants.errno.EAGAIN) return stalled(this.name);
    const error = calledOn('ClockedLoopback', systemError(errno, call, this.name));
    return error instanceof AlsaError
      ? withHint(error, 'This ended the inserting of silence: a write that succeeds begins it anew.')
      : error;
  }

  #notStarted(result: number, state: PcmState): AlsaError {
    const error = notStarted(this.name, result, state);
    const timer = listTimers().find(
      ({ timerId }) => isUserDriven(timerId) && timerId.subdevice === this.timer.id,
    );
    const running = timer?.clientList?.filter((client) => client.running).map(({ owner }) => owner) ?? [];
    return running.length === 0 ? error : withHint(error, `Now running on it: ${running.join(', ')}.`);
  }
}

function stalled(what: string): AlsaError {
  return new AlsaError(`${what} does not move: its buffer is full after triggers`, {
    code: 'ERR_STALLED',
    hint: 'Its timer no longer clocks the cable. Close both ends and open them again.',
  });
}
