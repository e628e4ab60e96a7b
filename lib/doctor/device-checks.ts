/** The device of all timers, and who may use it. */
import { TIMER_DEVICE } from '../device-nodes.js';
import { USER_TIMER_COUNT } from '../timer/id.js';
import { type Check, fail, ok, shell, warn } from './check.js';
import { rebuiltModule } from './distribution.js';
import { containerOf, loading } from './kernel-checks.js';
import type { Machine, NodeMode } from './machine.js';

export const timerDevice: Check = {
  id: 'timer-device',
  why: `All timers are reached through ${TIMER_DEVICE}.`,
  run(machine) {
    if (machine.mode(TIMER_DEVICE)) return ok(`${TIMER_DEVICE} is there`);
    const container = containerOf(machine);
    if (!container) return fail(`there is no ${TIMER_DEVICE}`, ...loading(machine, 'snd-timer'));
    return fail(
      `there is no ${TIMER_DEVICE} in this container (${container})`,
      'Pass the devices in: `docker run --device /dev/snd`, or `podman run --device /dev/snd`.',
      `Where the host has none either: ${shell('sudo modprobe snd-timer')}`,
    );
  },
};

export const timerRights: Check = {
  id: 'timer-rights',
  why: 'Creating and hearing timers needs permission to read and write the device.',
  after: ['timer-device'],
  run(machine) {
    const refused = machine.refusal(TIMER_DEVICE);
    const { name, uid } = machine.user;
    if (refused === undefined) return ok(`${name} may read and write ${TIMER_DEVICE}`);
    const seen = `${name} may not read and write ${TIMER_DEVICE} (${refused})`;
    const mode = machine.mode(TIMER_DEVICE);
    if (refused !== 'EACCES' || uid === 0 || !mode) {
      return fail(
        seen,
        'Let the container use character devices 116:*, as `docker run --device /dev/snd` does.',
      );
    }
    return fail(`${seen}: ${describeMode(machine, mode)}`, ...joining(machine, mode));
  },
};

function describeMode(machine: Machine, { mode, uid, gid }: NodeMode): string {
  const rights = (mode & 0o777).toString(8).padStart(3, '0');
  return `its mode is ${rights}, its owner ${uid}, its group ${groupName(machine, gid) ?? gid}`;
}

function groupName(machine: Machine, gid: number): string | undefined {
  return machine
    .read('/etc/group')
    ?.split('\n')
    .map((line) => line.split(':'))
    .find(([, , number]) => number === String(gid))?.[0];
}

/** How a user comes to the rights that the node's group has. */
function joining(machine: Machine, { mode, gid }: NodeMode): string[] {
  const group = groupName(machine, gid);
  if ((mode & 0o060) !== 0o060 || gid === 0 || group === undefined) {
    return [
      'Let udev give the node to group audio: a rule `SUBSYSTEM=="sound", GROUP="audio", MODE="0660"`.',
    ];
  }
  return [
    shell(`sudo usermod -aG ${group} ${machine.user.name}`),
    'Then log in anew: a session has the groups that it began with.',
  ];
}

export const userTimers: Check = {
  id: 'user-timers',
  why: 'The kernel is asked whether it has them, without making one.',
  after: ['addon', 'timer-device', 'timer-rights', 'kernel-version', 'kernel-option'],
  run: (machine) =>
    machine.supportsUserTimers()
      ? ok('the kernel has userspace-driven timers')
      : fail('the kernel has no userspace-driven timers', ...rebuiltModule(machine)),
};

/** So few may be left. */
const FEW = 8;

export const timersTaken: Check = {
  id: 'timers-taken',
  why: `The system has ${USER_TIMER_COUNT} userspace-driven timers.`,
  after: ['user-timers'],
  run(machine) {
    const taken = machine.userTimers().length;
    const seen = `${taken} of ${USER_TIMER_COUNT} are taken`;
    if (taken >= USER_TIMER_COUNT)
      return fail(seen, 'End a program that has some: each goes with its process.');
    return taken > USER_TIMER_COUNT - FEW ? warn(seen, `\`utimer list\` shows them.`) : ok(seen);
  },
};
