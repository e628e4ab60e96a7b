/** What the suite asks of a machine that others use: nothing that runs there is disturbed without a word. */
import { hasCapability } from '../doctor/capability.js';
import { hasModule } from '../doctor/kernel-checks.js';
import type { CheckedCard, Machine } from '../doctor/machine.js';
import { processesNamed } from '../doctor/processes.js';
import { AlsaError } from '../errors.js';
import { describeHolders } from '../pcm/holder.js';

export const refused = (message: string, hint: string) =>
  new AlsaError(message, { code: 'ERR_SELFTEST_REFUSED', hint });

/** What is asked of a machine beside what checks of the doctor look at. */
export interface Surroundings {
  readonly machine: Machine;
  readonly isLoopbackLoaded: boolean;
  /** What of a card is not as `modprobe snd-aloop` makes it. */
  differences(card: CheckedCard): readonly string[];
}

/**
 * Before anything is done.
 *
 * @throws AlsaError ERR_SELFTEST_REFUSED without root, userspace-driven timers, or a card that is free and as the module makes it
 */
export function checkSurroundings({ machine, isLoopbackLoaded, differences }: Surroundings): void {
  if (machine.user.uid !== 0) {
    throw refused(
      'The cases need root: they load snd-aloop or set its timer_source, and become other users',
      'Run it with sudo.',
    );
  }
  machine.loadAddon();
  if (!machine.supportsUserTimers()) {
    throw refused('There are no userspace-driven timers here', '`utimer doctor` says what is missing.');
  }
  const timers = machine.userTimers();
  if (timers.length > 0) {
    throw refused(
      `Another program has ${timers.length === 1 ? 'timer' : 'timers'} ${timers.join(', ')}: the cases count all timers, and take all of them for a moment`,
      'End that program first: `ls -l /proc/*/fd/* 2>/dev/null | grep snd-utimer` shows which has them.',
    );
  }
  const cards = machine.cards();
  const holders = cards.flatMap((card) => card.holders());
  if (holders.length > 0) {
    throw refused(
      `A loopback card is in use: ${describeHolders(holders)}`,
      'End that program first, or run the cases on another machine.',
    );
  }
  const [card] = cards;
  if (isLoopbackLoaded && card === undefined) {
    throw refused(
      'snd-aloop is loaded, and has no card',
      'Unload it: `sudo utimer loopback unload`. The cases load it as they need it.',
    );
  }
  const different = card === undefined ? [] : differences(card);
  if (card !== undefined && different.length > 0) {
    throw refused(
      `Loopback card ${card.number} (${card.id}) is not as \`modprobe snd-aloop\` makes it: ${different.join(', ')}`,
      'Set it back, or unload it: `sudo utimer loopback unload`. The cases load it as they need it.',
    );
  }
}

/** Why there is no loopback card, and none to be had. */
export function whyCardless({ machine, isLoopbackLoaded }: Surroundings): string | undefined {
  if (isLoopbackLoaded) return undefined;
  if (hasModule(machine, 'snd-aloop') === false) return 'this kernel has no module snd-aloop';
  if (hasCapability(machine, 'CAP_SYS_MODULE') === false)
    return 'snd-aloop is not loaded, and this process may not load it (CAP_SYS_MODULE)';
  return undefined;
}

/** Servers that open every card that appears. */
const SERVERS = ['pipewire', 'wireplumber', 'pulseaudio'];

/** What the cases do to the machine, a sentence each. */
export function disturbances(surroundings: Surroundings): string[] {
  const { machine } = surroundings;
  const [card] = machine.cards();
  const cardless = whyCardless(surroundings);
  const servers = processesNamed(machine, SERVERS).map(({ name, pid }) => `${name} (process ${pid})`);
  return [
    cardless !== undefined
      ? `no card: ${cardless}`
      : card === undefined
        ? 'snd-aloop is loaded and unloaded several times: a card comes and goes'
        : `loopback card ${card.number} (${card.id}) is used, which nobody has open now; its timer_source is ${JSON.stringify(card.timerSource())} again at the end`,
    'for a moment all 128 userspace-driven timers are taken, so that other programs can make none',
    "the kernel's log gets lines about streams and timers, which are to fail",
    'for some seconds two processors are busy',
    ...(servers.length === 0
      ? []
      : [
          `${servers.join(', ')} may open a loopback card that appears: if cases fail with EBUSY, stop it for the while`,
        ]),
  ];
}
