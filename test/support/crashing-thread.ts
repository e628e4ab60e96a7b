// A bridge's thread that crashes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Crash = 'throw' | 'memory' | 'exit';

/**
 * Environment in which each thread of a process ends itself when it has told its counters. With `behind`, it waits for that file
 * before. `folder` gets a module.
 */
export function crashingThreads(folder: string, how: Crash, behind = ''): Record<string, string> {
  const path = join(folder, 'crash.cjs');
  writeFileSync(
    path,
    `const { existsSync } = require('node:fs');
    const { isMainThread, parentPort } = require('node:worker_threads');
    if (!isMainThread) {
      const all = [];
      const crash = {
        throw() { throw new Error('out of the blue'); },
        memory() { for (;;) all.push(new Array(100_000).fill(0.5)); },
        exit() { process.exit(7); },
      }[process.env.CRASH];
      const post = parentPort.postMessage.bind(parentPort);
      parentPort.postMessage = (message) => {
        post(message);
        if (!message.events?.some(({ type }) => type === 'stats')) return;
        while (process.env.CRASH_BEHIND && !existsSync(process.env.CRASH_BEHIND));
        setImmediate(crash);
      };
    }`,
  );
  return {
    NODE_OPTIONS: `--max-old-space-size=64 --require=${path}`,
    CRASH: how,
    CRASH_BEHIND: behind,
  };
}
