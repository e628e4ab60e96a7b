// The tools that load and unload modules, with others in their place.
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { beforeEach, expect, it, vi } from 'vitest';
import { runKmod } from '../../../lib/loopback/kmod.js';

const spawn = vi.hoisted(() => vi.fn());
vi.mock('node:child_process', () => ({ spawn }));

type End = readonly [event: 'close' | 'error', ...values: unknown[]];

/** A tool that ends so, once it has said something. */
function tool(said: string, how: End) {
  const child = Object.assign(new EventEmitter(), { stderr: new PassThrough(), killed: false });
  spawn.mockImplementation(() => {
    child.stderr.on('end', () => child.emit(how[0], ...how.slice(1))).end(said);
    return child;
  });
  return child;
}

beforeEach(() => spawn.mockReset());

it('are out of reach of Ctrl-C at the terminal of this process', async () => {
  tool('', ['close', 0, null]);
  await runKmod('rmmod', ['snd_aloop']);
  const [command, args, options] = spawn.mock.calls[0] ?? [];
  expect([command, args, options]).toEqual([
    'rmmod',
    ['snd_aloop'],
    expect.objectContaining({ detached: true }),
  ]);
});

it.each<[string, string, End, RegExp]>([
  ['what they said', 'rmmod: ERROR: Module is in use\n', ['close', 1, null], /in use\. A program has/],
  ['a status without a word', '', ['close', 7, null], /it ended with status 7\. By hand/],
  ['a signal', '', ['close', null, 'SIGSEGV'], /it ended with SIGSEGV/],
  ['that there are none', '', ['error', Object.assign(new Error(), { code: 'ENOENT' })], /no program rmmod/],
])('fail with %s', async (_, said, how, message) => {
  tool(said, how);
  await expect(runKmod('rmmod', ['snd_aloop'])).rejects.toMatchObject({
    code: 'ERR_MODPROBE',
    syscall: 'rmmod',
    message: expect.stringMatching(message),
  });
});

it('are given up where they do not end', async () => {
  tool('', ['close', null, 'SIGKILL']).killed = true;
  await expect(runKmod('modprobe', ['snd-aloop'])).rejects.toThrow('it did not end within 60000 ms');
});
