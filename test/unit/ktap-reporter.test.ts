// The report of the conformance suite: what is printed as cases end.
import { release } from 'node:os';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import KtapReporter from '../support/ktap-reporter.js';

let lines: string[];
let exitCode: typeof process.exitCode;
beforeEach(() => {
  lines = [];
  exitCode = process.exitCode;
  process.exitCode = undefined;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(...String(text).split('\n').slice(0, -1));
    return true;
  });
});
/** What the reporter printed, and the exit code it set. */
function reported(): { lines: string[]; code: typeof process.exitCode } {
  const code = process.exitCode;
  process.exitCode = exitCode;
  vi.restoreAllMocks();
  return { lines, code };
}
afterEach(reported);

type Result = { state: string; note?: string; errors?: { message: string }[] };

const suite = { type: 'suite', name: 'A trigger' };
const test = (name: string, result: Result) => ({
  ...{ name, parent: suite, result: () => result, diagnostic: () => ({ duration: 1_500 }) },
});
const file = (cases: object[], ok = true, errors: { message: string }[] = []) => ({
  ...{ relativeModuleId: 'test/kernel/conformance/listening.test.ts' },
  ...{ children: { allTests: () => cases }, ok: () => ok, errors: () => errors },
  diagnostic: () => ({ duration: 3_000 }),
});

it('is a document of files, with their cases as subtests, each printed as it ends', () => {
  const reporter = new KtapReporter();
  const [passed, failed, skipped, lost] = [
    test('L01 is heard', { state: 'passed' }),
    test('L02 is #2', { state: 'failed', errors: [{ message: 'one\ntwo' }] }),
    test('L45 is not tried', { state: 'skipped', note: 'this kernel cannot' }),
    test('L46 has no reason', { state: 'skipped' }),
  ];
  const module = file([passed, failed, skipped, lost], false);
  reporter.onTestRunStart([{}] as never);
  reporter.onTestModuleCollected(module as never);
  reporter.onTestCaseResult(passed as never);
  expect(lines.at(-1)).toBe('  ok 1 L01 A trigger: is heard');
  for (const one of [failed, skipped, lost]) reporter.onTestCaseResult(one as never);
  reporter.onTestModuleEnd(module as never);
  reporter.onTestRunEnd([], []);
  expect(reported()).toEqual({
    code: 1,
    lines: [
      'KTAP version 1',
      `# kernel ${release()}`,
      '1..1',
      '  KTAP version 1',
      '  # listening',
      '  1..4',
      '  ok 1 L01 A trigger: is heard',
      '  # one',
      '  # two',
      '  not ok 2 L02 A trigger: is 2',
      '  ok 3 L45 A trigger: is not tried # SKIP this kernel cannot',
      '  # it was not run (skipped)',
      '  not ok 4 L46 A trigger: has no reason',
      'not ok 1 listening # 3.0 s',
      '# passed 1, failed 2, skipped 1',
      '# failed: L02 A trigger: is #2',
      '# failed: L46 A trigger: has no reason',
      '# skipped: L45 A trigger: is not tried: this kernel cannot',
      '# slowest: L01 A trigger: is heard (1.5 s)',
    ],
  });
});

it('bails out where nothing ran, or something else went wrong', () => {
  const broken = file([], true, [{ message: 'no import' }]);
  const reporter = new KtapReporter();
  reporter.onTestRunStart([{}] as never);
  reporter.onTestModuleEnd(broken as never);
  reporter.onTestRunEnd([], [{ message: 'elsewhere' }] as never);
  new KtapReporter().onTestRunEnd([], []);
  const { lines: all, code } = reported();
  expect(code).toBe(1);
  expect(all).toEqual(expect.arrayContaining(['# no import', 'not ok 1 listening # 3.0 s', '# elsewhere']));
  expect(all.filter((line) => line.startsWith('Bail out!'))).toEqual([
    'Bail out! an error outside the cases',
    'Bail out! no case has run',
  ]);
});

it('is no failure when all is well', () => {
  const passed = test('L01 is heard', { state: 'passed' });
  const module = file([passed]);
  const reporter = new KtapReporter();
  reporter.onTestRunStart([{}] as never);
  reporter.onTestModuleCollected(module as never);
  reporter.onTestCaseResult(passed as never);
  reporter.onTestModuleEnd(module as never);
  reporter.onTestRunEnd([], []);
  expect(reported().code).toBeUndefined();
});
