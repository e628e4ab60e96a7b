// Which files of a suite which shard runs (`vitest --shard=1/2`): shares of about the same time, since two guests end with the
// slower one.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds of the files that take long, in a guest under emulation. Only how they compare matters; one that is wrong costs time. */
const SECONDS: Readonly<Record<string, number>> = {
  'bridge/bridge': 67,
  'bridge/cli': 80,
  'bridge/faults': 71,
  'bridge/formats': 90,
  'conformance/data': 34,
  demo: 18,
  examples: 50,
  'interop/access': 35,
  'interop/bridge': 67,
  'interop/programs': 18,
  'loopback/card': 44,
  'loopback/exact': 40,
  'loopback/idle': 20,
  'loopback/killed': 127,
  'loopback/listener': 25,
  'loopback/openers': 13,
  'loopback/streams': 28,
  'loopback/writer': 28,
  'rtp/network': 86,
  'rtp/sender': 30,
  'timer/cli': 57,
  'timer/lifetime': 30,
  'user-timer': 19,
};
const OTHER_SECONDS = 3;

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
