// A kernel of nothing but ids, for tests of what lib/ decides. What it answers, the kernel suite checks for real.
import { getSystemErrorName } from 'node:util';
import type {
  ClockHandle,
  ControlHandle,
  DatagramSocketHandle,
  NativeBinding,
  PcmHandle,
  SubstreamHandle,
  SubstreamParametersNative,
  SubstreamStatusNative,
  TimerInstanceHandle,
  TimerRecordsHandle,
  UtimerHandle,
  WatcherHandle,
} from '../../lib/native/binding.js';

const ERRNOS = { EBADFD: 77, ESTRPIPE: 86 };

function codeOf(errno: number): string {
  const name = Object.entries(ERRNOS).find(([, number]) => number === errno)?.[0];
  return name ?? getSystemErrorName(-errno);
}

/** What the addon throws for a failed system call. */
export function failedCall(errno: number, syscall: string, path?: string): Error {
  return Object.assign(new Error(syscall), { code: codeOf(errno), errno, syscall, path });
}

/** Who has a substream open, and what it is set to. */
export interface FakeSubstream {
  readonly status: SubstreamStatusNative | null;
  readonly parameters: SubstreamParametersNative | null;
}

export class FakeBinding implements NativeBinding {
  readonly timers = new Map<number, UtimerHandle>();
  readonly triggers: number[] = [];
  /** Those that are open, by what ends the name of their folder in /proc/asound: 'card0/pcm1c/sub0'. */
  readonly substreams = new Map<string, FakeSubstream>();
  supported = true;
  readonly errnos = ERRNOS;
  private records:
    | { words: Uint32Array; batches: Int32Array; deliver: (batches: number) => void }
    | undefined;

  createUtimer(path: string, _resolution: bigint): UtimerHandle {
    let id = 0;
    while (this.timers.has(id)) id += 1;
    if (id === 128) throw failedCall(28, 'ioctl SNDRV_TIMER_IOCTL_CREATE', path);
    const handle: UtimerHandle = {
      id,
      trigger: () => {
        if (this.timers.get(id) !== handle) throw Object.assign(new Error('closed'), { code: 'ERR_CLOSED' });
        this.triggers.push(id);
      },
      close: () => {
        if (this.timers.get(id) === handle) this.timers.delete(id);
      },
      closed: () => this.timers.get(id) !== handle,
    };
    this.timers.set(id, handle);
    return handle;
  }

  utimerSupported(): boolean {
    return this.supported;
  }

  lockFile(path: string): never {
    throw failedCall(2, 'open', path);
  }

  createArrivals(): never {
    throw failedCall(95, 'no threads in this kernel');
  }

  createCapturePump(): never {
    throw failedCall(95, 'no pump in this kernel');
  }

  createFollower(): never {
    throw failedCall(95, 'no threads in this kernel');
  }

  createPacedCable(): never {
    throw failedCall(95, 'no pump in this kernel');
  }

  createPacedCapture(): never {
    throw failedCall(95, 'no pump in this kernel');
  }

  createPacer(): never {
    throw failedCall(95, 'no threads in this kernel');
  }

  createPeriodPump(): never {
    throw failedCall(95, 'no pump in this kernel');
  }

  createPlayedCable(): never {
    throw failedCall(95, 'no pump in this kernel');
  }

  createTimerRecords(...[memory, capacity, deliver]: Parameters<NativeBinding['createTimerRecords']>) {
    this.records = {
      words: new Uint32Array(memory),
      batches: new Int32Array(memory, capacity * 16),
      deliver,
    };
    return {} as TimerRecordsHandle;
  }

  /** What the addon does in a turn of the event loop: one batch for each slot, of [event, value, event, value ...]. */
  deliver(...batches: [slot: number, records: number[] | number][]): void {
    const { words, batches: notes, deliver } = this.records as NonNullable<typeof this.records>;
    let next = 0;
    for (const [index, [slot, records]] of batches.entries()) {
      notes.set([slot, typeof records === 'number' ? records : records.length / 2], index * 2);
      if (typeof records === 'number') continue;
      for (let i = 0; i < records.length; i += 2) {
        words.set([100 + next, 0, records[i] as number, records[i + 1] as number], next * 4);
        next += 1;
      }
    }
    deliver(batches.length);
  }

  watchOpens(path: string): WatcherHandle {
    throw failedCall(2, 'inotify_add_watch', path);
  }

  openSubstream(folder: string): SubstreamHandle {
    const find = () => this.substreams.get(folder.split('/').slice(-3).join('/'));
    let closed = false;
    return {
      status: () => find()?.status ?? null,
      parameters: () => find()?.parameters ?? null,
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
  }

  watchPcm(): WatcherHandle {
    throw failedCall(95, 'no event loop in this kernel');
  }

  openPacketStream(): never {
    throw failedCall(97, 'socket');
  }

  findOrigin(): null {
    return null;
  }

  openDatagramSocket(): DatagramSocketHandle {
    throw failedCall(97, 'socket');
  }

  /** The clocks that can be opened, by clockid_t or device: how they are ahead of CLOCK_MONOTONIC, in ns. */
  readonly clocks = new Map<number | string, bigint>();
  /** The numbers of the PTP clocks of network interfaces. */
  readonly interfaces = new Map<string, number>();

  openClock(id: number, _ofSystem: boolean, name: string): ClockHandle {
    return this.clock(id, 'clock_gettime', failedCall(22, 'clock_gettime', name));
  }
  openClockDevice(path: string): ClockHandle {
    return this.clock(path, 'ioctl PTP_SYS_OFFSET', failedCall(2, 'open', path));
  }
  monotonicTime(): bigint {
    return process.hrtime.bigint();
  }
  interfacePtp(name: string): number {
    const index = this.interfaces.get(name);
    if (index === undefined) throw failedCall(19, 'ioctl ETHTOOL_GET_TS_INFO', name);
    return index;
  }
  private clock(key: number | string, method: string, refusal: Error): ClockHandle {
    const ahead = this.clocks.get(key);
    if (ahead === undefined) throw refusal;
    let closed = false;
    return {
      method,
      read: () => {
        if (closed) throw Object.assign(new Error('closed'), { code: 'ERR_CLOSED' });
        return { time: 1_000n + ahead, monotonic: 1_000n, delay: 40n };
      },
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
  }
  interfaceIndex(name: string): never {
    throw failedCall(19, 'if_nametoindex', name);
  }

  timerGinfo(path: string): never {
    throw failedCall(19, 'ioctl SNDRV_TIMER_IOCTL_GINFO', path);
  }

  openTimerInstance(path: string): TimerInstanceHandle {
    throw failedCall(2, 'open', path);
  }

  enumerateTimers(): Int32Array {
    return new Int32Array(0);
  }

  timerGinfos(_path: string, addresses: Int32Array): null[] {
    return Array.from({ length: addresses.length / 4 }, () => null);
  }

  timerGstatus(path: string): never {
    throw failedCall(19, 'ioctl SNDRV_TIMER_IOCTL_GSTATUS', path);
  }

  setTimerGparams(path: string): never {
    throw failedCall(19, 'ioctl SNDRV_TIMER_IOCTL_GPARAMS', path);
  }

  openControl(path: string): ControlHandle {
    throw failedCall(2, 'open', path);
  }

  openPcm(path: string): PcmHandle {
    throw failedCall(2, 'open', path);
  }
}
