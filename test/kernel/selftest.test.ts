// `utimer selftest` as the package has it: bundled cases, by the command, on a machine that others use as well.
import { afterEach, describe, expect, it } from 'vitest';
import { Pcm } from '../../lib/index.js';
import { isLoopbackLoaded, LoopbackCard } from '../../lib/loopback/index.js';
import { Child } from './bridge/support.js';
import { findPrograms } from './conformance/programs.js';

afterEach(Child.endAll);

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Runs some cases to their end. */
async function selftest(...args: string[]): Promise<Ended> {
  // Where there are none of the package, the command takes these.
  await findPrograms();
  const child = Child.utimer('selftest', ...args);
  const { code } = await child.ended;
  return { code, lines: child.lines, stderr: child.stderr };
}

/** The results of cases, by number: 'ok', 'not ok', or why it was skipped. */
function results(lines: readonly string[]): Record<string, string> {
  const found = lines.flatMap((line) => {
    const [, result = '', number = '', reason] =
      /^ {2}(ok|not ok) \d+ ([A-Z]\d\d) .*?(?: # SKIP (.*))?$/.exec(line) ?? [];
    return number === '' ? [] : [[number, reason ?? result] as const];
  });
  return Object.fromEntries(found);
}

describe('Without a card', () => {
  const CHOSEN = ['U02', 'U23', 'U36', 'L07', 'L36', 'A03', 'R28', 'F02', 'D09', 'K01'];
  /** With programs of 32 bits, which the package has for x64 alone. */
  const WORDS32 = process.arch === 'x64' ? [] : ['U02', 'U36'];
  const expected = (number: string) =>
    WORDS32.includes(number) ? expect.stringMatching(/no 32-bit program for this processor$/) : 'ok';

  it('it runs cases of every file, and leaves no module behind', async () => {
    const { code, lines, stderr } = await selftest('--only', CHOSEN.join(','));
    expect([code, results(lines)]).toEqual([
      0,
      Object.fromEntries(CHOSEN.map((number) => [number, expected(number)])),
    ]);
    expect(lines[0]).toBe('KTAP version 1');
    expect(lines[2]).toBe('1..9');
    expect(lines).toContain(
      `# passed ${CHOSEN.length - WORDS32.length}, failed 0, skipped ${WORDS32.length}`,
    );
    expect(stderr).toMatch(/^10 cases on Linux .*\n- snd-aloop is loaded and unloaded/);
    expect(isLoopbackLoaded()).toBe(false);
  });

  it('it says what it will not run, or runs it, by the version of the kernel', async () => {
    const { code, lines } = await selftest('--only', 'L43');
    expect(code).toBe(0);
    expect(results(lines).L43).toMatch(
      /^(ok|this kernel may crash: .* --may-crash runs it|this machine .*)$/,
    );
  });

  it('it waits for no other: the second one is refused, and disturbs nothing', async () => {
    await findPrograms();
    const child = Child.utimer('selftest', '--only', 'F17,F18');
    await child.line((line) => line.startsWith('  ok 1 F17'));
    const second = await selftest('--only', 'U01');
    expect([second.code, second.lines]).toEqual([1, []]);
    expect(second.stderr).toBe(
      `utimer selftest: Another selftest runs: process ${child.process.pid}. Wait until it has ended, or end it.\n`,
    );
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(isLoopbackLoaded()).toBe(false);
  });

  it('it ends behind the case that is interrupted, and leaves no module behind', async () => {
    await findPrograms();
    const child = Child.utimer('selftest', '--only', 'F17,F18,F19');
    await child.line((line) => line.startsWith('  ok 1 F17'));
    // In the midst of five seconds.
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: 1 });
    expect(results(child.lines)).toEqual({ F17: 'ok', F18: 'ok' });
    expect(child.lines.at(-1)).toBe('Bail out! interrupted');
    expect(child.stderr).toContain('Ending behind this case');
    expect(isLoopbackLoaded()).toBe(false);
  });
});

describe('With a card that was there', () => {
  it('it uses that, gives it its timer_source back, and leaves the module alone', async () => {
    const card = await LoopbackCard.load({ index: 3, id: 'Mine', timerSource: '-1.4.9' });
    try {
      const { code, lines, stderr } = await selftest('--only', 'A01,A18,L36,F02');
      expect([code, results(lines)]).toEqual([
        0,
        { A01: expect.stringContaining('snd-aloop was loaded before'), A18: 'ok', L36: 'ok', F02: 'ok' },
      ]);
      // The other variant.
      expect(lines.join('\n')).toMatch(/^ {2}ok 1 A01 timer_source: every form of it$/m);
      expect(stderr).toContain('- loopback card 3 (Mine) is used');
      expect([card.timerSource(), card.holders()]).toEqual(['-1.4.9', []]);
    } finally {
      await LoopbackCard.unload();
    }
  });

  it('it refuses one that somebody has open', async () => {
    const card = await LoopbackCard.load();
    try {
      using _capture = Pcm.open({
        ...{ card: card.number, device: 1, substream: 5, direction: 'capture' },
        ...{ format: 'S16_LE', rate: 48_000, channels: 2, periodFrames: 480 },
      });
      const { code, lines, stderr } = await selftest();
      expect([code, lines]).toEqual([1, []]);
      expect(stderr).toMatch(
        /^utimer selftest: A loopback card is in use: .* holds capture hw:\d+,1,5\. End that/,
      );
    } finally {
      await LoopbackCard.unload();
    }
  });

  it('it refuses one with fewer substreams than a case uses', async () => {
    await LoopbackCard.load({ substreams: 1 });
    try {
      const { code, stderr } = await selftest('--only', 'F02');
      expect(code).toBe(1);
      expect(stderr).toContain('it has 1 substreams instead of 8');
    } finally {
      await LoopbackCard.unload();
    }
  });

  it('it refuses one whose controls were changed', async () => {
    await LoopbackCard.load({ notify: true });
    try {
      const { code, stderr } = await selftest('--only', 'F02');
      expect([code, stderr]).toEqual([1, expect.stringContaining('PCM Notify is 1 instead of 0')]);
    } finally {
      await LoopbackCard.unload();
    }
  });
});
