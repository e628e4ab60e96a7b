/** `utimer loopback`: the cards of snd-aloop. */
import { load } from './loopback/load.js';
import { point } from './loopback/point.js';
import { reset } from './loopback/reset.js';
import { status } from './loopback/status.js';
import { unload } from './loopback/unload.js';
import type { Command } from './table/command.js';

export const loopback: readonly Command[] = [status, load, point, reset, unload];
