// Writers that are killed in the middle of everything, one after the other, under a listener that goes on with the next.
import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { listTimers } from '../../../lib/index.js';
import { ClockedLoopback, LoopbackCapture, type LoopbackCard } from '../../../lib/loopback/index.js';
import { withCard } from '../setup.js';
import { difference, distLoopback, noise } from './support.js';

let card: LoopbackCard;
withCard((loaded) => {
  card = loaded;
});

const stream = { format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 48 } as const;
const WRITERS = 40;
/** Of so many writers, one is killed while it opens, and the others while they write. */
const OPENING = 10;
/** A process takes longer to start than everything else: so many get ready at a time. */
const STARTING = 3;
const SENT_FRAMES = 100;

/**
 * Once it is told to, opens three cables and writes for ever: frames that count to whoever listens on the first one, and what
 * comes on the others, one of them with silence when it starves. A line says what is next, and one that frames were sent.
 */
const writer = () => `
  const { ClockedLoopback } = await import(${distLoopback});
  const open = (substream, idle) => ClockedLoopback.openSync({
    card: ${card.number}, substream, idle, ...${JSON.stringify(stream)},
  });
  console.log('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  console.log('opening');
  const [first, ...others] = [open(0, 'stall'), open(1, 'stall'), open(2, 'silence')];
  console.log('open');
  const noise = new Uint8Array(1000);
  for (let count = 0; ; ) {
    for (const [index, loop] of others.entries()) loop.write(noise.subarray(0, 100 * (index + 1)));
    const frames = Uint32Array.from({ length: ${SENT_FRAMES} }, () => count++);
    await first.send(new Uint8Array(frames.buffer));
    console.log('sent');
    await new Promise(setImmediate);
  }`;

/** A process that is ready to open cables. */
async function start() {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', writer()], { stdio: 'pipe' });
  const exited = once(child, 'exit');
  const complaints = text(child.stderr);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const said = async (line: string) => expect(await lines.next()).toEqual({ done: false, value: line });
  await said('ready');
  return {
    said,
    go: () => child.stdin.write('go'),
    kill: async () => {
      child.kill('SIGKILL');
      expect(await exited).toEqual([null, 'SIGKILL']);
      expect(await complaints).toBe('');
    },
  };
}

type Writer = Awaited<ReturnType<typeof start>>;

async function killWhileItOpens({ said, go, kill }: Writer): Promise<void> {
  go();
  await said('opening');
  await kill();
}

/** A listener gets all that was sent, and is told of the end. */
async function killWhileItWrites({ said, go, kill }: Writer): Promise<void> {
  go();
  await said('opening');
  await said('open');
  using capture = LoopbackCapture.open({ card, periods: 500, ...stream });
  const listening = buffer(capture.readable({ until: 'stop', signal: AbortSignal.timeout(60_000) }));
  const sends = randomInt(1, 30);
  for (let send = 0; send < sends; send += 1) await said('sent');
  await kill();
  const heard = await listening;
  const counts = new Uint32Array(heard.buffer.slice(heard.byteOffset, heard.byteOffset + heard.length));
  expect(counts.findIndex((count, index) => count !== index)).toBe(-1);
  const { periodFrames } = stream;
  expect(counts.length).toBeGreaterThanOrEqual(sends * SENT_FRAMES - (periodFrames - 1));
}

const kernelLog = () => execFileSync('dmesg', { encoding: 'latin1' });
const userTimers = () => listTimers().filter(({ timerId }) => timerId.device === 4);

describe('Forty writers that are killed, one after the other', () => {
  it('leave cables that the next ones open, and nothing else', { timeout: 600_000 }, async () => {
    const quiet = kernelLog().length;
    const starting: Promise<Writer>[] = [];
    for (let number = 1; number <= WRITERS; number += 1) {
      while (starting.length < Math.min(STARTING, WRITERS - number + 1)) starting.push(start());
      const next = (await starting.shift()) as Writer;
      await (number % OPENING === 0 ? killWhileItOpens(next) : killWhileItWrites(next));
      expect(userTimers()).toEqual([]);
    }
    // The last one may have left the card pointed at its timer.
    for (const substream of [0, 1, 2, 3]) {
      using loop = ClockedLoopback.openSync({ card, substream, ...stream });
      using capture = loop.openCapture();
      const sent = noise(3 * loop.periodBytes);
      loop.write(sent);
      expect(difference(sent, capture.read())).toBeUndefined();
    }
    expect(card.timerSource()).toBe('');
    expect(card.holders()).toEqual([]);
    const complaints = /BUG|WARNING|Oops|refcount|corruption|blocked for more/g;
    expect(kernelLog().slice(quiet).match(complaints)).toBeNull();
  });
});
