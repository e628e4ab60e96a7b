// PTP clocks without hardware: netdevsim, whose interfaces have one of ptp_mock.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, type TestContext } from 'vitest';

const execute = promisify(execFile);

/** Loads them for a file of tests. Returns what skips a test where the kernel has none. */
export function withMockClocks(): (context: TestContext) => void {
  let hasMock = false;
  beforeAll(async () => {
    hasMock = await execute('modprobe', ['-a', 'ptp_mock', 'netdevsim']).then(
      () => true,
      () => false,
    );
  });
  afterAll(async () => {
    if (hasMock) await execute('modprobe', ['-r', 'netdevsim', 'ptp_mock']);
  });
  return ({ skip }) =>
    skip(!hasMock, 'this kernel was built without CONFIG_NETDEVSIM and CONFIG_PTP_1588_CLOCK_MOCK');
}

/** A simulated network interface and its PTP clock, until it is removed. */
export class MockClock implements Disposable {
  static #count = 0;
  readonly #id: number;
  readonly path: string;

  constructor() {
    this.#id = MockClock.#count++;
    const before = new Set(readdirSync('/sys/class/ptp'));
    writeFileSync('/sys/bus/netdevsim/new_device', `${this.#id} 1`);
    const [name] = readdirSync('/sys/class/ptp').filter((each) => !before.has(each));
    this.path = `/dev/${name}`;
  }

  get interfaceName(): string {
    return readdirSync(`/sys/bus/netdevsim/devices/netdevsim${this.#id}/net`)[0] as string;
  }

  /** linuxptp's phc_ctl. */
  control(...words: string[]): void {
    execFileSync('phc_ctl', ['-q', this.path, ...words]);
  }

  remove(): void {
    if (existsSync(`/sys/bus/netdevsim/devices/netdevsim${this.#id}`)) {
      writeFileSync('/sys/bus/netdevsim/del_device', String(this.#id));
    }
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
