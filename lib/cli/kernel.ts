/** `utimer kernel`: the module snd-timer, rebuilt for a kernel without userspace-driven timers. */
import { build } from './kernel/build.js';
import { install } from './kernel/install.js';
import { remove } from './kernel/remove.js';
import { status } from './kernel/status.js';
import type { Command } from './table/command.js';

export const kernel: readonly Command[] = [status, build, install, remove];
