/**
 * The seam: everything TypeScript asks of the addon, and the only description of it. Nothing here decides or explains;
 * arguments arrive checked, errors leave as plain `Error` objects (see {@link NativeError}) that `errors.ts` turns into
 * sentences. No descriptor number crosses.
 */

/** What the addon throws: a failed system call, a refused PCM parameter, or a call after close. */
export interface NativeError extends Error {
  /** 'ERR_CLOSED', 'ERR_PCM_PARAMETER', or absent for a failed system call. */
  readonly code?: string;
  /** Positive, as in `<errno.h>`. */
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  /** ERR_PCM_PARAMETER: which parameter, what was asked for, and what the device offers instead. */
  readonly parameter?: 'access' | 'format' | 'channels' | 'rate' | 'periodFrames' | 'bufferFrames';
  readonly requested?: number;
  /** Of access and format: what the device offers, SNDRV_PCM_ACCESS_* or SNDRV_PCM_FORMAT_*. */
  readonly offered?: readonly number[];
  readonly min?: number;
  readonly max?: number;
  /** ERR_NOT_STARTED: what SNDRV_PCM_IOCTL_START returned, and SNDRV_PCM_STATE_* after it. */
  readonly result?: number;
  readonly state?: number;
}

/** A native object that holds a descriptor. */
export interface NativeHandle {
  close(): void;
  closed(): boolean;
}

export interface UtimerHandle extends NativeHandle {
  /** 0..127. */
  readonly id: number;
  trigger(): void;
}

export interface PcmParametersNative {
  /** SNDRV_PCM_ACCESS_RW_INTERLEAVED or _NONINTERLEAVED; bytes are those of interleaved frames in either. */
  readonly access: number;
  /** SNDRV_PCM_FORMAT_*. */
  readonly format: number;
  readonly channels: number;
  readonly rate: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
  /** Bytes of one frame of all channels. The kernel must confirm it: EPROTO. */
  readonly frameBytes: number;
  readonly fillWithSilence: boolean;
}

export interface PcmStatusNative {
  /** SNDRV_PCM_STATE_*. */
  readonly state: number;
  /** Frames. */
  readonly avail: number;
  /** Frames. */
  readonly delay: number;
}

export interface PcmHandle extends NativeHandle {
  configure(parameters: PcmParametersNative): void;
  prepare(): void;
  /** What SNDRV_PCM_IOCTL_START returned. */
  start(): number;
  drop(): void;
  pause(on: boolean): void;
  status(): PcmStatusNative;
  subdevice(): number;
  /** Nanoseconds of a period, from the substream's own timer. */
  timerResolution(timerPath: string): bigint;
  /** Frames taken; 0 when there is no room. */
  write(bytes: Uint8Array): number;
  /** Frames read; 0 when there are none. */
  read(bytes: Uint8Array): number;
}

export interface SubstreamStatusNative {
  /** SNDRV_PCM_STATE_*. */
  readonly state: number;
  /** The thread that opened it; 0 where it is of another PID namespace. */
  readonly owner: number;
  /** Frames that can be written, or read. */
  readonly avail: number;
}

/** Access and format by the kernel's names, 'RW_INTERLEAVED' and 'S16_LE' for instance. */
export interface SubstreamParametersNative {
  readonly access: string;
  readonly format: string;
  readonly channels: number;
  readonly rate: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
}

/** A substream that any program may have open. Its files in /proc/asound are open from the first read on. */
export interface SubstreamHandle extends NativeHandle {
  /** Null while nobody has it open, or where its card is gone. */
  status(): SubstreamStatusNative | null;
  /** Null before they are set. */
  parameters(): SubstreamParametersNative | null;
}

export interface PumpStatsNative {
  readonly periods: number;
  readonly insertedPeriods: number;
  /** Of the last write. */
  readonly consumedBytes: number;
  /** Xruns and suspends that were recovered from. */
  readonly xruns: number;
  /** The errno that ended the inserting of silence, or 0. */
  readonly insertedError: number;
  /** The call that it came from. */
  readonly insertedCall: string;
  /** Bucket k: triggers that took 2^k..2^(k+1)-1 ns. */
  readonly triggerCosts: readonly number[];
}

export interface PumpParametersNative {
  /** The byte that silence is made of. */
  readonly silence: number;
  readonly measure: boolean;
  /** /proc/asound/card<N>/pcm<D>c/sub<S> of the other side. */
  readonly listener: string;
}

/** Writes periods to a configured playback substream and triggers the timer of its cable. It owns neither. */
export interface PeriodPumpHandle extends NativeHandle {
  /** Takes all bytes, or throws; `consumedBytes` tells then how many it took. */
  write(bytes: Uint8Array): void;
  /** Bytes that wait for the rest of their period. */
  pendingBytes(): number;
  /** Completes a begun period with silence; returns the bytes of silence. */
  pad(): number;
  /** The stream was prepared, and is started with the next period; `forget` drops a begun one. */
  restart(forget: boolean): void;
  /** Drops the bytes of a frame that is not complete; whole frames stay. Does nothing once it is closed. */
  dropPartialFrame(): void;
  /** Inserts silence while nothing is written. Nanoseconds; a `period` of 0 ends it. */
  keepAlive(period: bigint, grace: bigint): void;
  /** Nothing is inserted until release(). */
  hold(): void;
  /** `unread`: whole periods that the listener has yet to read. */
  release(unread: number): void;
  /** Ready once the inserting of silence, which keepAlive began, has ended by an error. */
  watchFailure(): WatcherHandle;
  stats(): PumpStatsNative;
}

/** Waits in the event loop for a descriptor. */
export interface WatcherHandle extends NativeHandle {
  /**
   * Calls back once: when there is something to read, for a playback room to write, or something went wrong. Keeps the event
   * loop alive until then.
   */
  arm(callback: () => void): void;
  /** Takes that back. */
  disarm(): void;
  /** Whether waiting keeps the event loop alive; it does at first. */
  setRef(referenced: boolean): void;
}

/** The control device of a card. Numbers name its elements; they are the kernel's `numid`. */
export interface ControlHandle extends NativeHandle {
  /** The number of an element, index 0: SNDRV_CTL_IOCTL_ELEM_INFO. `elementInterface` is SNDRV_CTL_ELEM_IFACE_*. */
  find(elementInterface: number, device: number, subdevice: number, name: string): number;
  /** The first value of a boolean or integer element: SNDRV_CTL_IOCTL_ELEM_READ. */
  read(number: number): number;
  /** The numbers of elements that were announced as changed since it was asked last; perhaps not all at once. */
  changes(): number[];
  /**
   * Has changes announced, SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS, and calls back from the event loop while there are changes to
   * take, or when something went wrong, which `changes` throws. Until close().
   */
  listen(callback: () => void): void;
  /** Whether listening keeps the event loop alive; it does at first. */
  setRef(referenced: boolean): void;
}

export interface TimerGinfoNative {
  /** SNDRV_TIMER_FLG_*. */
  readonly flags: number;
  readonly card: number;
  readonly id: string;
  readonly name: string;
  /** Nanoseconds, as the next two. */
  readonly resolution: bigint;
  readonly resolutionMin: bigint;
  readonly resolutionMax: bigint;
  /** Open instances: listeners and cables. */
  readonly clients: number;
}

export interface TimerGstatusNative {
  /** Nanoseconds. */
  readonly resolution: bigint;
  /** The resolution in seconds, as a fraction. */
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export interface TimerInstanceInfoNative {
  /** SNDRV_TIMER_FLG_*. */
  readonly flags: number;
  readonly card: number;
  readonly id: string;
  readonly name: string;
  /** Nanoseconds. */
  readonly resolution: bigint;
}

export interface TimerInstanceStatusNative {
  /** Nanoseconds: when it was last started, stopped, continued or paused. */
  readonly timestamp: bigint;
  /** Nanoseconds, cut to 32 bits. */
  readonly resolution: number;
  readonly lost: number;
  /** Records that found the queue full. */
  readonly overrun: number;
  /** Records that wait to be read. */
  readonly queue: number;
}

/**
 * Where the records of all listening instances of an environment come together. In a turn of the event loop its memory is
 * filled with their records, one instance after the other, and with two Int32 for each of these batches: the slot of the
 * instance, and how many records, or a negated errno, or 0 for a descriptor in an error that has nothing left. Then the
 * callback is called, once, with the number of batches. It lives as long as the environment.
 */
export type TimerRecordsHandle = object & { readonly [records]: never };
declare const records: unique symbol;

/**
 * An open timer device, to be bound to a timer. Its records come in a BigInt64Array, two elements each: nanoseconds (the
 * time; in plain records the resolution), and in the place of the second element two Uint32: SNDRV_TIMER_EVENT_*, value.
 */
export interface TimerInstanceHandle extends NativeHandle {
  /** SNDRV_TIMER_CLASS_*, SNDRV_TIMER_SCLASS_*. Returns the calling thread's id, in its PID namespace. */
  select(timerClass: number, slaveClass: number, card: number, device: number, subdevice: number): number;
  /** SNDRV_TIMER_PSFLG_*; bits of SNDRV_TIMER_EVENT_*. */
  set(flags: number, ticks: number, queueSize: number, filter: number): void;
  start(): void;
  stop(): void;
  continue(): void;
  pause(): void;
  info(): TimerInstanceInfoNative;
  status(): TimerInstanceStatusNative;
  /** 0 while the timer is there, or the errno of SNDRV_TIMER_IOCTL_INFO; ENODEV when poll(2) tells POLLERR. */
  probe(): number;
  /** Records read, or a negated errno. */
  read(records: BigInt64Array): number;
  /** Reads whenever there is something, from the event loop, until unlisten(): see {@link TimerRecordsHandle}. */
  listen(records: TimerRecordsHandle, slot: number): void;
  unlisten(): void;
  /** Whether listening keeps the event loop alive; it does at first. */
  setRef(referenced: boolean): void;
}

/** A UDP socket that receives. Addresses are IPv4 or IPv6 literals without the name of an interface. */
export interface DatagramSocketHandle extends NativeHandle {
  /** SO_RCVBUFFORCE, or SO_RCVBUF. @returns the bytes that the kernel gave */
  setReceiveBuffer(bytes: number): number;
  /** SO_RXQ_OVFL; not where a filter drops datagrams as well. */
  countsDrops(): boolean;
  /** MCAST_JOIN_GROUP, with a source MCAST_JOIN_SOURCE_GROUP; interface index 0 is the kernel's choice. */
  join(group: string, interfaceIndex: number, source: string | null): void;
  /** MCAST_LEAVE_GROUP: for all sources, and also where the interface is gone. */
  leave(group: string, interfaceIndex: number): void;
  /** getsockname(2). */
  local(): { readonly address: string; readonly port: number };
  /**
   * Calls back from the event loop whenever datagrams wait, until close(), with what recvmmsg(2) returned: their number, or
   * a negated errno, which is the last call. Datagram i lies in `data` at i * data.length / lengths.length, with
   * lengths[i] bytes; its source in `sources`, 20 bytes each, an IPv4 address in its IPv6-mapped form and the port in network
   * order; when it arrived in `arrivals`, nanoseconds of the monotonic clock by the kernel's SO_TIMESTAMPNS. `dropped` are
   * those that the kernel dropped since the socket was made, as far as it has told.
   */
  listen(
    data: Uint8Array,
    lengths: Int32Array,
    sources: Uint8Array | null,
    arrivals: BigInt64Array,
    callback: (count: number, dropped: number) => void,
  ): void;
}

/** As in `<errno.h>`, of the errnos that Node has no names for. They differ by architecture. */
export interface NativeErrnos {
  readonly EBADFD: number;
  readonly ESTRPIPE: number;
}

export interface NativeBinding {
  readonly errnos: NativeErrnos;
  /** An advisory lock (flock) on a file; EAGAIN while somebody else has it. */
  lockFile(path: string): NativeHandle;
  createUtimer(path: string, resolution: bigint): UtimerHandle;
  utimerSupported(path: string): boolean;
  /** `subdevice` -1 takes any free substream; `controlPath` is used otherwise. */
  openPcm(path: string, playback: boolean, controlPath: string, subdevice: number): PcmHandle;
  createPeriodPump(pcm: PcmHandle, timer: UtimerHandle, parameters: PumpParametersNative): PeriodPumpHandle;
  /** Ready once `avail_min` frames can be read or written, a period, or the stream is in an error. */
  watchPcm(pcm: PcmHandle): WatcherHandle;
  /** `folder`: /proc/asound/card<N>/pcm<D>p|c/sub<S>. */
  openSubstream(folder: string): SubstreamHandle;
  /** Ready once a file was opened, by whomever, since it was armed last: inotify(7), IN_OPEN. */
  watchOpens(path: string): WatcherHandle;
  openControl(path: string): ControlHandle;
  /**
   * socket(2) and bind(2); `scope` is the index of an interface, or 0. `shared`: for a group, with SO_REUSEADDR, and nothing is
   * heard that this socket has not joined itself.
   */
  openDatagramSocket(address: string, port: number, scope: number, shared: boolean): DatagramSocketHandle;
  /** if_nametoindex(3): ENODEV where there is none of this name. */
  interfaceIndex(name: string): number;
  /** `memory`: `capacity` records, 1024 at least, and then the batches. */
  createTimerRecords(
    memory: ArrayBuffer,
    capacity: number,
    callback: (batches: number) => void,
  ): TimerRecordsHandle;
  /** SNDRV_TIMER_IOCTL_TREAD64 if `timestamped`. */
  openTimerInstance(path: string, timestamped: boolean): TimerInstanceHandle;
  /** What SNDRV_TIMER_IOCTL_NEXT_DEVICE walks through: class, card, device and subdevice of each timer. */
  enumerateTimers(path: string): Int32Array;
  /** SNDRV_TIMER_IOCTL_GINFO; `timerClass` is SNDRV_TIMER_CLASS_*. */
  timerGinfo(
    path: string,
    timerClass: number,
    card: number,
    device: number,
    subdevice: number,
  ): TimerGinfoNative;
  /** The same for many, class, card, device and subdevice of each; null for those that do not exist. */
  timerGinfos(path: string, addresses: Int32Array): (TimerGinfoNative | null)[];
  /** SNDRV_TIMER_IOCTL_GSTATUS. */
  timerGstatus(
    path: string,
    timerClass: number,
    card: number,
    device: number,
    subdevice: number,
  ): TimerGstatusNative;
  /** SNDRV_TIMER_IOCTL_GPARAMS: the period in seconds, as a fraction. */
  setTimerGparams(
    path: string,
    timerClass: number,
    card: number,
    device: number,
    subdevice: number,
    numerator: bigint,
    denominator: bigint,
  ): void;
}

/** The names of {@link NativeBinding}, for the test that compares them with the addon. */
export const BINDING_FUNCTIONS = [
  'createPeriodPump',
  'createTimerRecords',
  'createUtimer',
  'enumerateTimers',
  'interfaceIndex',
  'openControl',
  'openDatagramSocket',
  'lockFile',
  'openPcm',
  'openSubstream',
  'openTimerInstance',
  'setTimerGparams',
  'timerGinfo',
  'timerGinfos',
  'timerGstatus',
  'utimerSupported',
  'watchOpens',
  'watchPcm',
] as const satisfies readonly (keyof NativeBinding)[];

/** The names of what is no function in it. */
export const BINDING_CONSTANTS = ['errnos'] as const satisfies readonly (keyof NativeBinding)[];
