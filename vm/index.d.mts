/** A small machine with userspace-driven ALSA timers and snd-aloop: QEMU boots a kernel on the files of this machine, of x64 or arm64. */

/** The version of this package. */
export const version: string;

/** How a guest is run: 'tcg' is QEMU's emulation. */
export type Accel = 'kvm' | 'tcg';

export interface Streams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

export interface Options {
  /** The folder that the command starts in, which the guest has at the same path. Default: that of this process. */
  readonly cwd?: string;
  /**
   * Variables for the command. Besides these it gets PATH, HOME, TERM, TZ, LANG and LC_* of this process, UTIMER_VM, and
   * UTIMER_VM_TIME_FACTOR: how many times longer than with KVM it may take.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that the guest can write to, by absolute paths. Whatever it writes elsewhere is gone with it. */
  readonly shares?: readonly string[];
  /** Kernel modules to load before the command starts, with parameters: 'snd-aloop index=3'. */
  readonly modules?: readonly string[];
  /** Gives the command a terminal of the size of `streams.stdout`, in place of three streams. */
  readonly terminal?: boolean;
  /** Processors of the guest. Default: 2. */
  readonly cpus?: number;
  /** Memory of the guest, MiB. Default: 2048. */
  readonly memory?: number;
  /** How long the guest may run with KVM, in seconds from its start. Where it is emulated it gets `timeFactor` times as long. */
  readonly timeout?: number;
  /** Default: 'auto', KVM where a guest really boots with it. */
  readonly accel?: 'auto' | Accel;
  /** A file for the log of the guest's kernel. */
  readonly console?: string;
  /** Default: those of this process. */
  readonly streams?: Streams;
  /** Ends the guest. */
  readonly signal?: AbortSignal;
  /** Told why a guest is emulated, in a sentence. */
  readonly note?: (text: string) => void;
}

/**
 * Runs a command as root in a guest that is booted for it, and gone afterwards.
 *
 * @param command a program of this machine, and its arguments
 * @returns its exit status; 126 where it cannot be executed, 127 where there is none
 * @throws RunError with status 123 where the guest's kernel failed, 124 where the time was over, 125 where the command did not get
 *   to run, and 128 + N, with what the kernel said, where signal N has ended it
 * @throws the reason of `signal`
 * @example
 * import { run } from 'alsa-utimer-vm';
 * process.exitCode = await run(['aplay', '-l'], { modules: ['snd-aloop'] });
 */
export function run(command: readonly string[], options?: Options): Promise<number>;

export interface Status {
  readonly kernel: {
    /** As `uname -r` prints it. */
    readonly release: string;
    /** The source package that it was built from, and its version. */
    readonly source: string;
    readonly compiler: string;
  };
  readonly cache: { readonly folder: string; readonly isUnpacked: boolean };
  readonly qemu: { readonly version: string } | { readonly missing: string };
  /** How guests will be run; without it nobody has tried yet. */
  readonly accel?: Accel;
  /** Why it is not KVM, in half a sentence. */
  readonly why?: string;
  /** How many times longer than with KVM commands may take. */
  readonly timeFactor?: number;
}

/** What there is. Boots nothing. */
export function status(): Status;

/**
 * Unpacks the kernel, and tries KVM: both are done once, here or by the first run.
 *
 * @throws RunError with status 125 where QEMU is missing
 */
export function prepare(options?: { readonly signal?: AbortSignal }): Promise<Status>;

/** Removes what was unpacked. No guest may be running. */
export function clean(): { readonly folder: string; readonly existed: boolean };

/** What keeps a command from running, or has ended it. */
export class RunError extends Error {
  /** What a process ends with for it. */
  readonly status: number;
  constructor(status: number, message: string);
}

/**
 * Runs `body`, and ends this process as a program ends: by SIGINT, SIGTERM and SIGHUP, and where nobody reads its output. A
 * RunError is printed.
 *
 * @param name what errors begin with
 * @returns the exit status for this process
 */
export function asProcess(name: string, body: (signal: AbortSignal) => Promise<number>): Promise<number>;

/** A kernel that guests boot. */
export interface Kernel {
  readonly name: string;
  readonly arch: 'x64' | 'arm64';
  /** The kernel itself. */
  readonly image: string;
  /** Process 1 of the guest, and the modules that it loads first. */
  readonly initramfs: string;
  /** A folder that has lib/modules/<release>. */
  readonly modules: string;
  /** The root file system of guests; '/', this machine's own, where they can run its programs. */
  readonly root: string;
  /** A folder to note in whether guests boot with KVM. */
  readonly cache: string;
}
