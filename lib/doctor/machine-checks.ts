/** What makes a machine good at real time: limits, processors and clocks. Without it everything works, only worse. */
import { hasCapability } from './capability.js';
import { type Check, ok, shell, skip, warn } from './check.js';
import type { Machine } from './machine.js';

const WANTED_PRIORITY = 20;

export const realTime: Check = {
  id: 'real-time',
  why: 'A thread of a Pacer is late by what other programs do, unless it has a real-time priority (option priority).',
  run(machine) {
    if (hasCapability(machine, 'CAP_SYS_NICE')) return ok('this process may have each real-time priority');
    const most = limit(machine, 'Max realtime priority');
    if (most === undefined) return skip('the limits of this process cannot be read');
    if (most >= WANTED_PRIORITY)
      return ok(`${machine.user.name} may have real-time priorities up to ${most}`);
    const lines = ['rtprio 95', 'memlock unlimited'].map((what) => `@audio - ${what}`);
    return warn(
      `${machine.user.name} may have no real-time priority`,
      ...lines.map((line) => shell(`echo '${line}' | sudo tee -a /etc/security/limits.d/audio.conf`)),
      shell(`sudo usermod -aG audio ${machine.user.name}`),
      'Then log in anew.',
    );
  },
};

/** The soft limit; undefined where it cannot be read. */
function limit(machine: Machine, name: string): number | undefined {
  const text = new RegExp(`^${name} +(\\S+)`, 'm').exec(machine.read('/proc/self/limits') ?? '')?.[1];
  if (text === undefined) return undefined;
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}

export const governor: Check = {
  id: 'governor',
  why: 'A processor that saves power needs longer to wake for a tick.',
  run(machine) {
    const folder = '/sys/devices/system/cpu';
    const governors = machine
      .names(folder)
      .filter((name) => /^cpu\d+$/.test(name))
      .flatMap((cpu) => machine.read(`${folder}/${cpu}/cpufreq/scaling_governor`)?.trim() ?? []);
    if (governors.length === 0) return skip('the kernel does not govern the frequency of the processors');
    const names = [...new Set(governors)].join(', ');
    if (!governors.includes('powersave')) return ok(names);
    return warn(names, `For low latency: ${shell('sudo cpupower frequency-set -g performance')}`);
  },
};

/** Microseconds: a tenth of a period of 5 ms. */
const DEEP_SLEEP = 500;

export const idleStates: Check = {
  id: 'idle-states',
  why: 'A processor that sleeps deeply needs longer to wake for a tick.',
  run(machine) {
    const folder = '/sys/devices/system/cpu/cpu0/cpuidle';
    const latencies = machine
      .names(folder)
      .filter((state) => machine.read(`${folder}/${state}/disable`)?.trim() === '0')
      .flatMap((state) => machine.read(`${folder}/${state}/latency`)?.trim() ?? [])
      .map(Number);
    if (latencies.length === 0) return skip('the kernel does not tell how deeply processors sleep');
    const deepest = Math.max(...latencies);
    const seen = `a processor wakes from its deepest sleep in ${deepest} us`;
    if (deepest <= DEEP_SLEEP) return ok(seen);
    return warn(
      seen,
      `While a program keeps /dev/cpu_dma_latency open, with 0 written to it as 4 bytes, no processor sleeps deeply: ${shell(`sudo sh -c 'exec 3>/dev/cpu_dma_latency; printf "\\0\\0\\0\\0" >&3; sleep infinity'`)}`,
    );
  },
};

export const ptpClocks: Check = {
  id: 'ptp-clocks',
  why: 'Two machines play in phase by a PTP clock.',
  after: ['addon'],
  run(machine) {
    const clocks = machine.clocks().filter(({ name }) => name.startsWith('/dev/ptp'));
    if (clocks.length === 0) return skip('this machine has none');
    const broken = clocks.filter(({ error }) => error);
    const seen = clocks
      .map(
        ({ name, interfaces, method, error }) =>
          `${[name, ...interfaces].join(', ')}: ${error ? error.message : `read by ${method}`}`,
      )
      .join('; ');
    return broken.length === 0 ? ok(seen) : warn(seen, ...broken.flatMap(({ error }) => error?.hint ?? []));
  },
};
