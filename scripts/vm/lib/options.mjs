// The command line of `run`.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { FAILED, RunError } from '../../../vm/lib/errors.mjs';

export const HELP = `Usage: scripts/vm/run [OPTION...] [--] COMMAND [ARG...]

Runs COMMAND as root in a guest whose kernel has userspace-driven ALSA timers (CONFIG_SND_UTIMER), in the
same folder, with standard input, output and error passed through. The guest sees this machine's files
read-only under a scratch overlay: what it writes is gone afterwards, except below --share.

  --kernel stock|plain|small|sanitized
                    the distribution's kernel with one rebuilt module (default), that kernel as it is (it has no
                    userspace-driven timers), a whole kernel of the newest source, or that one with KASAN and lockdep
  --arch x64|arm64                the guest's processor (default x64). arm64 has the stock and the small kernel, is emulated,
                                  and has a root of its own: Debian's arm64 packages, with this checkout at its own path
  --cpus N                        processors (default 2)
  --memory M                      memory in MiB (default 2048)
  --timeout S                     stop the guest after S seconds, counted from its start
  --share DIR                     a folder the guest can write to, at the same path; may be repeated
  --env NAME=VALUE                a variable for COMMAND; may be repeated. Of the caller's own variables only
                                  PATH, HOME, TERM, LANG, LC_* and TZ are passed on. UTIMER_VM is the kernel's name
  --console FILE                  write the guest's kernel log there: its start, and its last 4 MB or more
  --accel auto|kvm|tcg            how to run the guest (default auto: KVM where a guest really boots with it)
  --help                          print this

Exit status: that of COMMAND (128 + N if signal N ended it), or
  123  the kernel failed: panic, oops, or, on the sanitized kernel, any warning or report
  124  timed out
  125  COMMAND did not get to run: wrong usage, no kernel, no QEMU, a guest that does not boot
  126  COMMAND cannot be executed
  127  COMMAND was not found
See docs/contributing/guest.md.
`;

/**
 * @typedef {{help: boolean, kernel: string, arch: 'x64' | 'arm64', cpus: number, memory: number, timeout: number | undefined, shares: string[],
 *   env: Record<string, string>, console: string | undefined, accel: 'auto' | 'kvm' | 'tcg', command: string[]}} Options
 */

function usage(message) {
  return new RunError(FAILED, `${message}\nTry 'scripts/vm/run --help'.`);
}

function positive(name, text, pattern, max) {
  const value = Number(text);
  if (!pattern.test(text) || !(value > 0) || value > max) {
    throw usage(`--${name} takes a number above 0 and up to ${max}, not '${text}'`);
  }
  return value;
}

/**
 * @template {string} Choice
 * @param {string} name
 * @param {string} text
 * @param {Choice[]} allowed
 */
function oneOf(name, text, allowed) {
  const choice = allowed.find((one) => one === text);
  if (choice === undefined) throw usage(`--${name} takes one of ${allowed.join(', ')}, not '${text}'`);
  return choice;
}

function folder(text) {
  const path = resolve(text);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw usage(`--share takes an existing folder, not '${text}'`);
  }
  return path;
}

const INTEGER = /^[0-9]+$/;
const DECIMAL = /^[0-9]+(\.[0-9]+)?$/;

/**
 * Each takes the options so far and the text given.
 *
 * @type {Record<string, (options: Options, text: string) => void>}
 */
const TAKES_VALUE = {
  kernel: (options, text) => {
    options.kernel = oneOf('kernel', text, ['stock', 'plain', 'small', 'sanitized']);
  },
  arch: (options, text) => {
    options.arch = oneOf('arch', text, ['x64', 'arm64']);
  },
  cpus: (options, text) => {
    options.cpus = positive('cpus', text, INTEGER, 64);
  },
  memory: (options, text) => {
    options.memory = positive('memory', text, INTEGER, 1 << 20);
  },
  timeout: (options, text) => {
    options.timeout = positive('timeout', text, DECIMAL, 2_000_000);
  },
  share: (options, text) => {
    options.shares.push(folder(text));
  },
  env: (options, text) => {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined) throw usage(`--env takes NAME=VALUE, not '${text}'`);
    options.env[name] = value;
  },
  console: (options, text) => {
    options.console = resolve(text);
  },
  accel: (options, text) => {
    options.accel = oneOf('accel', text, ['auto', 'kvm', 'tcg']);
  },
};

/**
 * @param {string[]} words the command line
 * @returns {Options}
 */
export function parseOptions(words) {
  /** @type {Options} */
  const options = {
    help: false,
    kernel: 'stock',
    arch: 'x64',
    cpus: 2,
    memory: 2048,
    timeout: undefined,
    shares: [],
    env: {},
    console: undefined,
    accel: 'auto',
    command: [],
  };
  const rest = [...words];
  for (let word = rest[0]; word?.startsWith('-'); word = rest[0]) {
    rest.shift();
    if (word === '--') break;
    if (word === '--help' || word === '-h') return { ...options, help: true };
    const [, name, inline] = /^--([a-z]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || !Object.hasOwn(TAKES_VALUE, name)) throw usage(`unknown option: ${word}`);
    const value = inline ?? rest.shift();
    if (value === undefined) throw usage(`--${name} needs a value`);
    TAKES_VALUE[name](options, value);
  }
  if (rest.length === 0) throw usage('no command given');
  if (options.arch !== 'x64') {
    if (!['stock', 'small'].includes(options.kernel))
      throw usage(`--arch ${options.arch} has the stock and the small kernel, not '${options.kernel}'`);
    if (options.accel === 'kvm')
      throw usage(`--accel kvm runs guests with this machine's processor, not --arch ${options.arch}`);
  }
  return { ...options, command: rest };
}
