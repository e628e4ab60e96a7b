// What `utimer create` refuses, and how it runs a program.
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { hasKeyboard } from '../../../lib/cli/create/keyboard.js';
import { runProgram } from '../../../lib/cli/create/program.js';
import { Interruption } from '../../../lib/cli/output/io.js';
import { neverAborted, utimer } from '../../support/utimer.js';

const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-create-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A script that says by its first line what runs it. */
function script(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

let files = 0;

/** Runs a program that inherits a file. */
const running = (...program: string[]) => runningUnder(neverAborted(), ...program);

function runningUnder(signal: AbortSignal, ...program: string[]) {
  files += 1;
  const path = join(folder, `inherited${files}`);
  let said = '';
  const stderr = new Writable({
    write(chunk, _, done) {
      said += chunk;
      done();
    },
  });
  const inheritance = {
    descriptor: openSync(path, 'w'),
    environment: (descriptor: number) => ({ INHERITED: String(descriptor) }),
  };
  const ended = runProgram(program, inheritance, { stderr, signal });
  return {
    written: () => readFileSync(path, 'utf8'),
    ended: ended.then((code) => ({ code, said })),
  };
}

describe('utimer create', () => {
  it.each([
    [['ls'], "unexpected argument 'ls'; a command stands behind --"],
    [['--'], 'COMMAND is needed behind --'],
    [['--', ''], 'COMMAND is empty'],
    [['--json', '--', 'ls'], '--json cannot be given with COMMAND'],
    [['--resolution', '1ms', '--rate', '48k'], '--rate cannot be given with --resolution'],
    [['--resolution', '1ms', '--period', '48'], '--period cannot be given with --resolution'],
    [['--resolution', '0'], "--resolution must be a time of 1ns..596h, not '0ms'"],
    [['--rate', '7', '--period', '1048577'], '--period must be a whole number of 1..1048576, not 1048577'],
    [['--timer', '128'], '--timer must be a userspace-driven timer, 0..127 or -1.4.N, not 128'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await utimer('create', ...args);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `utimer create: ${message}`]);
  });

  it('leaves the options of the program to it', async () => {
    const { stdout } = await utimer('create', '--help', '--', 'ls', '--version');
    expect(stdout).toMatch(/^Usage: utimer create \[OPTION\]\.\.\. \[-- COMMAND \[ARG\]\.\.\.\]\n/);
  });
});

describe('A program', () => {
  it('inherits a descriptor and its number, and gets its arguments as they are', async () => {
    const { ended, written } = running('sh', '-c', 'echo "$INHERITED $*" >&3', 'sh', '--a', '-1', '-- b', '');
    expect(await ended).toEqual({ code: 0, said: '' });
    expect(written()).toBe('3 --a -1 -- b \n');
  });

  it.each([
    ['exit 7', 7],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
  ])('that does %j ends with %d', async (line, code) => {
    expect(await running('sh', '-c', line).ended).toEqual({ code, said: '' });
  });

  it.each([
    ['no-such-command', 127, "'no-such-command' is no command: it is in no folder of the PATH"],
    ['./no-such-file', 127, "'./no-such-file' does not exist"],
    [script('lost', '#!/no/such/interpreter\n'), 127, 'needs an interpreter that does not exist'],
    [script('data', 'exit 3\n', 0o644), 126, 'cannot be run: permission denied'],
    [folder, 126, 'cannot be run: permission denied'],
    [`${script('file', '')}/x`, 126, 'cannot be run: not a directory'],
    // As shells do it.
    [script('plain', 'exit 3\n'), 3, ''],
  ])('%s ends with %d', async (command, code, why) => {
    const ended = await running(command).ended;
    expect(ended.code).toBe(code);
    if (why === '') expect(ended.said).toBe('');
    else expect(ended.said).toContain(why);
    expect(ended.said.split('\n').length).toBe(why === '' ? 1 : 2);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('gets %s also where that came before the program was there', async (signal, code) => {
    const { ended } = runningUnder(AbortSignal.abort(new Interruption(signal)), 'sleep', '1000');
    expect(await ended).toEqual({ code, said: '' });
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('gets %s, as often as it comes', async (signal) => {
    const before = process.listenerCount(signal);
    const code = `
      const { writeSync } = require('node:fs');
      let times = 0;
      process.on('${signal}', () => { writeSync(3, 'x'); times += 1; if (times === 2) process.exit(42); });
      setInterval(() => {}, 1e9);
      writeSync(3, 'r');`;
    const { ended, written } = running(process.execPath, '--eval', code);
    const until = async (text: string) => {
      while (written() !== text) await new Promise(setImmediate);
    };
    await until('r');
    process.emit(signal, signal);
    await until('rx');
    process.emit(signal, signal);
    expect(await ended).toEqual({ code: 42, said: '' });
    expect(process.listenerCount(signal)).toBe(before);
  });
});

describe('The keys of a terminal', () => {
  it.each([
    ['the group in the foreground', '7 (utimer) S 1 7 5 34816 7 4194304', true],
    ['no other group', '7 (utimer) S 1 7 5 34816 9 4194304', false],
    ['no process without a terminal', '7 (utimer) S 1 7 5 0 -1 4194304', false],
    ['whatever it is called', '7 (a ) b (c) S 1 7 5 34816 7 4194304', true],
    ['nobody where /proc is hidden', '', false],
  ])('reach %s', (_, stat, reached) => {
    expect(hasKeyboard(stat)).toBe(reached);
  });
});
