/** `utimer vm`: a machine with userspace-driven timers, for tests. */
import type { Command } from './table/command.js';
import { clean } from './vm/clean.js';
import { prepare } from './vm/prepare.js';
import { run } from './vm/run.js';
import { shell } from './vm/shell.js';
import { status } from './vm/status.js';

export const vm: readonly Command[] = [run, shell, status, prepare, clean];
