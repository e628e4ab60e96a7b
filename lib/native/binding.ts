/**
 * The seam: everything TypeScript asks of the addon, and, with the handles beside it, the only description of it. Nothing here
 * decides or explains; arguments arrive checked, errors leave as plain `Error` objects (see {@link NativeError}) that
 * `errors.ts` turns into sentences. No descriptor number crosses.
 */
import type { ArrivalsHandle } from './arrivals-handle.js';
import type { CapturePumpHandle, CapturePumpParametersNative } from './capture-pump-handle.js';
import type { ClockHandle } from './clock-handle.js';
import type { ControlHandle } from './control-handle.js';
import type { NativeHandle, WatcherHandle } from './handle.js';
import type { PacedCableHandle } from './paced-cable-handle.js';
import type { PacedCaptureHandle } from './paced-capture-handle.js';
import type {
  PacedHandle,
  PacerHandle,
  PacerSchedulingNative,
  PacingHandle,
  PacingPolicyNative,
} from './pacer-handle.js';
import type { PacketParametersNative, PacketStreamHandle, RouteNative } from './packet-stream-handle.js';
import type { PcmHandle, SubstreamHandle } from './pcm-handles.js';
import type { PlayedCableHandle, PlayedCableParametersNative } from './played-cable-handle.js';
import type { PeriodPumpHandle, PumpParametersNative } from './pump-handle.js';
import type { DatagramSocketHandle } from './socket-handle.js';
import type {
  TimerGinfoNative,
  TimerGstatusNative,
  TimerInstanceHandle,
  TimerRecordsHandle,
  UtimerHandle,
} from './timer-handles.js';

export type * from './arrivals-handle.js';
export type * from './capture-pump-handle.js';
export type * from './clock-handle.js';
export type * from './control-handle.js';
export type * from './handle.js';
export type * from './paced-cable-handle.js';
export type * from './paced-capture-handle.js';
export type * from './pacer-handle.js';
export type * from './packet-stream-handle.js';
export type * from './pcm-handles.js';
export type * from './played-cable-handle.js';
export type * from './pump-handle.js';
export type * from './socket-handle.js';
export type * from './timer-handles.js';

/** What the addon throws: a failed system call, a refused PCM parameter, or a call after close. */
export interface NativeError extends Error {
  /** 'ERR_CLOSED', 'ERR_PCM_PARAMETER' and so on; of a failed system call the name of its errno, 'ENODEV' for instance. */
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
  createCapturePump(
    pcm: PcmHandle,
    timer: UtimerHandle,
    parameters: CapturePumpParametersNative,
  ): CapturePumpHandle;
  /** Room for `periods`, of 256 MiB at most; `silent`: silence moves where none is queued. */
  createPacedCable(pump: PeriodPumpHandle, periods: number, silent: boolean): PacedCableHandle;
  /** Frames that move by their media time. */
  createPlayedCable(pump: PeriodPumpHandle, parameters: PlayedCableParametersNative): PlayedCableHandle;
  /** Without a packet for `quiet` ns its last frequency goes on. */
  createArrivals(quiet: bigint): ArrivalsHandle;
  /** Room for `periods`, of 256 MiB at most. */
  createPacedCapture(pump: CapturePumpHandle, periods: number): PacedCaptureHandle;
  /** A pacing without a pacer, which tick() alone moves. */
  createFollower(target: PacedHandle | null, policy: PacingPolicyNative): PacingHandle;
  /** Starts a thread. What is refused of its scheduling is no error. */
  createPacer(scheduling: PacerSchedulingNative): PacerHandle;
  /** Ready once `avail_min` frames can be read or written, a period, or the stream is in an error. */
  watchPcm(pcm: PcmHandle): WatcherHandle;
  /** `folder`: /proc/asound/card<N>/pcm<D>p|c/sub<S>. */
  openSubstream(folder: string): SubstreamHandle;
  /** Ready once a file was opened, by whomever, since it was armed last: inotify(7), IN_OPEN. */
  watchOpens(path: string): WatcherHandle;
  openControl(path: string): ControlHandle;
  /** By its clockid_t. `ofSystem`: it runs at the frequency of CLOCK_MONOTONIC. `name` is the path of its errors. */
  openClock(id: number, ofSystem: boolean, name: string): ClockHandle;
  /** CLOCK_MONOTONIC now, in nanoseconds. */
  monotonicTime(): bigint;
  /** A PTP device, read by the best call that it has. */
  openClockDevice(path: string): ClockHandle;
  /** SIOCETHTOOL, ETHTOOL_GET_TS_INFO: the number of the PTP device of an interface, -1 where it has none. */
  interfacePtp(name: string): number;
  /**
   * socket(2) and bind(2); `scope` is the index of an interface, or 0. `shared`: for a group, with SO_REUSEADDR, and nothing is
   * heard that this socket has not joined itself.
   */
  openDatagramSocket(address: string, port: number, scope: number, shared: boolean): DatagramSocketHandle;
  /** socket(2), bind(2) and, for a group, setsockopt(2). Up to 1 GiB of packets may wait. */
  openPacketStream(route: RouteNative, packets: PacketParametersNative): PacketStreamHandle;
  /** The local address that connect(2), which sends nothing, finds; null without a route. */
  findOrigin(route: RouteNative): string | null;
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
  'createArrivals',
  'createCapturePump',
  'createFollower',
  'createPacedCable',
  'createPacedCapture',
  'createPacer',
  'createPeriodPump',
  'createPlayedCable',
  'createTimerRecords',
  'createUtimer',
  'enumerateTimers',
  'findOrigin',
  'interfaceIndex',
  'interfacePtp',
  'monotonicTime',
  'openClock',
  'openClockDevice',
  'openControl',
  'openDatagramSocket',
  'lockFile',
  'openPacketStream',
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
