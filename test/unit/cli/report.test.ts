// What a command tells while it runs, to somebody who does not always read.
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Report } from '../../../lib/cli/output/report.js';

/** Takes a chunk each time it is told to. */
class Reader extends Writable {
  readonly taken: string[] = [];
  #done: (() => void) | undefined;

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.taken.push(String(chunk));
    this.#done = done;
  }

  /** Takes all that was told, and what is told meanwhile. */
  async takeAll(): Promise<void> {
    while (this.#done) {
      const done = this.#done;
      this.#done = undefined;
      done();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('A report', () => {
  it.each([
    ['JSON', true, (events: number) => `{"type":"dropped","events":${events}}\n`],
    ['words', false, (events: number) => `not told, since nobody read it: ${events} events\n`],
  ])(
    'in %s keeps little for a reader that is behind, and says what it dropped',
    async (_, asJson, dropped) => {
      const reader = new Reader({ highWaterMark: 1000 });
      const report = new Report(reader, asJson);
      let most = 0;
      for (let i = 0; i < 100_000; i += 1) {
        report.event(`event ${i}`);
        report.counters((status) => status.print(`${i} of them`));
        most = Math.max(most, reader.writableLength);
      }
      expect(most).toBeLessThan(1200);
      await reader.takeAll();
      const lines = reader.taken.join('').split(/(?<=\n)/);
      const told = lines.filter((line) => line.startsWith('event')).length;
      expect(lines.at(-2)).toBe(dropped(100_000 - told));
      expect(lines.at(-1)).toBe('99999 of them\n');
      // All is told again.
      report.event('and on');
      await reader.takeAll();
      expect(reader.taken.at(-1)).toBe('and on\n');
    },
  );

  it('tells its end, whoever is behind, and nothing after that', async () => {
    const reader = new Reader({ highWaterMark: 1 });
    const report = new Report(reader, true);
    report.event('a');
    report.event('b');
    report.counters((status) => status.print('counters'));
    report.end((status) => status.print('the end'));
    await reader.takeAll();
    expect(reader.taken).toEqual(['a\n', '{"type":"dropped","events":1}\n', 'the end\n']);
  });

  it('drops nothing for a reader that keeps up', async () => {
    const reader = new Reader();
    const report = new Report(reader, false);
    for (let i = 0; i < 100; i += 1) {
      report.event(`${i}`);
      report.counters((status) => status.print('counters'));
      await reader.takeAll();
    }
    expect(reader.taken).toEqual(Array.from({ length: 100 }, (_, i) => [`${i}\n`, 'counters\n']).flat());
  });
});
