// The package, installed anew for every runtime, sends and receives there: over the loopback interface, and by the README's own
// program over a fake of ALSA.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { examplesOfDocument, transpiled } from '../support/doc-examples.js';
import { fakeAlsaEnvironment } from '../support/fake-alsa.js';
import { PROGRAM, printedOn } from '../support/package-program.js';
import { Packed, run } from '../support/packed.js';
import { runtimes } from '../support/runtimes.js';

const packed = new Packed();
afterAll(() => packed.remove());

describe.each(runtimes())('Installed for $name, the package', ({ name, command, args }) => {
  const user = packed.user(name);
  // Npm runs on the runtime that is tried, where that is a Node.js.
  const env = { PATH: [dirname(command), process.env.PATH].join(delimiter), NO_COLOR: '1' };
  const start = (path: string, words: readonly string[] = [], more: Record<string, string> = {}) =>
    run(command, [...args, ...(name === 'deno' ? ['--node-modules-dir=manual'] : []), path, ...words], user, {
      ...env,
      ...more,
    });

  it('is there', () => {
    if (name === 'bun') run(command, ['add', packed.archive], user, env);
    else run('npm', ['install', packed.archive], user, env);
    const { name: installed } = JSON.parse(
      readFileSync(join(user, 'node_modules/alsa-utimer/package.json'), 'utf8'),
    );
    expect(installed).toBe('alsa-utimer');
  });

  it('sends and receives packets over the loopback interface', () => {
    writeFileSync(join(user, 'program.mjs'), PROGRAM);
    expect(start('program.mjs', ['native'])).toBe(printedOn(process.arch));
  });

  // Bun reads /proc/asound without the C library, so that the fake cannot stand in for it.
  if (name === 'bun') return;
  it("runs the README's program for a stream from the network", () => {
    const readme = readFileSync(join(user, 'node_modules/alsa-utimer/README.md'), 'utf8');
    const programs = examplesOfDocument('README.md', readme).filter(({ source }) =>
      source.includes('RtpSender.open'),
    );
    expect(programs).toHaveLength(1);
    writeFileSync(join(user, 'readme.mjs'), transpiled(programs[0]?.source ?? ''));
    const fake = join(user, 'fake-alsa');
    mkdirSync(fake);
    expect(start('readme.mjs', [], fakeAlsaEnvironment(fake))).toMatch(/^arecord .*\nfirst\n$/);
  });
});
