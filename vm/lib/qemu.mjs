// QEMU: the machine a guest runs on. Its channels are socket pairs that both processes hold from the start, so
// there are no paths to collide and none to clean up.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { clockCommandLine } from './clock.mjs';
import { installLine } from './distribution.mjs';
import { FAILED, RunError } from './errors.mjs';

/** Virtio-serial ports in the order of their numbers, as the guest's process 1 opens them. */
const PORTS = ['control', 'stdin', 'stdout', 'stderr'];

/** A comma ends a value in QEMU's options, two are one. */
const quoted = (text) => text.replaceAll(',', ',,');

/** The host's folder `path`, offered over 9p. `remap` keeps files of different file systems apart. */
function share(path, tag, more) {
  return [
    '-virtfs',
    `local,path=${quoted(path)},mount_tag=${tag},security_model=none,multidevs=remap${more}`,
  ];
}

const KERNEL_COMMAND_LINE = [
  'loglevel=5', // until the command starts: then process 1 asks for more
  'print-fatal-signals=1', // which program crashed, and where, if one does
  'panic=-1', // restart at once, which ends QEMU
  'nokaslr',
  'mitigations=off',
  'nowatchdog',
  'printk.time=1',
  'random.trust_cpu=on',
  'printk.devkmsg=on', // lines from process 1 are never dropped
];

const EMULATION_COMMAND_LINE = [
  // QEMU translates code anew for each address that it is found at: with its libraries elsewhere in each process, a program
  // takes four times as long to start.
  'norandmaps',
  // Self-tests of ciphers and of an entropy source, which cost half a second and which nothing here needs.
  'cryptomgr.notests',
  'initcall_blacklist=jent_mod_init',
];

const EMULATED_ON_X64 = [
  ...EMULATION_COMMAND_LINE,
  // A clock that is stable makes the kernel patch sched_clock_cpu() late in the boot, in the middle of an idle loop. QEMU's
  // parallel emulation now and then runs the half-patched code on another processor: "Oops: int3". So process 1 starts the
  // other processors, when all that is done.
  'maxcpus=1',
];

/**
 * All that programs of the distribution need. Everything newer makes emulation slower: rep movsb goes byte by byte, and
 * registers of AVX are saved with every switch of tasks.
 */
const EMULATED_PROCESSOR = 'Nehalem,+fsgsbase,+rdrand,+rdtscp,+pcid,+invpcid';

/** What a guest is made of, by its processor. `kvm` and `tcg` are how the processors are run. */
const MACHINES = {
  x64: {
    program: 'qemu-system-x86_64',
    machine: 'pc',
    commandLine: [
      'console=ttyS0',
      'no_timer_check',
      'pci=noacpi', // routing by ACPI takes half a minute under emulation with KASAN; the devices use MSI-X anyway
      '8250.nr_uarts=1',
    ],
    kvm: { args: ['-accel', 'kvm', '-cpu', 'host'], commandLine: () => [] },
    tcg: {
      args: ['-accel', 'tcg,thread=multi', '-cpu', EMULATED_PROCESSOR],
      commandLine: () => [...EMULATED_ON_X64, ...clockCommandLine(readFileSync('/proc/cpuinfo', 'utf8'))],
    },
  },
  arm64: {
    program: 'qemu-system-aarch64',
    // With KVM its interrupt controller is that of the host, of version 2 on a Raspberry Pi 4.
    machine: 'virt,gic-version=max',
    commandLine: ['console=ttyAMA0'],
    kvm: { args: ['-accel', 'kvm', '-cpu', 'host'], commandLine: () => [] },
    // It runs programs of 32 bits, too, and has no pointer authentication, which is slow to emulate.
    tcg: {
      args: ['-accel', 'tcg,thread=multi', '-cpu', 'cortex-a72'],
      commandLine: () => EMULATION_COMMAND_LINE,
    },
  },
};

/** Whether execvp(3) would take it. */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * @param {'x64' | 'arm64'} arch of the guest
 * @returns {string} the name of the program
 * @throws RunError where it is not installed
 */
function programOf(arch) {
  const { program } = MACHINES[arch];
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (folders.some((folder) => isProgram(join(folder, program)))) return program;
  throw new RunError(
    FAILED,
    `QEMU is needed, and ${program} is in no folder of the PATH. Install it: ${installLine(arch)}`,
  );
}

/**
 * The version of QEMU, as it says it itself.
 *
 * @param {'x64' | 'arm64'} arch of the guest
 * @throws RunError where it is not installed, or does not start
 */
export function qemuVersion(arch) {
  const program = programOf(arch);
  const { status, stdout, stderr, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (status === 0) return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  const why = stderr?.trim() || (error ? error.message : `it ended with status ${status}`);
  throw new RunError(FAILED, `${program} is installed, and does not start: ${why}`);
}

/** A command whose end is the end of this process, whatever it dies of: by the kernel, where setpriv(1) of util-linux is there. */
function bound(command) {
  const binding = ['setpriv', '--pdeathsig', 'KILL'];
  const { status } = spawnSync('setpriv', [...binding.slice(1), 'true'], { stdio: 'ignore' });
  // Elsewhere the guest ends itself when it finds that nobody holds the other end of its ports.
  return status === 0 ? [...binding, ...command] : command;
}

/**
 * Starts a guest that waits for a request on its control port.
 *
 * @param {import('../index.mjs').Kernel} kernel
 * @param {{accel: 'kvm' | 'tcg', cpus: number, memory: number, shares: string[]}} machine
 */
export function startQemu(kernel, machine) {
  const made = MACHINES[kernel.arch];
  const { args: processors, commandLine } = made[machine.accel];
  const words = [...made.commandLine, ...KERNEL_COMMAND_LINE, ...commandLine()];
  const args = [
    ...processors,
    ...['-machine', made.machine, '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-smp', `${machine.cpus}`, '-m', `${machine.memory}`],
    ...['-kernel', kernel.image, '-initrd', kernel.initramfs, '-append', words.join(' ')],
    ...share(kernel.root, 'root', ',readonly=on'),
    ...(kernel.root === '/' ? [] : share('/', 'host', ',readonly=on')),
    ...machine.shares.flatMap((path, index) => share(path, `share${index}`, '')),
    ...['-chardev', 'socket,id=console,fd=3', '-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci,id=ports,max_ports=8'],
    ...PORTS.flatMap((name, index) => [
      ...['-chardev', `socket,id=${name},fd=${4 + index}`],
      ...['-device', `virtserialport,bus=ports.0,nr=${index + 1},chardev=${name},name=${name}`],
    ]),
  ];
  const [first, ...rest] = bound([programOf(kernel.arch), ...args]);
  const child = spawn(first, rest, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const sockets = /** @type {import('node:net').Socket[]} */ (child.stdio.slice(2));
  const [messages, console, control, stdin, stdout, stderr] = sockets;
  return { process: child, messages, console, control, stdin, stdout, stderr };
}
