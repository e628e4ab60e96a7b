/** Substreams, at the seam: one's own, and what /proc tells of any. */
import type { NativeHandle } from './handle.js';

export interface PcmParametersNative {
  /** SNDRV_PCM_ACCESS_RW_INTERLEAVED or _NONINTERLEAVED; bytes are those of interleaved frames in either. */
  readonly access: number;
  /** SNDRV_PCM_FORMAT_*. */
  readonly format: number;
  readonly channels: number;
  readonly rate: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
  readonly fillWithSilence: boolean;
}

/** What the kernel has chosen. */
export interface PcmSizesNative {
  /** Bytes of one frame of all channels. */
  readonly frameBytes: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
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
  configure(parameters: PcmParametersNative): PcmSizesNative;
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
  /** Of a playback: frames that are yet to be played; negative where it lacked some. */
  readonly queued: number;
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
