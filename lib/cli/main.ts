#!/usr/bin/env node
/** The `utimer` command. */
import { commandNamed } from './commands.js';
import { asProcess } from './run/process.js';
import { utimer } from './run/utimer.js';

const args = process.argv.slice(2);
await asProcess((io) => utimer(args, io), commandNamed(args[0])?.withoutReader);
