import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backlog } from '../../../lib/rtp/backlog.js';
import { ExpiryTimer } from '../../../lib/rtp/expiry-timer.js';

const MS = 1_000_000n;
/** Of a socket that tells 4 datagrams a turn, and holds 16. */
const SOCKET = { turnDatagrams: 4, receiveBufferBytes: 4096 };

let expiries: number;
let backlog: Backlog;
let timer: ExpiryTimer;
beforeEach(() => {
  // The loop turns in real time, so that `turn` is a turn of it.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] });
  expiries = 0;
  backlog = new Backlog(SOCKET);
  timer = new ExpiryTimer(backlog, () => expiries++);
});
afterEach(() => {
  timer.close();
  vi.useRealTimers();
});

const inMs = (milliseconds: number): bigint => process.hrtime.bigint() + BigInt(milliseconds) * MS;

it('expires at its deadline, once', async () => {
  timer.arm(inMs(20));
  vi.advanceTimersByTime(19);
  await turn();
  expect(expiries).toBe(0);
  vi.advanceTimersByTime(1);
  await turn();
  expect(expiries).toBe(1);
  vi.advanceTimersByTime(1000);
  await turn();
  expect(expiries).toBe(1);
});

it('moves to an earlier deadline, and not to a later one', async () => {
  timer.arm(inMs(20));
  timer.arm(inMs(10));
  timer.arm(inMs(30));
  timer.arm(undefined);
  vi.advanceTimersByTime(10);
  await turn();
  expect(expiries).toBe(1);
});

it('waits while the socket tells of datagrams, as many as it can hold', async () => {
  timer.arm(inMs(1));
  vi.advanceTimersByTime(1);
  let turns = 0;
  for (; expiries === 0; turns++) {
    for (let i = 0; i < SOCKET.turnDatagrams; i++) backlog.noteDatagram();
    await turn();
  }
  expect(turns).toBe(16 / SOCKET.turnDatagrams);
});

it('does nothing once it is closed, not even in the turn that it waits for', async () => {
  timer.arm(inMs(1));
  vi.advanceTimersByTime(1);
  timer.close();
  timer.arm(inMs(1));
  vi.advanceTimersByTime(10);
  await turn();
  expect(expiries).toBe(0);
});
