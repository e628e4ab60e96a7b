/** The commands of `utimer`, as help lists them. */
import { bridge } from './bridge.js';
import { clocks } from './clocks.js';
import { completion } from './completion.js';
import { create } from './create.js';
import { doctor } from './doctor.js';
import { help } from './help.js';
import { kernel } from './kernel.js';
import { list } from './list.js';
import { listen } from './listen.js';
import { loopback } from './loopback.js';
import { pace } from './pace.js';
import { play } from './play.js';
import { record } from './record.js';
import { selftest } from './selftest.js';
import { send } from './send.js';
import type { Command } from './table/command.js';
import { vm } from './vm.js';

export const COMMANDS: readonly Command[] = [
  list,
  listen,
  create,
  bridge,
  send,
  pace,
  play,
  record,
  clocks,
  ...loopback,
  ...kernel,
  ...vm,
  doctor,
  selftest,
  completion(() => COMMANDS),
  help(() => COMMANDS),
];
