// Which files of a suite which shard runs (`vitest --shard=1/2`): shares of about the same time, since two guests end with the
// slower one.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds of the files that take long, in an emulated guest of two processors. Only how they compare matters. */
const SECONDS: Readonly<Record<string, number>> = {
  'bridge/bridge': 118,
  'bridge/cli': 153,
  'bridge/faults': 145,
  'bridge/formats': 48,
  'bridge/playout': 97,
  'clock/pace': 67,
  'clock/paced-capture': 21,
  'clock/pacer': 13,
  'conformance/data': 43,
  'conformance/listening': 38,
  demo: 19,
  doctor: 20,
  examples: 58,
  'interop/access': 47,
  'interop/bridge': 64,
  'interop/programs': 21,
  'loopback/access': 13,
  'loopback/card': 59,
  'loopback/clocked-capture': 13,
  'loopback/exact': 48,
  'loopback/idle': 22,
  'loopback/killed': 58,
  'loopback/listener': 30,
  'loopback/openers': 60,
  'loopback/play-record': 50,
  'loopback/streams': 48,
  'loopback/writer': 33,
  'rtp/clocked-send': 16,
  'rtp/network': 29,
  'rtp/sender': 23,
  runtimes: 48,
  selftest: 45,
  'timer/cli': 102,
  'timer/create': 34,
  'timer/instance': 7,
  'timer/lifetime': 37,
  'user-timer': 19,
};
const OTHER_SECONDS = 3;

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
