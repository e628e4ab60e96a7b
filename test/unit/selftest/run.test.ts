// How cases run in the package, without vitest: their order, what becomes of each, and what is said of it.
import { expect, it, vi } from 'vitest';
import { type CaseFile, collect } from '../../../lib/selftest/collect.js';
import { KtapReport } from '../../../lib/selftest/ktap.js';
import { type Course, runFiles } from '../../../lib/selftest/run.js';
import * as stand from '../../../lib/selftest/vitest.js';

const file = (declare: () => void, name = 'start') => collect(name, async () => declare());

/** What a run of the files reports, line by line, without the times. */
async function reported(files: CaseFile[], course: Partial<Course> = {}): Promise<[ok: boolean, string[]]> {
  const lines: string[] = [];
  const report = new KtapReport((line) => lines.push(line.replace(/\d+\.\d s/, 'N s')));
  const signal = new AbortController().signal;
  await runFiles(files, report, { skip: () => undefined, begins: () => {}, signal, ...course });
  expect(lines[1]).toMatch(/^# kernel \d/);
  return [report.ok, lines.toSpliced(1, 1)];
}

it('runs the hooks of a file around its cases, those of its end from the last to the first', async () => {
  const done: string[] = [];
  const note = (what: string) => () => {
    done.push(what);
  };
  const one = await file(() => {
    stand.beforeAll(note('set up'));
    stand.beforeAll(note('set up more'));
    stand.afterEach(note('clean'));
    stand.afterEach(note('clean first'));
    stand.afterAll(note('take down'));
    stand.afterAll(note('take down first'));
    stand.describe('A', () => {
      stand.it('R01 runs', note('R01'));
      stand.it.each([
        ['R02', 3],
        ['R03', 4],
      ])('%s %i Hz', (id: string, rate: number) => {
        done.push(`${id} ${rate}`);
      });
    });
  });
  const begun: string[] = [];
  const [ok, lines] = await reported([one], { begins: (name) => void begun.push(name) });
  expect(done).toEqual([
    ...['set up', 'set up more', 'R01', 'clean first', 'clean', 'R02 3', 'clean first', 'clean'],
    ...['R03 4', 'clean first', 'clean', 'take down first', 'take down'],
  ]);
  expect(begun).toEqual(['R01 A: runs', 'R02 A: 3 Hz', 'R03 A: 4 Hz']);
  expect(ok).toBe(true);
  expect(lines).toEqual([
    'KTAP version 1',
    '1..1',
    '  KTAP version 1',
    '  # start',
    '  1..3',
    '  ok 1 R01 A: runs',
    '  ok 2 R02 A: 3 Hz',
    '  ok 3 R03 A: 4 Hz',
    'ok 1 start # N s',
    '# passed 3, failed 0, skipped 0',
    expect.stringMatching(/^# slowest: R0\d .* \(N s\)$/),
  ]);
});

it('says of a case what failed, also behind it, and goes on; a reason not to go on is no failure', async () => {
  let cleans = 0;
  const one = await file(() => {
    stand.afterEach(() => {
      cleans += 1;
      if (cleans === 3) stand.expect('left').toBe('gone');
    });
    stand.describe('A', () => {
      stand.it('R01 fails', () => stand.expect(1).toBe(2));
      stand.it('R02 cannot', ({ skip }) => {
        skip(false, 'never');
        skip(true, 'not here #1');
        throw new Error('it went on');
      });
      stand.it('R03 leaves something', () => {});
      stand.it('R04 is refused', () => {
        throw new Error('it was run');
      });
    });
  });
  const [ok, lines] = await reported([one], {
    skip: (name) => (name.startsWith('R04') ? 'may crash' : undefined),
  });
  expect(ok).toBe(false);
  expect(cleans).toBe(3);
  expect(lines.slice(5, -5)).toEqual([
    '  # expected 2, and saw 1',
    '  not ok 1 R01 A: fails',
    '  ok 2 R02 A: cannot # SKIP not here 1',
    "  # expected 'gone', and saw 'left'",
    '  not ok 3 R03 A: leaves something',
    '  ok 4 R04 A: is refused # SKIP may crash',
    'not ok 1 start # N s',
    '# passed 0, failed 2, skipped 2',
  ]);
});

it('sets nothing up for cases that are all refused, and that is no failure', async () => {
  const one = await file(() => {
    stand.beforeAll(() => {
      throw new Error('set up');
    });
    stand.describe('A', () => stand.it('R01 is refused', () => {}));
  });
  const [ok, lines] = await reported([one], { skip: () => 'may crash' });
  expect([ok, lines.filter((line) => line.startsWith('Bail out!'))]).toEqual([true, []]);
});

it('fails the cases of a file that cannot be set up, takes it down, and goes on with the next file', async () => {
  let down = 0;
  const broken = await file(() => {
    stand.beforeAll(() => {
      throw new Error('no card');
    });
    stand.afterAll(() => {
      down += 1;
    });
    stand.describe('A', () => stand.it('R01 runs', () => {}));
  }, 'broken');
  const next = await file(() => stand.describe('B', () => stand.it('R02 runs', () => {})), 'next');
  const [ok, lines] = await reported([broken, next]);
  expect([ok, down]).toEqual([false, 1]);
  expect(lines).toEqual(
    expect.arrayContaining([
      '  # it was not run, since its file could not be set up',
      '  not ok 1 R01 A: runs',
      '# Error: no card',
      'not ok 1 broken # N s',
      '  ok 1 R02 B: runs',
      'ok 2 next # N s',
      '# failed: broken',
    ]),
  );
});

it('ends behind the case that runs when it is interrupted, and takes its file down', async () => {
  const interrupt = new AbortController();
  let down = 0;
  const one = await file(() => {
    stand.afterAll(() => {
      down += 1;
    });
    stand.describe('A', () => {
      stand.it('R01 runs', () => interrupt.abort());
      stand.it('R02 would run', () => {});
    });
  });
  const [ok, lines] = await reported([one], { signal: interrupt.signal });
  expect([ok, down]).toEqual([false, 1]);
  expect(lines).toContain('  ok 1 R01 A: runs');
  expect(lines.join('\n')).not.toContain('R02');
  expect(lines.at(-1)).toBe('Bail out! interrupted');
});

it('gives up where a case does not end, which may still be at work', async () => {
  vi.useFakeTimers();
  try {
    const one = await file(() =>
      stand.describe('A', () => {
        stand.it('R01 hangs', () => new Promise(() => {}));
        stand.it('R02 would run', () => {});
      }),
    );
    const run = reported([one]);
    await vi.advanceTimersByTimeAsync(120_000);
    const [ok, lines] = await run;
    expect(ok).toBe(false);
    expect(lines).toContain('  not ok 1 R01 A: hangs');
    expect(lines.at(-1)).toBe('Bail out! R01 A: hangs: not done after 120 s');
  } finally {
    vi.useRealTimers();
  }
});

it('takes nothing that stands where the cases do not put it', async () => {
  await expect(file(() => stand.it('R01 alone', () => {}))).rejects.toThrow('in no suite');
  await expect(file(() => stand.describe('A', () => stand.afterEach(() => {})))).rejects.toThrow(
    "within the suite 'A'",
  );
  expect(() => stand.beforeAll(() => {})).toThrow('outside of a file');
});
