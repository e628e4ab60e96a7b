// Lines that a command runs for its user.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runInShell } from '../../../lib/cli/run/shell.js';

const NEVER = new AbortController().signal;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-shell-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('tells how a line has ended', async () => {
  expect(await runInShell('false; true', 'ignore', NEVER)).toBe(1);
  expect(await runInShell('kill -KILL $$', 'inherit', NEVER)).toBe('SIGKILL');
});

it('finds the tools of the system where the PATH of a user has no folder of theirs', async () => {
  vi.stubEnv('PATH', '/usr/bin:/bin');
  const line = 'case $PATH in /usr/bin:/bin:*:/usr/sbin:*) ;; *) exit 3 ;; esac';
  expect(await runInShell(line, 'ignore', NEVER)).toBe(0);
});

it('ends all that a line runs, not the shell alone', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const interrupt = new AbortController();
  const running = runInShell(`sleep 1000 >${pipe}; true`, 'ignore', interrupt.signal);
  // Open as long as somebody may write: the shell's child.
  const reader = createReadStream(pipe);
  await once(reader, 'open');
  interrupt.abort();
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  await once(reader.resume(), 'end');
});

it('begins nothing for a command that is to end', async () => {
  await expect(runInShell('exit 3', 'ignore', AbortSignal.abort())).rejects.toMatchObject({
    name: 'AbortError',
  });
});
