// Ticks in real time: a Pacer against a loop in C, with the kernel's hrtimer and setInterval() beside them. How late they are
// is what the kernel says of each tick, counted from the earliest one.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pacer } from '../../dist/clock/index.js';
import { UserTimer } from '../../dist/index.js';
import { duration, histogram, quantiles } from '../distribution.mjs';
import { Peer } from '../peer.mjs';
import { processor } from '../processor.mjs';

const RATE = 48_000;
const USER_TIMERS = [1, 4];
const HRTIMER = [1, 3, 0];
/** Ticks before an instance that was started runs. */
const FIRST = 2;

/** Busy loops, one for each processor. */
function startLoad() {
  const loops = Array.from({ length: availableParallelism() }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  return () => {
    for (const loop of loops) loop.kill();
  };
}

const numbers = (line) => line.split(' ').map(Number);

/** How late ticks of a timer are that something ticks meanwhile, and the processor time of that. */
async function watched(timer, intervalTicks, periodNs, ticks, tick) {
  const listener = new Peer('tick_times', ...timer, intervalTicks, periodNs);
  await listener.answer();
  const all = listener.ask(ticks);
  const cpu = await tick(all);
  const late = numbers(await all);
  await listener.close();
  return { late, cpu };
}

/** A timer of this process that something ticks. */
async function watchedTimer(periodNs, ticks, start) {
  const timer = UserTimer.create({ resolutionNs: BigInt(periodNs) });
  try {
    return await watched([...USER_TIMERS, timer.id], 1, periodNs, ticks, async (all) => {
      const before = processor();
      const stop = start(timer);
      await all;
      const cpu = processor() - before;
      stop();
      return cpu;
    });
  } finally {
    timer.close();
  }
}

const sides = {
  pacer: (periodNs, ticks) =>
    watchedTimer(periodNs, ticks, (timer) => {
      const pacer = Pacer.open();
      pacer.start(timer, { rate: RATE, periodFrames: (RATE * periodNs) / 1e9 });
      return () => pacer.close();
    }),
  C: async (periodNs, ticks) => {
    const loop = new Peer('pace_loop', periodNs, 1);
    const id = Number(await loop.answer());
    try {
      return await watched([...USER_TIMERS, id], 1, periodNs, ticks, async () =>
        Number(await loop.ask(`${ticks + FIRST} ${periodNs}`)),
      );
    } finally {
      await loop.close();
    }
  },
  hrtimer: (periodNs, ticks) => watched(HRTIMER, periodNs, periodNs, ticks, async () => undefined),
  setInterval: (periodNs, ticks) =>
    watchedTimer(periodNs, ticks, (timer) => {
      const ticking = setInterval(() => timer.trigger(), periodNs / 1e6);
      return () => clearInterval(ticking);
    }),
};

/**
 * @param {number} periodMs
 * @param {boolean} loaded
 */
function lateness(periodMs, loaded) {
  const periodNs = periodMs * 1e6;
  const ticks = periodMs === 1 ? 2_000 : 300;
  return {
    group: 'pacer',
    name: `pacer-${periodMs}ms${loaded ? '-loaded' : ''}`,
    what: `p99 of the lateness of ticks every ${periodMs} ms${loaded ? ' beside a busy loop a processor' : ''}, against clock_nanosleep in C`,
    unit: 'ns',
    aim: 1.1,
    async open() {
      /** @type {Record<string, { late: number[], cpu: number[] }>} */
      const kept = Object.fromEntries(Object.keys(sides).map((side) => [side, { late: [], cpu: [] }]));
      const unload = loaded ? startLoad() : () => {};
      const run = async (side) => {
        const { late, cpu } = await sides[side](periodNs, ticks);
        kept[side].late.push(...late);
        if (cpu !== undefined) kept[side].cpu.push(cpu / ticks);
        return quantiles(late).p99;
      };
      return {
        ours: () => run('pacer'),
        async c() {
          const figure = await run('C');
          await run('hrtimer');
          await run('setInterval');
          return figure;
        },
        report: () => Object.entries(kept).map(([side, found]) => distributionLine(side, found)),
        histograms: () => Object.entries(kept).map(([side, { late }]) => ({ side, bars: histogram(late) })),
        close: async () => unload(),
      };
    },
  };
}

function distributionLine(side, { late, cpu }) {
  const { p50, p99, p999, max } = quantiles(late);
  const parts = { p50, p99: p99, 'p99.9': p999, max };
  const figures = Object.entries(parts).map(([name, ns]) => `${name} ${duration(ns)}`.padEnd(16));
  const spent = cpu.length === 0 ? '' : `processor ${duration(quantiles(cpu).p50)} a tick`;
  return `  ${side.padEnd(14)} ${figures.join(' ')} ${spent}`.trimEnd();
}

const MANY = 128;
const MANY_ENDS = 300;
const MANY_NS = 10_000_000;

const many = {
  group: 'pacer',
  name: 'pacer-128',
  what: 'processor time of a tick of 128 timers at 100 Hz, against clock_nanosleep and 128 ioctls in C',
  unit: 'ns a tick of all',
  aim: 1.2,
  async open() {
    return {
      async ours() {
        const periodFrames = (RATE * MANY_NS) / 1e9;
        const pacer = Pacer.open();
        const timers = Array.from({ length: MANY }, () => UserTimer.create({ rate: RATE, periodFrames }));
        const pacings = timers.map((timer) =>
          pacer.start(timer, { rate: RATE, periodFrames, start: 'aligned' }),
        );
        const before = processor();
        const ticked = () => Number(pacings[0].stats().ticks);
        const first = ticked();
        await sleep((MANY_ENDS * MANY_NS) / 1e6);
        const figure = (processor() - before) / (ticked() - first);
        pacer.close();
        for (const timer of timers) timer.close();
        return figure;
      },
      async c() {
        const loop = new Peer('pace_loop', MANY_NS, MANY);
        for (let i = 0; i < MANY; i += 1) await loop.answer();
        const figure = Number(await loop.ask(`${MANY_ENDS} ${MANY_NS}`)) / MANY_ENDS;
        await loop.close();
        return figure;
      },
      close: async () => {},
    };
  },
};

export default [lateness(1, false), lateness(10, false), lateness(1, true), lateness(10, true), many];
