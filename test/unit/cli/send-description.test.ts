// The session description of `utimer send`.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utimer } from '../../support/utimer.js';

const SHAPE = ['--sample-format', 'S16_LE', '--rate', '48000', '--channels', '2'];
const NOWHERE = ['send', '--to', '127.0.0.1:9', '--stats', '0'];

describe('utimer send --sdp-out', () => {
  const describe = async (...args: string[]) =>
    (
      await utimer(
        ...['send', '--to', '239.0.0.1:5004', '--stats', '0', '--sdp-out', '-'],
        ...args,
        ...SHAPE,
        '/dev/null',
      )
    ).stdout;

  it('filters sources only where it is told to', async () => {
    expect(await describe('--origin', '10.0.0.1')).not.toContain('source-filter');
    expect(await describe('--origin', '10.0.0.1', '--source-filter')).toContain(
      'a=source-filter: incl IN IP4 239.0.0.1 10.0.0.1\r\n',
    );
  });

  it('says the clocks that Dante and Q-SYS want, where it is told to', async () => {
    const clock = 'ptp=IEEE1588-2008:00-1D-C1-FF-FE-00-00-01:0';
    expect(await describe('--ts-refclk', clock, '--mediaclk', 'direct=0')).toContain(
      `a=ts-refclk:${clock}\r\na=mediaclk:direct=0\r\n`,
    );
    expect(await describe()).toContain('a=ts-refclk:local\r\na=mediaclk:sender\r\n');
  });

  it.each([
    [['--mediaclk', 'direct=1.5', '--sdp-out', '-'], '--mediaclk must be'],
    [['--source-filter', '--sdp-out', '-'], '--source-filter is for groups, and 127.0.0.1 is none'],
    [['--ts-refclk', 'local'], '--ts-refclk is for --sdp-out or --json'],
  ])('refuses %o', async (args, message) => {
    const { code, stdout, stderr } = await utimer(...NOWHERE, ...args, ...SHAPE, '/dev/null');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('The description of a stream', () => {
  it('prints nothing but the description, where that goes to standard output', async () => {
    const { code, stdout, stderr } = await utimer(
      ...['send', '--to', '127.0.0.1:5004', '--sdp-out', '-', '--name', 'Stage', '--origin', '10.0.0.1'],
      ...[...SHAPE, '--json', '/dev/null'],
    );
    expect(code).toBe(0);
    const [open, close] = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([open.type, close.type]).toEqual(['open', 'close']);
    expect(stdout).toBe(open.sdp);
    expect(stdout).toMatch(/^v=0\r\n(.*\r\n)*s=Stage\r\n(.*\r\n)*$/);
  });

  it('says that there is no file before it writes a description', async () => {
    const description = join(tmpdir(), `utimer-send-${process.pid}.sdp`);
    const { code, stdout, stderr } = await utimer(
      ...['send', '--to', '127.0.0.1:5004', '--sdp-out', description, ...SHAPE, '/nowhere/music.raw'],
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^utimer send: ENOENT: .*'\/nowhere\/music\.raw'\n$/);
    expect(existsSync(description)).toBe(false);
  });
});
