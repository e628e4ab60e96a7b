// Schedules and pacings of the addon in simulated time: test/support/simulated-pacer.
import { SimulatedProgram } from './simulated-program.js';

const program = new SimulatedProgram('simulated-pacer', 'pace');

/** The answers to some commands, which pace.cc lists: a line each. */
export function simulate(...commands: readonly string[]): string[] {
  return program.answers(commands);
}
