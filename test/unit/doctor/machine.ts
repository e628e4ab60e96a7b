// A machine for checks to look at, of which each part is made up. Without changes everything on it is right.
import type { CheckedCard, Machine } from '../../../lib/doctor/machine.js';
import type { SubstreamHolder } from '../../../lib/loopback/index.js';

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_CODENAME=trixie\nID=debian\n';

export const FILES: Readonly<Record<string, string>> = {
  '/etc/os-release': DEBIAN,
  '/etc/group': 'root:x:0:\naudio:x:29:\n',
  '/boot/config-6.12.120': 'CONFIG_SND=m\nCONFIG_SND_UTIMER=y\n',
  '/lib/modules/6.12.120/modules.dep':
    'kernel/sound/core/snd-timer.ko.xz:\nkernel/sound/drivers/snd-aloop.ko.xz:\n',
  '/proc/self/status': 'CapEff:\t0000000000000000\n',
  '/proc/self/limits': 'Max realtime priority     95                   95\n',
  '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'performance\n',
  '/proc/sys/net/core/rmem_max': '8388608\n',
  '/proc/sys/net/ipv4/conf/eth0/rp_filter': '2\n',
  '/proc/sys/net/ipv4/conf/eth0/force_igmp_version': '0\n',
  '/proc/net/route': 'Iface\tDestination\tGateway\neth0\t00000000\t0102A8C0\n',
  '/sys/devices/system/cpu/cpu0/cpuidle/state0/latency': '0\n',
  '/sys/devices/system/cpu/cpu0/cpuidle/state0/disable': '0\n',
  '/sys/devices/system/cpu/cpu0/cpuidle/state1/latency': '133\n',
  '/sys/devices/system/cpu/cpu0/cpuidle/state1/disable': '0\n',
};

interface Change extends Partial<Machine> {
  /** Over FILES; undefined where there is none. */
  readonly files?: Readonly<Record<string, string | undefined>>;
}

export function machine({ files = {}, ...change }: Change = {}): Machine {
  const all: Record<string, string | undefined> = { ...FILES, ...files };
  const mode = { mode: 0o20660, uid: 0, gid: 29 };
  return {
    ...{
      release: '6.12.120',
      version: '#1 SMP',
      arch: 'x64',
      runtime: 'node v20.20.2',
      user: { name: 'ada', uid: 1_000 },
    },
    read: (path) => all[path],
    names: (path) => [
      ...new Set(
        Object.keys(all)
          .filter((file) => file.startsWith(`${path}/`) && all[file] !== undefined)
          .map((file) => file.slice(path.length + 1).split('/')[0] as string),
      ),
    ],
    link: () => 'pid:[4026531836]',
    mode: (path) => (path === '/dev/snd/timer' || all[path] !== undefined ? mode : undefined),
    refusal: () => undefined,
    loadAddon: () => {},
    supportsUserTimers: () => true,
    userTimers: () => [0, 5],
    cards: () => [loopbackCard()],
    clocks: () => [],
    tryTimer: async () => 'a timer ticked',
    tryCable: async () => 'frames went through',
    ...change,
  };
}

export function loopbackCard(
  timerSource = '',
  holders: readonly Partial<SubstreamHolder>[] = [],
): CheckedCard {
  return {
    ...{ number: 1, id: 'Loopback', substreams: () => 8, timerSource: () => timerSource },
    holders: () => holders as SubstreamHolder[],
  };
}
