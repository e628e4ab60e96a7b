// `utimer doctor --fix`: what it runs, when it asks, and when it ends.
import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { fixMachine } from '../../../lib/cli/doctor/fixing.js';
import type { CheckResult } from '../../../lib/doctor/diagnose.js';
import { neverAborted } from '../../support/utimer.js';

const lacking = (id: string, ...fixes: readonly string[]): CheckResult => ({
  ...{ id, status: 'fail', seen: 'it is not there', why: 'It matters.', help: '/docs/doctor.md#x' },
  ...{ next: fixes.map((line) => `$ ${line}`), fixes },
});
const right: CheckResult = { ...lacking('addon'), status: 'ok' };

/** Diagnoses one after the other; a terminal that says `answer`, or none. */
async function fix(
  diagnoses: readonly (readonly CheckResult[])[],
  { agreed = false, answer, isRoot = false }: { agreed?: boolean; answer?: string; isRoot?: boolean } = {},
) {
  const ran: string[] = [];
  let printed = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      printed += chunk;
      done();
    },
  });
  const stdin = Object.assign(new PassThrough(), { isTTY: answer !== undefined });
  if (answer !== undefined) stdin.end(`${answer}\n`);
  const left = [...diagnoses];
  const code = await fixMachine(
    agreed,
    { stdin, stdout, stderr: stdout, signal: neverAborted() },
    {
      isRoot: () => isRoot,
      async *diagnose() {
        yield* left.shift() ?? [];
      },
      async run(line) {
        ran.push(line);
        return line.includes('broken') ? 7 : 0;
      },
    },
  );
  return { code, ran, printed, unused: left.length };
}

it('runs what is shown, and what is seen behind it, until all is right', async () => {
  const { code, ran, printed, unused } = await fix(
    [[lacking('device', 'sudo one')], [lacking('card', 'sudo one', 'sudo two')], [right]],
    { agreed: true },
  );
  expect({ code, ran, unused }).toEqual({ code: 0, ran: ['sudo one', 'sudo two'], unused: 0 });
  expect(printed.indexOf('  $ sudo one\n')).toBeLessThan(printed.indexOf('  $ sudo two\n'));
});

it('needs no sudo where it is root', async () => {
  expect((await fix([[lacking('device', 'sudo one')], [right]], { agreed: true, isRoot: true })).ran).toEqual(
    ['one'],
  );
});

it('tells a command that fails, runs it once, and ends with what is wrong still', async () => {
  const broken = [lacking('device', 'sudo broken')];
  const { code, ran, printed } = await fix([broken, broken], { agreed: true });
  expect([code, ran]).toEqual([1, ['sudo broken']]);
  expect(printed).toContain('  sudo broken: ended with status 7\n');
});

it.each([
  ['y', ['sudo one']],
  ['Yes', ['sudo one']],
  ['n', []],
  ['', []],
])('asks a terminal, and takes %o for an answer', async (answer, ran) => {
  const found = await fix([[lacking('device', 'sudo one')], [right]], { answer });
  expect(found.ran).toEqual(ran);
  expect(found.printed).toContain('Run them? [y/N]');
});

it('runs nothing where nobody can be asked', async () => {
  await expect(fix([[lacking('device', 'sudo one')]])).rejects.toThrow(/--yes does not ask/);
});

it('says that nothing can be mended so', async () => {
  const { code, ran, printed } = await fix([[lacking('kernel-option')]], { agreed: true });
  expect([code, ran]).toEqual([1, []]);
  expect(printed).toMatch(/Nothing of this is mended by a command that is safe to run unasked\.\n$/);
});
