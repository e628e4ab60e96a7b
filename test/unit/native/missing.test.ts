// What the error of a machine without an addon says to do.
import { describe, expect, it } from 'vitest';
import { whyNoAddon } from '../../../lib/native/missing.js';

const say = (arch: string, machine: string, hasBinary = false) =>
  whyNoAddon({ platform: `linux-${arch}`, arch, machine, hasBinary }, 'npm run rebuild');

describe('Without an addon', () => {
  it('a machine that has a binary is told that it does not load, and how to build another', () => {
    expect(say('x64', 'x86_64', true)).toMatch(/^There is no addon here that loads\. Run `npm run rebuild` /);
  });

  it.each([
    ['riscv64', 'riscv64'],
    ['arm', 'armv7l'],
    ['ia32', 'i686'],
  ])('a machine that has none is told so: %s', (arch, machine) => {
    expect(say(arch, machine)).toMatch(
      new RegExp(`^The package has no binary for linux-${arch}\\. Run \`npm run rebuild\` \\(`),
    );
  });

  it.each([
    ['arm', 'aarch64', 'arm64'],
    ['ia32', 'x86_64', 'x64'],
  ])('a 32-bit process on a 64-bit kernel is told which Node.js to take: %s on %s', (arch, machine, wide) => {
    const said = say(arch, machine);
    expect(said).toMatch(`This is a 32-bit Node.js (${arch}) on a 64-bit kernel (${machine})`);
    expect(said).toContain(`Take Node.js for ${wide}. Otherwise run \`npm run rebuild\``);
    expect(said).toContain('6.12.118 and 7.3.4');
  });
});
