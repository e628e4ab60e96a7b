/** Sound servers of a desktop: they open every card that they see, those of snd-aloop as well. */
import { pagePath } from '../package-root.js';
import { type Check, ok, shell, warn } from './check.js';
import type { CheckedCard, Machine } from './machine.js';
import { processesNamed } from './processes.js';

/** Servers by the names of their processes, and the property by which udev keeps each off a card. */
const KEPT_OFF_BY: Readonly<Record<string, string>> = {
  wireplumber: 'ACP_IGNORE',
  'pipewire-media-': 'ACP_IGNORE',
  pulseaudio: 'PULSE_IGNORE',
};

/** What people call it, and systemd: the kernel cuts the names of processes at 15 characters. */
const fullName = (server: string): string =>
  server === 'pipewire-media-' ? 'pipewire-media-session' : server;

/** The names of processes that open cards: of those above, and of those that do so when they are told. */
export const SOUND_SERVERS: readonly string[] = [
  ...Object.keys(KEPT_OFF_BY),
  'pipewire',
  'jackd',
  'jackdbus',
];

const RULE =
  'SUBSYSTEM=="sound", DEVPATH=="*/snd_aloop.*/sound/card*", ENV{ACP_IGNORE}="1", ENV{PULSE_IGNORE}="1"';

export const soundServers: Check = {
  id: 'sound-servers',
  why: 'A sound server takes a free substream of device 0 whenever a card appears, and again for each program that it serves.',
  after: ['loopback-card'],
  run(machine) {
    const servers = running(machine);
    if (servers.length === 0) return ok('no sound server runs that opens cards by itself');
    const cards = machine.cards();
    const taken = cards.filter((card) => servers.some((server) => !isKeptOff(machine, card, server)));
    const taking = servers.filter((server) => cards.some((card) => !isKeptOff(machine, card, server)));
    const named = taking.map(fullName);
    if (taking.length === 0)
      return ok(`${servers.map(fullName).join(', ')} runs, and is kept off ${numbers(cards)}`);
    return warn(
      `${named.join(', ')} runs, and may open ${numbers(taken)}`,
      'Where that is not wanted, a rule of udev keeps it off all cards of snd-aloop:',
      shell(`echo '${RULE}' | sudo tee /etc/udev/rules.d/89-snd-aloop.rules`),
      shell('sudo udevadm control --reload && sudo udevadm trigger --action=change --subsystem-match=sound'),
      `Then start it anew, as the user whose it is: \`systemctl --user restart ${named.join(' ')}\`. It may listen to a cable all the same: ${pagePath('guides/desktop.md')} says how.`,
    );
  },
};

const numbers = (cards: readonly CheckedCard[]) => cards.map(({ number }) => `card ${number}`).join(', ');

function running(machine: Machine): string[] {
  const servers = Object.keys(KEPT_OFF_BY);
  const found = new Set(processesNamed(machine, servers).map(({ name }) => name));
  return servers.filter((server) => found.has(server));
}

function isKeptOff(machine: Machine, { number }: CheckedCard, server: string): boolean {
  const properties = machine.read(`/run/udev/data/+sound:card${number}`)?.split('\n') ?? [];
  return properties.includes(`E:${KEPT_OFF_BY[server]}=1`);
}
