// scripts/vm/run --arch arm64: a guest of another processor. `npm run test:arm64` begins with it; it takes minutes to prepare.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const checkout = fileURLToPath(new URL('../../', import.meta.url)).slice(0, -1);

/** How a command in such a guest ended, and what it said. */
function run(...args: readonly string[]): Promise<readonly [status: number, stdout: string, stderr: string]> {
  const command = [`${checkout}/scripts/vm/run`, ['--arch', 'arm64', '--timeout', '500', ...args]] as const;
  return new Promise((resolve) => {
    execFile(...command, { cwd: checkout }, (error, stdout, stderr) => {
      const said = stderr.replaceAll(/^kernel: .*\n/gm, '');
      resolve([error ? Number(error.code) : 0, stdout, said]);
    });
  });
}

describe('A guest of another processor', () => {
  it('runs programs of its own in this checkout, with timers, and writes nothing here', async () => {
    const script = `uname -m; node -p 'process.arch'; pwd; echo "$PATH_OF_NOTHING"; echo changed >package.json; cat package.json
      test -c /dev/snd/timer && echo timers`;
    const before = readFileSync(`${checkout}/package.json`, 'utf8');
    expect(await run('--env', 'PATH_OF_NOTHING=a b', 'sh', '-c', script)).toEqual([
      ...[0, `aarch64\narm64\n${checkout}\na b\nchanged\ntimers\n`, ''],
    ]);
    expect(readFileSync(`${checkout}/package.json`, 'utf8')).toBe(before);
  });

  it('passes on how a command ended', async () => {
    expect((await run('sh', '-c', 'kill -9 $$'))[0]).toBe(137);
  });
});
