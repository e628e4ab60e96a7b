/** WrittenAhead: frames that are written ahead of a pacer, whose thread moves them. */
import { AlsaError, callNative } from '../errors.js';
import type { PacedCableHandle, PeriodPumpHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import { Awaited } from './awaited.js';

export interface WrittenAheadOptions {
  /** Of the cable, for messages. */
  readonly name: string;
  /** Most periods that wait. */
  readonly periods: number;
  /** Whether silence moves where none waits. */
  readonly silent: boolean;
  readonly frameBytes: number;
}

export class WrittenAhead {
  readonly handle: PacedCableHandle;
  readonly #options: WrittenAheadOptions;
  readonly #taken: Awaited;

  /** Takes over what the pump has of a begun period. Throws what the addon throws. */
  constructor(pump: PeriodPumpHandle, options: WrittenAheadOptions) {
    this.#options = options;
    this.handle = native().createPacedCable(pump, options.periods, options.silent);
    try {
      this.#taken = new Awaited(this.handle.watchTaken(), () => this.handle.awaitTaken());
    } catch (error) {
      this.handle.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.handle.closed();
  }

  /** Bytes that {@link write} takes. */
  room(): number {
    return this.handle.room();
  }

  /** Whole periods that wait. */
  queued(): number {
    return this.handle.queued();
  }

  pendingBytes(): number {
    return this.handle.pendingBytes();
  }

  /** Takes all bytes, or none: throws AlsaError ERR_QUEUE_FULL, ERR_CLOSED. */
  write(bytes: Uint8Array): void {
    const room = this.room();
    if (bytes.length > room && !this.closed) throw this.#fullError(bytes.length, room);
    callNative(this.#options.name, () => this.handle.write(bytes));
  }

  /** Completes a begun period with silence; returns the bytes of silence. */
  pad(): number {
    return callNative(this.#options.name, () => this.handle.pad());
  }

  dropPartialFrame(): void {
    this.handle.dropPartialFrame(this.#options.frameBytes);
  }

  /** Calls back once a period has moved, or this was closed, and keeps the event loop alive until then. Returns how to take that back. */
  whenTaken(callback: () => void): () => void {
    return this.#taken.when(callback);
  }

  /** Whole periods that wait are gone, and the pump has a begun one again. Nothing moves any more; closing again does nothing. */
  close(): void {
    this.handle.close();
    this.#taken.end();
  }

  #fullError(bytes: number, room: number): AlsaError {
    const { name, periods } = this.#options;
    return new AlsaError(`${name} has room for ${room} bytes ahead of its pacer, and not for ${bytes}`, {
      code: 'ERR_QUEUE_FULL',
      hint: `The queue holds ${periods} periods (aheadMs of Pacer.start). Await send(), or write to writable(), which wait for room.`,
    });
  }
}
