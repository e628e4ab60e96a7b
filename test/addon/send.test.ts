// `utimer send` as a process, whose output nobody reads any more: the audio goes on to its end, or until a signal ends it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { noise, receiverFor } from '../support/rtp-sockets.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const AUDIO = noise(9600);

const started: ReturnType<typeof start>[] = [];
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

/** `utimer send` of what it is given on stdin. */
function start(port: number, args: readonly string[]) {
  const stream = [
    '--to',
    `127.0.0.1:${port}`,
    '--sample-format',
    'S24_3LE',
    '--rate',
    '48000',
    '--channels',
    '2',
  ];
  const child = spawn(process.execPath, [main, 'send', ...stream, '--stats', '10ms', ...args]);
  // What it does not take any more.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close');
  /** What arrives of it, which cannot come any more once it has ended. */
  const until = <T>(arrived: Promise<T>): Promise<T> =>
    Promise.race([
      arrived,
      ended.then(([code, signal]) => {
        throw new Error(`it has ended with ${code ?? signal}`);
      }),
    ]);
  return { child, ended, until };
}

/** Sends the first half of the audio, and the second one when nobody reads any more. */
async function sendUnread(args: readonly string[], unread: readonly ('stdout' | 'stderr')[]) {
  const { receiver, sink } = await receiverFor();
  const sender = start(receiver.port, [...args, '-']);
  started.push(sender);
  const { child, until } = sender;
  const half = AUDIO.length / 2;
  const told = unread.map((name) => once(child[name], 'data'));
  child.stdin.write(AUDIO.subarray(0, half));
  await until(sink.holds(half));
  await until(Promise.all(told));
  for (const name of unread) child[name].destroy();
  // It takes as long as it lasts, and counters are due all the while.
  child.stdin.write(AUDIO.subarray(half));
  expect((await until(sink.holds(AUDIO.length))).equals(AUDIO)).toBe(true);
  return sender;
}

describe.each<[string, readonly string[], readonly ('stdout' | 'stderr')[]]>([
  ['words to standard output', [], ['stdout']],
  ['JSON to standard output', ['--json'], ['stdout']],
  ['words to standard error, beside a description', ['--sdp-out', '-'], ['stderr']],
  ['JSON to standard error, beside a description', ['--sdp-out', '-', '--json'], ['stderr']],
  ['a description and words', ['--sdp-out', '-'], ['stdout', 'stderr']],
])('utimer send, which writes %s that nobody reads any more', (_, args, unread) => {
  it('goes on to the end of the audio', async () => {
    const { child, ended } = await sendUnread(args, unread);
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  it('ends in order with a signal', async () => {
    const { child, ended } = await sendUnread(args, unread);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

describe('utimer send, whose output has no reader from the beginning', () => {
  it('sends all of the audio', async () => {
    const { receiver, sink } = await receiverFor();
    const sender = start(receiver.port, ['-']);
    started.push(sender);
    sender.child.stdout.destroy();
    sender.child.stderr.destroy();
    sender.child.stdin.write(AUDIO);
    expect((await sender.until(sink.holds(AUDIO.length))).equals(AUDIO)).toBe(true);
    sender.child.stdin.end();
    expect(await sender.ended).toEqual([0, null]);
  });

  it('fails with the code of its error', async () => {
    const sender = start(9, ['/nowhere.raw']);
    started.push(sender);
    sender.child.stdout.destroy();
    sender.child.stderr.destroy();
    expect(await sender.ended).toEqual([1, null]);
  });
});
