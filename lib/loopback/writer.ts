/** Whoever plays into a cable, as far as a capture of it can see: snd-aloop's PCM Slave controls. */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { controlDevice } from '../device-nodes.js';
import { callNative, fromNative, systemError } from '../errors.js';
import { CARD_GONE } from '../hints.js';
import type { ControlHandle, NativeError } from '../native/binding.js';
import { native } from '../native/load.js';
import { formatName } from '../pcm/format.js';
import { type SubstreamHolder, substreamHolder } from '../pcm/holder.js';
import { procAsound } from '../proc.js';

/** What plays into a cable, or did last. */
export interface WriterState {
  /** It runs, and is not paused: what it moves comes out of the cable. */
  readonly active: boolean;
  /** ALSA's name of its sample format, for instance 'S16_LE'. */
  readonly format: string;
  /** Hz. */
  readonly rate: number;
  readonly channels: number;
  /**
   * Who has the playback side open, and with which parameters; undefined once it is closed. The event of a stop may still name
   * a writer that closes after it, and no event tells of that: the kernel announces starts and stops only.
   */
  readonly holder: SubstreamHolder | undefined;
}

export interface WriterWatchHandlers {
  readonly told: (state: WriterState) => void;
  /** A writer started or stopped, and it may be over: one that came and went between two looks is not told. */
  readonly announced?: () => void;
  /** The card is gone. */
  readonly ended: () => void;
  readonly failed: (error: unknown) => void;
}

/** SNDRV_CTL_ELEM_IFACE_PCM. */
const INTERFACE_PCM = 3;

/** The elements that snd-aloop has for the capture substream `device`, `substream` (sound/drivers/aloop.c: loopback_controls). */
class WriterControls {
  readonly #control: ControlHandle;
  readonly #numbers: Readonly<Record<'active' | 'format' | 'rate' | 'channels', number>>;
  readonly #look: () => SubstreamHolder | undefined;
  #parameters: Pick<WriterState, 'format' | 'rate' | 'channels'> | undefined;

  constructor(card: number, device: number, substream: number) {
    this.#look = () => substreamHolder(card, 1 - device, 'playback', substream);
    this.#control = native().openControl(controlDevice(card));
    try {
      const number = (name: string) =>
        this.#control.find(INTERFACE_PCM, device, substream, `PCM Slave ${name}`);
      this.#numbers = {
        active: number('Active'),
        format: number('Format'),
        rate: number('Rate'),
        channels: number('Channels'),
      };
    } catch (error) {
      this.#control.close();
      throw error;
    }
  }

  read(): WriterState {
    const active = this.#control.read(this.#numbers.active) !== 0;
    const holder = this.#look();
    // Kernels before 6.12.117 and 7 leave the controls as they are when a writer joins a capture of the same parameters,
    // and all keep them after it has gone; so they count only where nothing better is known.
    if (holder?.parameters) {
      const { format, rate, channels } = holder.parameters;
      this.#parameters = { format, rate, channels };
    } else if (active || !this.#parameters) {
      this.#parameters = {
        format: formatName(this.#control.read(this.#numbers.format)),
        rate: this.#control.read(this.#numbers.rate),
        channels: this.#control.read(this.#numbers.channels),
      };
    }
    return { active, ...this.#parameters, holder };
  }

  /**
   * Calls back when some of them were announced, and says whether `Active` was among them, which a start, a stop and a pause
   * announce; or when that could not be. Does not keep the event loop alive at first.
   */
  listen(changed: (active: boolean) => void, failed: (error: unknown) => void): void {
    const ours = new Set(Object.values(this.#numbers));
    this.#control.setRef(false);
    this.#control.listen(() => {
      let changes: readonly number[];
      try {
        changes = this.#control.changes();
      } catch (error) {
        failed(error);
        return;
      }
      if (changes.some((number) => ours.has(number))) changed(changes.includes(this.#numbers.active));
    });
  }

  setRef(referenced: boolean): void {
    this.#control.setRef(referenced);
  }

  close(): void {
    this.#control.close();
  }
}

/** Who plays into the cable that capture on `device`, `substream` comes from, right now. */
export function writerState(card: number, device: number, substream: number): WriterState {
  return onCard(card, () => {
    const controls = new WriterControls(card, device, substream);
    try {
      return controls.read();
    } finally {
      controls.close();
    }
  });
}

/**
 * Tells whenever the writer has changed, and at first of one that plays already. It does not keep the event loop alive at
 * first.
 */
export class WriterWatch {
  readonly #card: number;
  readonly #controls: WriterControls;
  readonly #handlers: WriterWatchHandlers;
  #told: WriterState | undefined;
  #closed = false;

  /** @throws AlsaError ENOENT, EACCES (/dev/snd/controlC<N>), ENODEV once the card is gone */
  constructor(card: number, device: number, substream: number, handlers: WriterWatchHandlers) {
    this.#card = card;
    this.#handlers = handlers;
    const [controls, state] = onCard(card, () => {
      const controls = new WriterControls(card, device, substream);
      try {
        controls.listen(this.#look, this.#fail);
        return [controls, controls.read()] as const;
      } catch (error) {
        controls.close();
        throw error;
      }
    });
    this.#controls = controls;
    // Whoever plays already will not be announced any more. Told once the handler is in its place, whatever it did since;
    // an announcement that came before that has told what is newer.
    setImmediate(() => {
      if (this.#closed) return;
      if (state.active && !this.#told) this.#tell(state);
      this.#look(false);
    });
  }

  /** What is now, told already or not. */
  get state(): WriterState {
    return callNative(controlName(this.#card), () => this.#controls.read());
  }

  setRef(referenced: boolean): void {
    this.#controls.setRef(referenced);
  }

  close(): void {
    this.#closed = true;
    this.#controls.close();
  }

  readonly #look = (announced: boolean): void => {
    // What was told may have closed this.
    if (this.#closed) return;
    let state: WriterState;
    try {
      state = this.#controls.read();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (announced) this.#handlers.announced?.();
    this.#tell(state);
  };

  readonly #fail = (error: unknown): void => {
    if (this.#closed) return;
    this.close();
    if ((error as NativeError).code !== 'ENODEV') {
      this.#handlers.failed(fromNative(error, controlName(this.#card)));
      return;
    }
    if (this.#told) this.#tell({ ...this.#told, active: false, holder: undefined });
    this.#handlers.ended();
  };

  #tell(state: WriterState): void {
    if (!differs(state, this.#told)) return;
    this.#told = state;
    this.#handlers.told(state);
  }
}

/** A writer that does not run is as good as another. */
function differs(now: WriterState, before: WriterState | undefined): boolean {
  if (!now.active || !before?.active) return now.active !== (before?.active ?? false);
  return (
    now.format !== before.format ||
    now.rate !== before.rate ||
    now.channels !== before.channels ||
    now.holder?.pid !== before.holder?.pid
  );
}

/** The device node of a card goes with the card: what is no such file to open(2) is no such card to whoever had it. */
function onCard<T>(card: number, body: () => T): T {
  try {
    return callNative(controlName(card), body);
  } catch (error) {
    const isGone = (error as NativeError).code === 'ENOENT' && !existsSync(join(procAsound(), `card${card}`));
    throw isGone ? systemError(constants.errno.ENODEV, 'open', controlDevice(card), CARD_GONE) : error;
  }
}

function controlName(card: number): string {
  return `control of card ${card}`;
}
