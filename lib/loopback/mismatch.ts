/** Mismatches: programs that try to listen at the other end of a cable, and cannot, since their parameters are not the writer's. */
import { pcmDevice } from '../device-nodes.js';
import type { WatcherHandle } from '../native/binding.js';
import { native } from '../native/load.js';
import type { PcmAccess } from '../pcm/access.js';
import { holderOf, type SubstreamHolder } from '../pcm/holder.js';
import type { PcmParameters } from '../pcm/parameters.js';
import { type HolderParameters, type SubstreamPlace, SubstreamReader } from '../pcm/substream.js';

/** The parameters that the kernel compares when an end of a cable starts (sound/drivers/aloop.c: loopback_check_format). */
const COMPARED = ['access', 'format', 'rate', 'channels'] as const;

/** A parameter that both ends of a cable must have alike. */
export type ComparedParameter = (typeof COMPARED)[number];

/** Somebody who tried to listen: START fails with EIO beside a writer of other parameters. */
export interface ListenerMismatch {
  /** The device that it opened, in ALSA's notation, for instance 'hw:0,1,0'. */
  readonly name: string;
  /** The process that has it open; undefined if it had left before the library could look. */
  readonly holder: SubstreamHolder | undefined;
  /** Its parameters; undefined if it had left before the library could read them. */
  readonly parameters: HolderParameters | undefined;
  /** The names of those that differ from the writer's; empty while `parameters` are unknown. */
  readonly differs: readonly ComparedParameter[];
  /** A sentence for people: the process, and what differs. */
  readonly message: string;
  /** The access that the writer needs for it, or for most of those who leave at once; undefined where access is not why. */
  readonly access: PcmAccess | undefined;
}

/** The parameters of an end. */
export type Compared = Pick<PcmParameters, 'format' | 'rate' | 'channels'> & { readonly access: PcmAccess };

/** What one end has otherwise than the other: its names, and a phrase, 'access noninterleaved, not interleaved'. */
export function differences(
  parameters: HolderParameters,
  own: Compared,
): { readonly differs: readonly ComparedParameter[]; readonly words: string } {
  const differs = COMPARED.filter((name) => parameters[name] !== own[name]);
  const words = differs.map((name) => `${name} ${parameters[name]}, not ${own[name]}`).join('; ');
  return { differs, words };
}

interface Handlers {
  readonly mismatched: (mismatch: ListenerMismatch) => void;
}

/** How long after an open its parameters are looked for in every turn of the event loop, ms; */
const EAGERLY = 50;
/** and then, while they are not set, ms. */
const PATIENTLY = 20;

/**
 * Watches for programs that open the capture side of a cable and do not fit. The kernel announces the open(2) to inotify, and
 * the end of a prepared substream to the timer of the substream, but nothing in between. From the open on, the watch therefore
 * looks for parameters until they are set. A program that leaves sooner has no name in the event. The watch does not keep the
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
  /** The thread of the last event, while it has the substream open. */
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
    // A program that has it open already: its event comes when the handler is in its place.
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

  /** A failed read costs an explanation only. */
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
    if (differences(parameters, this.#writer).differs.length === 0) return;
    // Somebody has opened another substream of the device.
    if (threadId !== undefined && threadId === this.#told) return;
    this.#told = threadId;
    this.#tell(parameters);
  }

  #tell(parameters: HolderParameters | undefined): void {
    const writer = this.#writer;
    const { differs, words: what } = parameters
      ? differences(parameters, writer)
      : { differs: [], words: '' };
    const holder = this.#holder && { ...this.#holder, parameters };
    const other = writer.access === 'interleaved' ? 'noninterleaved' : 'interleaved';
    const who = holder ? `${holder.command || 'a program'} (process ${holder.pid})` : 'a program';
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
export function warnOfMismatch(
  { message, access }: Pick<ListenerMismatch, 'message' | 'access'>,
  code = 'ALSA_UTIMER_LISTENER_MISMATCH',
): void {
  process.emitWarning(message, {
    type: 'AlsaLoopbackWarning',
    code,
    ...(access ? { detail: `Open the cable with access: '${access}' for it.` } : {}),
  });
}

/** Undefined at a limit of inotify, for instance: events then have no name. */
function watchOpens(path: string): WatcherHandle | undefined {
  try {
    return native().watchOpens(path);
  } catch {
    return undefined;
  }
}
