// A kernel of nothing but ids, for tests of what lib/ decides. What it answers, the kernel suite checks for real.
import type {
  ControlHandle,
  NativeBinding,
  PcmHandle,
  TimerInstanceHandle,
  UtimerHandle,
  WatcherHandle,
} from '../../lib/native/binding.js';

/** What the addon throws for a failed system call. */
export function failedCall(errno: number, syscall: string, path?: string): Error {
  return Object.assign(new Error(syscall), { errno, syscall, path });
}

export class FakeBinding implements NativeBinding {
  readonly timers = new Map<number, UtimerHandle>();
  readonly triggers: number[] = [];
  supported = true;

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

  createPeriodPump(): never {
    throw failedCall(95, 'no pump in this kernel');
  }

  watchPcm(): WatcherHandle {
    throw failedCall(95, 'no event loop in this kernel');
  }

  openDatagramSocket(): never {
    throw failedCall(97, 'socket');
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
