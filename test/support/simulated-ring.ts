// A media ring of the addon in simulated time: test/support/simulated-ring.
import { SimulatedProgram } from './simulated-program.js';

const program = new SimulatedProgram('simulated-ring', 'ring');

/** The answers to some commands, which ring.cc lists: one each. */
export function simulateRing(...commands: readonly string[]): unknown[] {
  return program.answers(commands).map((line) => JSON.parse(line));
}
