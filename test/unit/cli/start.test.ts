// What starts with every command: the tables, and not what the commands do.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const LIB = fileURLToPath(new URL('../../../lib/', import.meta.url));

/** A module of lib/, and all that it reads as it starts. */
function closureOf(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  const source = readFileSync(join(LIB, path), 'utf8');
  for (const [, from] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']*)\.js';$/gm)) {
    closureOf(join(dirname(path), `${from}.ts`), found);
  }
  return found;
}

it('reads what a command does when that is called, and not before', () => {
  const read = [...closureOf('cli/main.ts')];
  expect(read).toContain('cli/bridge.ts');
  expect(closureOf('cli/bridge/run-bridge.ts')).toContain('bridge/bridge.ts');
  const heavy =
    /^(?:bridge|doctor|kernel|loopback|selftest)\/|receiver|sender|pacer|user-timer|timer-instance/;
  expect(read.filter((path) => heavy.test(path))).toEqual([]);
});
