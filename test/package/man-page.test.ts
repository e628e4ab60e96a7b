// The manual page, by the programs that show such pages.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { manPage } from '../../lib/cli/pages/man-page.js';
import { optionsOf } from '../../lib/cli/table/command.js';
import { Packed, run } from '../support/packed.js';

const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-man-'));
const path = join(folder, 'utimer.1');
writeFileSync(path, manPage(COMMANDS, '1.2.3'));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat' };

describe('The manual page', () => {
  it.each([
    ['groff', ['-man', '-Tutf8', '-ww', '-z', path]],
    ['man', ['--warnings', '--local-file', '--encoding=UTF-8', path]],
  ])('is taken by %s without a warning', (program, args) => {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('shows every option, within 80 columns', () => {
    const shown = execFileSync('man', ['--local-file', path], { encoding: 'utf8', env });
    for (const line of shown.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    for (const [name] of COMMANDS.flatMap(optionsOf))
      expect(shown).toMatch(new RegExp(`^ +--${name}\\b`, 'm'));
    // As somebody would copy it.
    expect(shown).toContain("       utimer list --json | jq -r 'select(.clients > 0).timer'\n");
  });

  it('is there for man where the package is installed for all', () => {
    const packed = new Packed();
    try {
      const prefix = join(packed.folder, 'prefix');
      run('npm', ['install', '--global', '--prefix', prefix, packed.archive], packed.folder);
      const shown = execFileSync('man', ['--manpath', join(prefix, 'share/man'), 'utimer'], {
        encoding: 'utf8',
        env,
      });
      expect(shown).toMatch(/^NAME\n +utimer - userspace-driven ALSA timers/m);
      const manifest = join(prefix, 'lib/node_modules/alsa-utimer/package.json');
      const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
      expect(shown).toContain(`alsa-utimer ${version}`);
    } finally {
      packed.remove();
    }
  });
});
