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
  readonly formats?: readonly number[];
  readonly min?: number;
  readonly max?: number;
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
  /** SNDRV_PCM_FORMAT_*. */
  readonly format: number;
  readonly channels: number;
  readonly rate: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
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
  /** Frames taken; 0 when there is no room. */
  write(bytes: Uint8Array): number;
  /** Frames read; 0 when there are none. */
  read(bytes: Uint8Array): number;
}

export interface NativeBinding {
  createUtimer(path: string, resolution: bigint): UtimerHandle;
  utimerSupported(path: string): boolean;
  /** `subdevice` -1 takes any free substream; `controlPath` is used otherwise. */
  openPcm(path: string, playback: boolean, controlPath: string, subdevice: number): PcmHandle;
}

/** The names of {@link NativeBinding}, for the test that compares them with the addon. */
export const BINDING_FUNCTIONS = [
  'createUtimer',
  'openPcm',
  'utimerSupported',
] as const satisfies readonly (keyof NativeBinding)[];
