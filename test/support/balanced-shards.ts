// Which files of a suite which shard runs (`vitest --shard=1/2`): shares of about the same time, since two guests end with the
// slower one.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds of the files that take long, in an emulated guest of two processors. Only how they compare matters. */
const SECONDS: Readonly<Record<string, number>> = {
  'bridge/bridge': 81,
  'bridge/cli': 96,
  'bridge/faults': 79,
  'bridge/formats': 21,
  'bridge/playout': 75,
  'clock/pace': 39,
  'clock/paced-capture': 14,
  'clock/pacer': 13,
  'conformance/data': 29,
  'conformance/listening': 34,
  demo: 9,
  doctor: 10,
  examples: 49,
  'interop/access': 14,
  'interop/bridge': 48,
  'interop/programs': 17,
  'loopback/access': 9,
  'loopback/card': 25,
  'loopback/clocked-capture': 11,
  'loopback/exact': 22,
  'loopback/idle': 20,
  'loopback/killed': 49,
  'loopback/listener': 19,
  'loopback/openers': 30,
  'loopback/play-record': 25,
  'loopback/streams': 21,
  'loopback/writer': 19,
  'rtp/clocked-send': 10,
  'rtp/network': 39,
  'rtp/sender': 19,
  runtimes: 25,
  selftest: 41,
  'timer/cli': 69,
  'timer/create': 20,
  'timer/instance': 5,
  'timer/lifetime': 21,
  'user-timer': 15,
};
const OTHER_SECONDS = 2;

/**
 * Files whose threads are to run at the same time, or that send in real time beside a receiver. They go to the last of two
 * guests, which has two processors. The other one has a single processor: an emulated guest starts programs and loads
 * modules at three quarters of the cost then.
 */
const ON_TWO_PROCESSORS: readonly RegExp[] = [
  /^conformance\//,
  /^interop\/bridge$/,
  /^loopback\/(exact|idle|pump|streams|writer)$/,
  /^timer\/(instance|lifetime)$/,
  /^demo$/,
  /^pcm$/,
  /^user-timer$/,
];
const ONE_PROCESSOR_COST = 0.75;

/** What a file costs each of `count` guests, where it may run: scripts/test gives the first of two a single processor. */
export function costsOf(name: string, count: number): readonly number[] {
  const seconds = SECONDS[name] ?? OTHER_SECONDS;
  if (count !== 2) return Array.from({ length: count }, () => seconds);
  const needsTwo = ON_TWO_PROCESSORS.some((pattern) => pattern.test(name));
  return [needsTwo ? Number.POSITIVE_INFINITY : seconds * ONE_PROCESSOR_COST, seconds];
}

/**
 * Files about programs, networks and packets rather than about the kernel. Where one run tests several kernels, each of these runs
 * on one of them: the environment's KERNEL_SHARE says '2/2' for the second of two.
 */
const ON_ONE_KERNEL = [
  ...[
    'bridge/bridge',
    'bridge/cli',
    'bridge/faults',
    'bridge/formats',
    'demo',
    'examples',
    'interop/access',
    'interop/bridge',
  ],
  ...[
    'interop/programs',
    'loopback/killed',
    'loopback/play-record',
    'rtp/network',
    'rtp/sender',
    'runtimes',
    'selftest',
    'timer/cli',
    'timer/create',
  ],
];

/** Whether a file runs on a kernel: on number `index` of `count` that are tested. */
export function runsOnKernel(name: string, index: number, count: number): boolean {
  if (!ON_ONE_KERNEL.includes(name)) return true;
  const each = (file: string) => Array.from({ length: count }, () => SECONDS[file] ?? OTHER_SECONDS);
  return balance(ON_ONE_KERNEL, count, each)[index - 1]?.includes(name) === true;
}

function nameOf(path: string): string {
  return /\/test\/kernel\/(.*)\.test\.ts$/.exec(path)?.[1] ?? '';
}

/** The longest first, each to the share that is through with it first. `costsOf` gives the cost for each share. */
export function balance<T>(
  items: readonly T[],
  count: number,
  costsOf: (item: T) => readonly number[],
): T[][] {
  const shares = Array.from({ length: count }, () => ({ cost: 0, items: [] as T[] }));
  const places = (item: T) => costsOf(item).filter(Number.isFinite).length;
  const longest = (item: T) => Math.max(...costsOf(item).filter(Number.isFinite));
  const order = (one: T, other: T) => places(one) - places(other) || longest(other) - longest(one);
  for (const item of [...items].sort(order)) {
    const costs = costsOf(item);
    const after = shares.map(({ cost }, index) => cost + (costs[index] ?? Number.POSITIVE_INFINITY));
    const chosen = after.indexOf(Math.min(...after));
    const share = shares[chosen];
    if (!share) throw new Error('there is no share');
    share.items.push(item);
    share.cost = after[chosen] ?? 0;
  }
  return shares.map(({ items: chosen }) => chosen);
}

export class BalancedShards extends BaseSequencer {
  override async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { index = 1, count = 1 } = this.ctx.config.shard ?? {};
    const [kernel = 1, kernels = 1] = (process.env.KERNEL_SHARE ?? '1/1').split('/').map(Number);
    // Every shard must see them in the same order.
    const sorted = files
      .filter(({ moduleId }) => runsOnKernel(nameOf(moduleId), kernel, kernels))
      .sort((one, other) => (one.moduleId < other.moduleId ? -1 : 1));
    return balance(sorted, count, ({ moduleId }) => costsOf(nameOf(moduleId), count))[index - 1] ?? [];
  }
}
