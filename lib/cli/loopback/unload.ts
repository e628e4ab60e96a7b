/** `utimer loopback unload`: unloads snd-aloop. */
import { command } from '../table/command.js';

export const unload = command({
  name: 'loopback unload',
  summary: 'unload the kernel module snd-aloop',
  about: ['Unloads the kernel module snd-aloop with all its cards. This needs root.'],
  arguments: {},
  options: {},
  examples: [['utimer loopback unload', 'unload it, or say who uses it']],
  run: async (_, io) => (await import('./card-actions.js')).unloadCards(io),
});
