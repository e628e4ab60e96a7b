// Exit, workers, termination and leaks, in child processes; /proc/self/fd is the judge. A PCM handle on /dev/zero stands
// for every handle: they share how they live and die. The kernel suite has the same for real timers.
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';

const OPEN = `const open = () => addon.openPcm('/dev/zero', true, '', -1);`;

describe('A native handle', () => {
  it('closes its descriptor when asked to', async () => {
    const result = await runChild(`${OPEN}
      const before = descriptors()['/dev/zero'] ?? 0;
      const handles = Array.from({ length: 50 }, open);
      const during = descriptors()['/dev/zero'] ?? 0;
      for (const handle of handles) handle.close();
      console.log(JSON.stringify([during - before, (descriptors()['/dev/zero'] ?? 0) - before]));`);
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(JSON.parse(result.stdout)).toEqual([50, 0]);
  });

  it('closes its descriptor when it is collected', async () => {
    const result = await runChild(`${OPEN}
      const before = descriptors()['/dev/zero'] ?? 0;
      const left = () => (descriptors()['/dev/zero'] ?? 0) - before;
      (() => { for (let i = 0; i < 50; i += 1) open(); })();
      await collect(() => left() === 0);
      console.log(left());`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });

  it('may be open when the process ends', async () => {
    expect(
      await runChild(`${OPEN} globalThis.kept = Array.from({ length: 10 }, open); process.exit(3);`),
    ).toMatchObject({
      code: 3,
      signal: null,
      stderr: '',
    });
  });

  it('goes with the worker that opened it, also when that is terminated at any moment', async () => {
    const result = await runChild(`
      const code = \`
        const kept = [];
        parentPort.postMessage('running');
        for (;;) {
          const handle = addon.openPcm('/dev/zero', true, '', -1);
          kept.push(handle);
          try { handle.start(); } catch {}
          if (kept.length > 20) kept.shift().close();
        }\`;
      const before = descriptors()['/dev/zero'] ?? 0;
      for (let round = 0; round < 30; round += 1) {
        const worker = startWorker(code);
        if (round % 3 > 0) await once(worker, 'message');
        if (round % 3 > 1) await new Promise((resolve) => setImmediate(resolve));
        await worker.terminate();
      }
      console.log((descriptors()['/dev/zero'] ?? 0) - before);`);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });
});
