/** What receivers need of the network: room in sockets, and a kernel that lets multicast packets through. */
import { type Check, ok, safely, shell, skip, warn } from './check.js';
import type { Machine } from './machine.js';

/** Bytes: half a second of 32 channels at 48 kHz, as the kernel counts packets. */
const WANTED_BUFFER = 8_388_608;

export const sockets: Check = {
  id: 'sockets',
  why: 'A receiver whose process stands still loses what its socket has no room for.',
  run(machine) {
    const most = Number(machine.read('/proc/sys/net/core/rmem_max') ?? Number.NaN);
    if (Number.isNaN(most)) return skip('net.core.rmem_max cannot be read');
    const seen = `a socket may keep ${most} bytes (net.core.rmem_max)`;
    return most >= WANTED_BUFFER
      ? ok(seen)
      : warn(seen, safely(`sudo sysctl net.core.rmem_max=${WANTED_BUFFER}`));
  },
};

export const reversePath: Check = {
  id: 'reverse-path',
  why: 'The kernel drops multicast packets of senders that it would answer through another interface.',
  run(machine) {
    const folder = '/proc/sys/net/ipv4/conf';
    const strict = machine
      .names(folder)
      .filter(
        (name) =>
          !['default', 'lo'].includes(name) && machine.read(`${folder}/${name}/rp_filter`)?.trim() === '1',
      );
    if (strict.length === 0) return ok('no interface is strict (rp_filter)');
    return warn(
      `strict (rp_filter=1): ${strict.join(', ')}`,
      'Where a stream is not heard that `tcpdump` shows:',
      ...strict.map((name) => shell(`sudo sysctl net.ipv4.conf.${name.replaceAll('.', '/')}.rp_filter=2`)),
    );
  },
};

/** Interfaces that the kernel was told to speak an old IGMP at, which knows no sources. */
function oldIgmp(machine: Machine): string[] {
  const folder = '/proc/sys/net/ipv4/conf';
  return machine
    .names(folder)
    .filter((name) =>
      ['1', '2'].includes(machine.read(`${folder}/${name}/force_igmp_version`)?.trim() ?? ''),
    );
}

/** Destinations of the routing table that all groups lie behind: none, and 224.0.0.0, as /proc/net/route has them. */
const GROUP_ROUTE = /^\S+\t(00000000|000000E0)\t/m;

export const multicast: Check = {
  id: 'multicast',
  why: 'A receiver joins a group at the interface that a route leads to, unless it is told one.',
  run(machine) {
    const routes = machine.read('/proc/net/route');
    if (routes === undefined) return skip('the routes of this machine cannot be read');
    const old = oldIgmp(machine);
    if (old.length > 0) {
      return warn(
        `an old version of IGMP is forced (${old.join(', ')}), which knows no sources: all senders of a group are received`,
        ...old.map((name) =>
          shell(`sudo sysctl net.ipv4.conf.${name.replaceAll('.', '/')}.force_igmp_version=0`),
        ),
      );
    }
    if (GROUP_ROUTE.test(routes)) return ok('a route leads to multicast groups');
    return warn(
      'no route leads to multicast groups: a receiver of one fails with ENODEV unless it is told an interface',
      'Name the interface: option interface, `utimer bridge --interface NAME`.',
    );
  },
};
