#!/usr/bin/env node
/** The `utimer` command. */
import { COMMANDS } from './commands.js';
import { asProcess } from './run/process.js';
import { utimer } from './run/utimer.js';
import { commandOf } from './table/groups.js';

const args = process.argv.slice(2);
await asProcess((io) => utimer(args, io), commandOf(args, COMMANDS)?.withoutReader);
