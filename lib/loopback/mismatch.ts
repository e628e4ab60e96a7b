/** Whoever tries to listen at the other end of a cable, and cannot: its parameters are not those of the writer. */
import { pcmDevice } from '../device-nodes.js';
import type { WatcherHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import type { PcmAccess } from '../pcm/access.js';
import { holderOf, type SubstreamHolder } from '../pcm/holder.js';
import type { PcmParameters } from '../pcm/parameters.js';
import { type HolderParameters, type SubstreamPlace, SubstreamReader } from '../pcm/substream.js';

/** What the kernel compares when a listener starts (sound/drivers/aloop.c: loopback_check_format). */
const COMPARED = ['access', 'format', 'rate', 'channels'] as const;

/** Somebody who tried to listen: START fails with EIO beside a writer of other parameters. */
export interface ListenerMismatch {
  /** What it opened, in ALSA's notation, for instance 'hw:0,1,0'. */
  readonly name: string;
  /** Who; undefined where it had left before it could be looked at. */
  readonly holder: SubstreamHolder | undefined;
  /** What it is set to; undefined where it had left before that could be read. */
  readonly parameters: HolderParameters | undefined;
  /** What differs from the writer's; empty where `parameters` are unknown. */
  readonly differs: readonly (typeof COMPARED)[number][];
  /** Who tried, and what differs, for people. */
  readonly message: string;
  /** The access that the writer needs for it, or for most of those who leave at once; undefined where access is not why. */
  readonly access: PcmAccess | undefined;
}

/** What the writer is set to. */
export type Compared = Pick<PcmParameters, 'format' | 'rate' | 'channels'> & { readonly access: PcmAccess };

interface Handlers {
  readonly mismatched: (mismatch: ListenerMismatch) => void;
}

/** How long after an open its parameters are looked for in every turn of the event loop, ms; */
const EAGERLY = 50;
/** and then, while they are not set, ms. */
const PATIENTLY = 20;

/**
 * Watches for those who open the capture side of a cable and do not fit. The kernel announces the open(2), to inotify,
 * and the end of a substream that was prepared, to the timer of the substream, but nothing in between: so the parameters are
 * looked for from the open on until they are set. Whoever was quicker than that is told without a name. It does not keep the
 * event loop alive.
 */
export class MismatchWatch {
  readonly #openings: WatcherHandle | undefined;
  readonly #place: SubstreamPlace;
  readonly #reader: SubstreamReader;
  readonly #name: string;
  readonly #writer: Compared;
  readonly #handlers: Handlers;
  #holder: SubstreamHolder | undefined;
  /** Somebody opened the device, and what came of it is not known. */
  #pending = false;
  #looking = false;
  /** The thread that was told of last, while it has the substream open. */
  #told: number | undefined;
  #closed = false;
  #openedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(card: number, device: number, substream: number, writer: Compared, handlers: Handlers) {
    this.#place = { card, device, direction: 'capture', substream };
    this.#reader = new SubstreamReader(this.#place);
    this.#name = `hw:${card},${device},${substream}`;
    this.#writer = writer;
    this.#handlers = handlers;
    this.#openings = watchOpens(pcmDevice(card, device, 'capture'));
    this.#await();
    // Whoever has opened it already is told once the handler is in its place.
    setImmediate(() => {
      if (this.#openedAt === 0) this.#begin();
    });
  }

  /** A listener runs: it fits. */
  started(): void {
    this.#pending = false;
  }

  /** A listener that was prepared has gone, and had not started. */
  left(): void {
    this.#told = undefined;
    // Its open may be told in the same turn of the event loop.
    setImmediate(() => {
      if (this.#closed || (this.#openings && !this.#pending)) return;
      this.#pending = false;
      this.#tell(undefined);
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#openings?.close();
    this.#reader.close();
  }

  #await(): void {
    this.#openings?.arm(() => {
      if (this.#closed) return;
      this.#await();
      this.#pending = true;
      this.#begin();
    });
    this.#openings?.setRef(false);
  }

  #begin(): void {
    if (this.#closed) return;
    this.#openedAt = performance.now();
    this.#holder = undefined;
    if (this.#looking) return;
    this.#looking = true;
    this.#lookForParameters();
  }

  #lookForParameters(): void {
    if (this.#closed) return;
    const parameters = this.#read(() => this.#reader.parameters());
    // The device was opened for another substream, or whoever opened it has left.
    if (parameters === undefined && this.#read(() => this.#reader.status()) === undefined) {
      this.#looking = false;
      this.#told = undefined;
      return;
    }
    this.#holder ??= this.#read(() => holderOf(this.#reader, this.#place));
    if (parameters) {
      this.#looking = false;
      this.#judge(parameters);
    } else if (performance.now() - this.#openedAt < EAGERLY) {
      setImmediate(() => this.#lookForParameters()).unref();
    } else {
      this.#timer = setTimeout(() => this.#lookForParameters(), PATIENTLY).unref();
    }
  }

  /** What is read only helps to explain. */
  #read<T>(body: () => T | undefined): T | undefined {
    try {
      return body();
    } catch {
      return undefined;
    }
  }

  #judge(parameters: HolderParameters): void {
    this.#pending = false;
    const threadId = this.#holder?.threadId;
    if (COMPARED.every((name) => parameters[name] === this.#writer[name])) return;
    // Somebody has opened another substream of the device.
    if (threadId !== undefined && threadId === this.#told) return;
    this.#told = threadId;
    this.#tell(parameters);
  }

  #tell(parameters: HolderParameters | undefined): void {
    const writer = this.#writer;
    const differs = parameters ? COMPARED.filter((name) => parameters[name] !== writer[name]) : [];
    const holder = this.#holder && { ...this.#holder, parameters };
    const other = writer.access === 'interleaved' ? 'noninterleaved' : 'interleaved';
    const who = holder ? `${holder.command || 'a program'} (process ${holder.pid})` : 'a program';
    const what = differs.map((name) => `${name} ${parameters?.[name]}, not ${writer[name]}`).join('; ');
    this.#handlers.mismatched({
      name: this.#name,
      holder,
      parameters,
      differs,
      message: parameters
        ? `${who} cannot listen at ${this.#name}: it has ${what}`
        : `${who} prepared ${this.#name} and left before its start, as programs with ${other} access do`,
      access: parameters && !differs.includes('access') ? undefined : other,
    });
  }
}

/** For those who do not handle 'mismatch'. */
export function warnOfMismatch({ message, access }: ListenerMismatch): void {
  process.emitWarning(message, {
    type: 'AlsaLoopbackWarning',
    code: 'ALSA_UTIMER_LISTENER_MISMATCH',
    ...(access ? { detail: `Open the cable with access: '${access}' for it.` } : {}),
  });
}

/** Without it, where a limit of inotify is reached for instance, mismatches are told without a name. */
function watchOpens(path: string): WatcherHandle | undefined {
  try {
    return native().watchOpens(path);
  } catch {
    return undefined;
  }
}
