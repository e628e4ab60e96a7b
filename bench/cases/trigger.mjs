// timer.trigger() in a loop against the ioctl in a loop: without a client, and with a cable that moves a period each time.
import { UserTimer } from '../../dist/index.js';
import { LoopbackCard } from '../../dist/loopback/index.js';
import { Peer } from '../peer.mjs';

const COUNT = 200_000;
const RATE = 48_000;
const PERIOD_FRAMES = 48;

/**
 * Nanoseconds that one trigger takes from JavaScript.
 *
 * @param {UserTimer} timer
 */
function triggerLoop(timer) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i += 1) timer.trigger();
  return Number(process.hrtime.bigint() - start) / COUNT;
}

const trigger = {
  name: 'trigger',
  what: 'timer.trigger() without a client, against the ioctl in C',
  unit: 'ns a trigger',
  aim: 1.4,
  async open() {
    const timer = UserTimer.create({ rate: RATE, periodFrames: PERIOD_FRAMES });
    const peer = new Peer('trigger_loop', timer.resolutionNs);
    await peer.answer();
    return {
      ours: async () => triggerLoop(timer),
      c: async () => Number(await peer.ask(COUNT)),
      async close() {
        timer.close();
        await peer.close();
      },
    };
  },
};

const triggerCable = {
  name: 'trigger-cable',
  what: `timer.trigger() with a running cable of ${PERIOD_FRAMES}-frame periods, against the ioctl in C`,
  unit: 'ns a trigger',
  aim: 1.4,
  async open() {
    const timer = UserTimer.create({ rate: RATE, periodFrames: PERIOD_FRAMES });
    const peer = new Peer('trigger_loop', timer.resolutionNs);
    const peerId = await peer.answer();
    // One cable a card is held while its timer's side is measured, so that both see the same card and kernel.
    const card = LoopbackCard.list()[0] ?? (await LoopbackCard.load());
    const withCable = async (source, measure) => {
      card.setTimerSource(source);
      const holder = new Peer('hold_cable', card.number, PERIOD_FRAMES);
      await holder.answer();
      try {
        return await measure();
      } finally {
        await holder.close();
      }
    };
    return {
      ours: () => withCable(timer, async () => triggerLoop(timer)),
      c: () => withCable(`-1.4.${peerId}`, async () => Number(await peer.ask(COUNT))),
      async close() {
        timer.close();
        await peer.close();
      },
    };
  },
};

export default [trigger, triggerCable];
