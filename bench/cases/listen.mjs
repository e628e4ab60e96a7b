// Listening, against a program in C that polls and reads.
import { TimerInstance, UserTimer, userTimerId } from '../../dist/index.js';
import { Peer } from '../peer.mjs';
import { processor } from '../processor.mjs';

const TICKS = 1_000;
const INTERVAL_US = 500;

const median = (figures) => figures.sort((a, b) => a - b)[figures.length >> 1];

const latency = {
  name: 'listen-latency',
  what: `median from a trigger of another process to the callback, ${INTERVAL_US} us apart, against poll and read in C`,
  unit: 'ns',
  aim: 2.5,
  async open() {
    const source = new Peer('tick_source');
    const id = Number(await source.answer());
    // One at a time, so that neither waits for the other.
    const ours = async () => {
      const instance = TimerInstance.open(userTimerId(id));
      const samples = [];
      let ticks = 0;
      /** @type {Promise<void>} */
      const done = new Promise((resolve) => {
        instance.on('tick', (event) => {
          samples.push(Number(process.hrtime.bigint() - event.timestampNs));
          ticks += event.count;
          if (ticks === TICKS) resolve();
        });
      });
      instance.start();
      await source.ask(`${TICKS} ${INTERVAL_US}`);
      await done;
      instance.close();
      return median(samples);
    };
    const c = async () => {
      const listener = new Peer('poll_listener', 'latency', id);
      await listener.answer();
      await listener.ask(TICKS);
      await source.ask(`${TICKS} ${INTERVAL_US}`);
      const figure = Number(await listener.answer());
      await listener.close();
      return figure;
    };
    return { ours, c, close: () => source.close() };
  },
};

/** Triggers when every listener has the last tick: nanoseconds of a trigger, by the clock and of the processor. */
function lockstep(listeners, count) {
  const open = () => {
    const timer = UserTimer.create({ resolutionNs: 10_000_000n });
    const instances = Array.from({ length: listeners }, () => {
      const instance = TimerInstance.open(timer);
      instance.start();
      return instance;
    });
    // The first trigger makes the others run.
    timer.trigger();
    instances[0].read();
    let heard = 0;
    let wanted = 0;
    let finish = () => {};
    for (const instance of instances) {
      instance.on('tick', ({ count: ticks }) => {
        heard += ticks;
        if (heard % listeners !== 0) return;
        if (heard === wanted) finish();
        else timer.trigger();
      });
    }
    return {
      async measure() {
        heard = 0;
        wanted = count * listeners;
        const start = process.hrtime.bigint();
        const before = processor();
        /** @type {Promise<void>} */
        const done = new Promise((resolve) => {
          finish = resolve;
        });
        timer.trigger();
        await done;
        const spent = processor() - before;
        const elapsed = Number(process.hrtime.bigint() - start);
        return { elapsed: elapsed / count, processor: spent / count };
      },
      close() {
        for (const instance of instances) instance.close();
        timer.close();
      },
    };
  };
  return async (which) => {
    const peer = new Peer('poll_listener', 'lockstep', listeners);
    await peer.answer();
    const ours = open();
    return {
      ours: async () => (await ours.measure())[which],
      c: async () => Number((await peer.ask(count)).split(' ')[which === 'elapsed' ? 0 : 1]),
      async close() {
        ours.close();
        await peer.close();
      },
    };
  };
}

const rate = {
  name: 'listen-rate',
  what: 'trigger, wait, deliver, one tick after the other, against trigger, poll, read in C',
  unit: 'ns an event',
  events: 1,
  open: () => lockstep(1, 20_000)('elapsed'),
};

const fifty = {
  name: 'listen-fifty',
  what: '50 listeners, 1000 triggers, each when all have the last tick: processor time, against poll and read in C',
  unit: 'ns a trigger',
  aim: 1.5,
  open: () => lockstep(50, 1_000)('processor'),
};

export default [latency, rate, fifty];
