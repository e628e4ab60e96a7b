// What is kept of a guest's console, and what it says about the kernel.
import { describe, expect, it } from 'vitest';

const { ConsoleLog } = await import(new URL('../../../vm/lib/console.mjs', import.meta.url).href);

const MEGABYTE = 1 << 20;
/** A megabyte of lines, numbered. */
function flood(log: { add(chunk: Buffer): void }, from: number): number {
  const lines = Array.from({ length: MEGABYTE / 64 }, (_, index) => `${from + index} `.padEnd(63, 'x'));
  log.add(Buffer.from(`${lines.join('\r\n')}\r\n`));
  return from + lines.length;
}

describe('The log of a guest', () => {
  it('is kept whole while it is small', () => {
    const log = new ConsoleLog('stock');
    for (const byte of Buffer.from('one\r\ntwo: ä\r\nthr')) log.add(Buffer.from([byte]));
    expect(log.text).toBe('one\ntwo: ä\nthr');
    expect(log.tail(2)).toBe('two: ä\nthr');
  });

  it('keeps its start and its end, however long it is, and tells how much is left out', () => {
    const log = new ConsoleLog('stock');
    log.add(Buffer.from('Linux version 6.12\n'));
    let count = 0;
    for (let round = 0; round < 12; round += 1) count = flood(log, count);
    log.add(Buffer.from('the end'));
    expect(log.text.length).toBeLessThan(10 * MEGABYTE);
    expect(log.text).toMatch(/^Linux version 6\.12\n0 x/);
    const lines: string[] = log.text.split('\n');
    expect(lines.slice(-2)).toEqual([expect.stringMatching(`^${count - 1} x`), 'the end']);
    const gap = lines.findIndex((line) => line.startsWith('[... '));
    const [, dropped] = /^\[\.\.\. (\d+) lines left out \.\.\.\]$/.exec(lines[gap] ?? '') ?? [];
    expect(Number.parseInt(lines[gap + 1] ?? '', 10) - Number.parseInt(lines[gap - 1] ?? '', 10) - 1).toBe(
      Number(dropped),
    );
  });

  it('is not piled up by a flood without line ends', () => {
    const log = new ConsoleLog('stock');
    for (let round = 0; round < 12; round += 1) log.add(Buffer.alloc(MEGABYTE, 'x'));
    expect(log.text.length).toBeLessThan(10 * MEGABYTE);
  });

  it('tells of a fault, a panic and an awaited line also when they are long left out', () => {
    const log = new ConsoleLog('stock', 'guest: the command has ended');
    log.add(Buffer.from('fine\nBUG: KASAN: made up\n'));
    expect(log.hasSeen).toBe(false);
    log.add(Buffer.from('guest: the command '));
    log.add(Buffer.from('has ended'));
    expect(log.hasSeen).toBe(true);
    log.add(Buffer.from('\nKernel panic - not syncing: made up\n'));
    let count = 0;
    for (let round = 0; round < 12; round += 1) count = flood(log, count);
    expect(log.panic).toBe('made up');
    expect(log.hasSeen).toBe(true);
    const report: string[] = log.report().split('\n');
    expect(report).toHaveLength(80);
    expect(report[0]).toBe('BUG: KASAN: made up');
  });

  it('tells of a fault whose line has no end yet, and of warnings of the sanitized kernel only', () => {
    const cut = new ConsoleLog('stock');
    cut.add(Buffer.from('Oops: 0002'));
    expect(cut.report()).toBe('Oops: 0002');
    for (const [name, report] of [
      ['stock', undefined],
      ['sanitized', 'WARNING: possible recursive locking'],
    ]) {
      const log = new ConsoleLog(name);
      log.add(Buffer.from('WARNING: possible recursive locking\n'));
      expect(log.report()).toBe(report);
    }
  });
});
