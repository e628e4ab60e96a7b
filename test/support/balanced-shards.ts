// Which files of a suite which shard runs (`vitest --shard=1/2`): shares of about the same time, since two guests end with the
// slower one.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds of the files that take long, in a guest under emulation. Only how they compare matters; one that is wrong costs time. */
const SECONDS: Readonly<Record<string, number>> = {
  'bridge/bridge': 87,
  'bridge/cli': 100,
  'bridge/faults': 83,
  'bridge/formats': 112,
  'conformance/creation': 52,
  'conformance/data': 40,
  'conformance/listening': 60,
  examples: 47,
  'interop/access': 38,
  'interop/bridge': 88,
  'loopback/card': 59,
  'loopback/clocked-loopback': 58,
  'loopback/exact': 48,
  'loopback/killed': 98,
  'loopback/listener': 30,
  'loopback/openers': 29,
  'loopback/streams': 37,
  'loopback/writer': 35,
  'rtp/network': 120,
  'rtp/sender': 34,
  'timer/cli': 58,
  'timer/lifetime': 37,
};
const OTHER_SECONDS = 7;

function secondsOf(path: string): number {
  const [, name = ''] = /\/test\/kernel\/(.*)\.test\.ts$/.exec(path) ?? [];
  return SECONDS[name] ?? OTHER_SECONDS;
}

/** The longest first, each to the share that has the least so far. */
export function balance<T>(items: readonly T[], count: number, secondsOf: (item: T) => number): T[][] {
  const shares = Array.from({ length: count }, () => ({ seconds: 0, items: [] as T[] }));
  for (const item of [...items].sort((one, other) => secondsOf(other) - secondsOf(one))) {
    const share = shares.reduce((least, one) => (one.seconds < least.seconds ? one : least));
    share.items.push(item);
    share.seconds += secondsOf(item);
  }
  return shares.map(({ items }) => items);
}

export class BalancedShards extends BaseSequencer {
  override async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { index = 1, count = 1 } = this.ctx.config.shard ?? {};
    // Every shard must see them in the same order.
    const sorted = [...files].sort((one, other) => (one.moduleId < other.moduleId ? -1 : 1));
    return balance(sorted, count, ({ moduleId }) => secondsOf(moduleId))[index - 1] ?? [];
  }
}
