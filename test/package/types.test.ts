// The declarations, read by the oldest compiler that the README names, beside what it says is needed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tool } from '../support/package-tools.js';
import { Packed, run } from '../support/packed.js';

const packed = new Packed();
const user = packed.user('user');

const PROGRAM = `
import { AlsaError, listTimers, Pcm, TimerInstance, UserTimer } from 'alsa-utimer';
import { Bridge } from 'alsa-utimer/bridge';
import { Pacer } from 'alsa-utimer/clock';
import { ClockedLoopback, LoopbackCapture, LoopbackCard } from 'alsa-utimer/loopback';
import * as rtp from 'alsa-utimer/rtp';

using timer = UserTimer.create({ rate: 48_000, periodFrames: 480 });
using listener = TimerInstance.open(timer);
for await (const event of listener) if (event.type === 'tick') break;
console.log(AlsaError, listTimers(), Pcm, Bridge, Pacer.open().scheduling, ClockedLoopback, LoopbackCapture, LoopbackCard.list(), rtp);
`;

beforeAll(() => {
  packed.install(user, '@types/node@20.19.0');
  writeFileSync(join(user, 'program.ts'), PROGRAM);
}, 300_000);
afterAll(() => packed.remove());

it('are named with their least compiler in the README', () => {
  const readme = run('cat', ['node_modules/alsa-utimer/README.md'], user);
  expect(readme).toContain('TypeScript 5.7 or later, and `@types/node`');
});

it.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('are sound under strict, libraries checked as well: %s, %s', (module, resolution) => {
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,esnext.disposable'];
  const modules = ['--module', module, '--moduleResolution', resolution];
  const compiler = tool('typescript-5.7');
  expect(run(process.execPath, [compiler, ...options, ...modules, 'program.ts'], user)).toBe('');
});
