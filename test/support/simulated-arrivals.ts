// The clock of a sender that is known by arrivals alone, in simulated time: test/support/simulated-arrivals.
import { SimulatedProgram } from './simulated-program.js';

const program = new SimulatedProgram('simulated-arrivals', 'follow');
const NEVER = 1_000_000;

/** What follow.cc is told. */
export interface Scenario {
  readonly seconds: number;
  readonly packetNs?: number;
  readonly jitterNs?: number;
  readonly ppb?: number;
  readonly firstLateNs?: number;
  /** From this second on all packets are later. */
  readonly delay?: { readonly from: number; readonly ns: number };
  readonly quiet?: { readonly from: number; readonly until: number };
}

/** How the clock stands at the end of a second. */
export interface Standing {
  readonly second: number;
  readonly errorNs: number;
  readonly ppb: number;
  readonly state: 'free' | 'acquiring' | 'locked' | 'holdover';
  readonly steps: number;
}

const STATES = ['free', 'acquiring', 'locked', 'holdover'] as const;

export function followArrivals(scenario: Scenario): Standing[] {
  const { seconds, packetNs = 1_000_000, jitterNs = 2_000_000, ppb = 50_000, firstLateNs = 0 } = scenario;
  const { delay = { from: NEVER, ns: 0 }, quiet = { from: NEVER, until: NEVER } } = scenario;
  const args = [seconds, packetNs, jitterNs, ppb, firstLateNs, delay.from, delay.ns, quiet.from, quiet.until];
  return program.run(args.map(String)).map((line) => {
    const [second = 0, errorNs = 0, frequency = 0, state = 0, steps = 0] = line.split(' ').map(Number);
    return { second, errorNs, ppb: frequency, state: STATES[state] ?? 'free', steps };
  });
}
