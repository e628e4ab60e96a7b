// A command as a process: what signals do to it.
import { describe, expect, it } from 'vitest';
import { Interruption } from '../../../lib/cli/output/io.js';
import { asProcess } from '../../../lib/cli/run/process.js';
import { withResolvers } from '../../../lib/promises.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const handlers = () => SIGNALS.map((signal) => process.listenerCount(signal));

describe.each(SIGNALS)('%s', (signal) => {
  it('asks a command to end; the next signal, whichever it is, ends the process', async () => {
    const { exitCode } = process;
    const before = handlers();
    const stuck = withResolvers();
    let told: AbortSignal | undefined;
    const running = asProcess(async (io) => {
      told = io.signal;
      await stuck.promise;
      return 0;
    });
    expect(handlers()).toEqual(before.map((count) => count + 1));
    expect(told?.aborted).toBe(false);
    process.emit(signal, signal);
    expect(told?.aborted).toBe(true);
    expect(told?.reason).toBeInstanceOf(Interruption);
    expect(told?.reason).toMatchObject({ name: 'AbortError', signal });
    // Where a process has no handler of a signal, the kernel ends it.
    expect(handlers()).toEqual(before);
    stuck.resolve();
    await running;
    expect(handlers()).toEqual(before);
    process.exitCode = exitCode;
  });
});
