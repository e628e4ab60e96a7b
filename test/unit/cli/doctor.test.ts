// What `utimer doctor` prints of a diagnosis.
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { printDiagnosis } from '../../../lib/cli/doctor/diagnosis.js';
import type { CheckResult } from '../../../lib/doctor/diagnose.js';
import { neverAborted } from '../../support/utimer.js';

const result = (change: Partial<CheckResult>): CheckResult => ({
  ...{
    id: 'timer-device',
    status: 'ok',
    seen: 'it is there',
    why: 'It matters.',
    next: [],
    fixes: [],
    help: '/docs/doctor.md#x',
  },
  ...change,
});

async function printed(asJson: boolean, ...results: readonly CheckResult[]) {
  let text = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  const io = { stdin: process.stdin, stdout, stderr: stdout, signal: neverAborted() };
  const each = (async function* () {
    yield* results;
  })();
  return [await printDiagnosis(asJson, io, each), text];
}

it('prints a line for what is right, and why and what to do for what is not', async () => {
  const long = `$ sudo ${'a'.repeat(90)}`;
  expect(
    await printed(
      false,
      result({}),
      result({ id: 'sockets', status: 'skip', seen: 'not looked at' }),
      result({ id: 'kernel-option', status: 'fail', seen: 'off', next: ['Do this.', long] }),
      result({ id: 'governor', status: 'warn', seen: 'powersave' }),
    ),
  ).toEqual([
    1,
    `ok    timer-device    it is there
-     sockets         not looked at
FAIL  kernel-option   off
      It matters.
      Do this.
        ${long}
      See /docs/doctor.md#x
warn  governor        powersave
      It matters.
      See /docs/doctor.md#x

1 check failed, 1 warning: begin with the first.
`,
  ]);
});

it('ends with 0 where nothing failed', async () => {
  const [code, text] = await printed(
    false,
    result({}),
    result({ status: 'warn' }),
    result({ status: 'warn' }),
  );
  expect(code).toBe(0);
  expect(text).toMatch(/\n\nUserspace-driven timers and cables work here, 2 warnings\.\n$/);
});

it('prints an object of JSON a line', async () => {
  const results = [result({}), result({ status: 'fail', next: ['$ do'] })];
  expect(await printed(true, ...results)).toEqual([
    1,
    results.map((one) => `${JSON.stringify(one)}\n`).join(''),
  ]);
});
