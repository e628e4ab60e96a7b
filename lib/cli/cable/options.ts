/** Options of the commands that play into a cable. */
import { device as deviceNumber, substreamOrFree, userTimer } from '../table/machine.js';

export const device = {
  reader: deviceNumber,
  as: 'device',
  default: '0',
  help: 'the device to play on; listeners capture on the other one',
} as const;

export const substream = {
  reader: substreamOrFree,
  as: 'substream',
  default: '0',
  help: 'the substream of the cable; free is the first that nobody uses',
} as const;

export const timer = {
  reader: userTimer,
  as: 'timerId',
  otherwise: 'a new one',
  help: 'hold this userspace-driven timer, where timer_source names it for good',
} as const;
