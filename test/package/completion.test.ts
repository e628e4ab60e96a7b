// The scripts of `utimer completion` in the shells that they are for.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { optionsOf } from '../../lib/cli/table/command.js';
import { describedByFish, offeredByFish, ShellTerminal } from '../support/shells.js';
import { utimer } from '../support/utimer.js';

const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-completion-'));
const where = { folder, path: `${folder}${delimiter}${process.env.PATH}` };
const script = (shell: string) => join(folder, `utimer.${shell}`);

beforeAll(async () => {
  // It has timers where this machine has none.
  const stub = 'printf "%s\\n" "TIMER TICK" "-1.0.0 1 ms" "-1.4.7 10 ms" "-1.4.12 1 ms" "0.1.1 -"';
  writeFileSync(join(folder, 'utimer'), `#!/bin/sh\n[ "$1" != list ] || ${stub}\n`);
  chmodSync(join(folder, 'utimer'), 0o755);
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(script(shell), (await utimer('completion', shell)).stdout);
  for (const name of ['stage left.sdp', 'music.wav']) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'recordings'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Line = readonly [line: string, completed: string];

/** Lines that can go on in one way. */
const LINES: readonly Line[] = [
  ['utimer --ver', 'utimer --version'],
  ['utimer listen --cou', 'utimer listen --count'],
  ['utimer listen --json --pl', 'utimer listen --json --plain'],
  ['utimer listen --events master-c', 'utimer listen --events master-continue'],
  ['utimer listen -1.0', 'utimer listen -1.0.0'],
  ['utimer listen --json 0.', 'utimer listen --json 0.1.1'],
  ['utimer bridge --idle st', 'utimer bridge --idle stall'],
  ['utimer bridge --idle=st', 'utimer bridge --idle=stall'],
  ['utimer bridge --timer=-1.4.1', 'utimer bridge --timer=-1.4.12'],
  ['utimer bridge --interface=lo', 'utimer bridge --interface=lo'],
  ['utimer send --sample-format S24_3L', 'utimer send --sample-format S24_3LE'],
  ['utimer send --to 127.0.0.1:5004 mus', 'utimer send --to 127.0.0.1:5004 music.wav'],
  ['utimer send rec', 'utimer send recordings/'],
  ['utimer help bri', 'utimer help bridge'],
  ['utimer completion z', 'utimer completion zsh'],
  ['utimer loop', 'utimer loopback'],
  ['utimer loopback lo', 'utimer loopback load'],
  ['utimer loopback load --sub', 'utimer loopback load --substreams'],
  ['utimer loopback point 0.', 'utimer loopback point 0.1.1'],
  ['utimer help loop', 'utimer help loopback'],
  ['utimer create --per', 'utimer create --period'],
  // The words of another program.
  ['utimer create --rate 48k -- utim', 'utimer create --rate 48k -- utimer'],
  ['utimer create -- cat mus', 'utimer create -- cat music.wav'],
];

/** Lines that can go on in no way, or in several. */
const AMBIGUOUS: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['utimer list', ['list', 'listen']],
  ['utimer loopback ', ['status', 'load', 'point', 'reset', 'unload']],
  ['utimer listen --events res', ['resolution', 'resume']],
  ['utimer bridge --idle s', ['silence', 'stall']],
  ['utimer listen ', ['-1.0.0', '-1.4.7', '-1.4.12', '0.1.1']],
  ['utimer bridge --timer=-1.4.', ['-1.4.7', '-1.4.12']],
  // Any number, and no command.
  ['utimer listen --count l', []],
  ['utimer bridge --count', []],
  // A program stands behind -- only.
  ['utimer create utim', []],
];

describe.each(['bash', 'zsh'] as const)('In %s the tab key', (shell) => {
  let terminal: ShellTerminal;
  beforeAll(async () => {
    terminal = await ShellTerminal.open(shell, script(shell), where);
  });
  afterAll(() => terminal.close());

  it.each<Line>([
    ...LINES,
    // Timers begin like options.
    ['utimer bridge --timer -1.4.1', 'utimer bridge --timer -1.4.12'],
    ['utimer bridge --timer -1.0', 'utimer bridge --timer -1.0'],
    ['utimer bridge --sdp stage', 'utimer bridge --sdp stage\\ left.sdp'],
    ['utimer bridge --sdp=stage', 'utimer bridge --sdp=stage\\ left.sdp'],
  ])('behind %j gives %j', async (line, completed) => {
    const tabbed = await terminal.tab(line);
    // zsh says that a value may follow.
    expect(tabbed.line.trimEnd().replace(/(--\w+)=$/, '$1')).toBe(completed);
  });

  it.each(AMBIGUOUS)('behind %j shows %j', async (line, offered) => {
    const tabbed = await terminal.tab(line);
    expect(tabbed.line).toBe(line);
    for (const word of offered) expect(tabbed.shown).toContain(word);
  });

  it('offers no pattern for a card where there is none', async () => {
    const { line, shown } = await terminal.tab('utimer bridge --card ');
    expect(line + shown).not.toContain('*');
  });

  it.each(COMMANDS)('shows every option of $name', async (command) => {
    const { shown } = await terminal.tab(`utimer ${command.name} --`);
    for (const [name] of optionsOf(command)) expect(shown).toMatch(new RegExp(`--${name}\\b`));
    expect(shown).toContain('--version');
  });
});

describe('fish', () => {
  it.each<Line>([...LINES, ['utimer bridge --sdp=stage', 'utimer bridge --sdp=stage left.sdp']])(
    'makes of %j %j',
    (line, completed) => {
      const [offered, ...others] = offeredByFish(script('fish'), line, where);
      expect(others).toEqual([]);
      expect(completed.endsWith(`${offered}`)).toBe(true);
      expect(offered?.length).toBeGreaterThan(completed.length - line.length);
    },
  );

  it.each(AMBIGUOUS)('offers for %j %j', (line, offered) => {
    // It offers the word with the option that it begins with.
    const values = offeredByFish(script('fish'), line, where).map((word) => word.replace(/^--\w+=/, ''));
    expect(values.toSorted()).toEqual(offered.toSorted());
  });

  it.each([
    ['idle', ['silence at the pace of the cable', 'nothing, so that it waits']],
    ['fill', ['the last packet again, for up to 20 ms', 'silence']],
    // Words without a meaning of their own have that of the option.
    ['format', Array(2).fill('what packets hold; corrects a wrong --sdp')],
  ])('says what each value of --%s stands for', (option, meanings) => {
    const described = describedByFish(script('fish'), `utimer bridge --${option} `, where);
    expect(described.map(([, description]) => description)).toEqual(meanings);
  });

  it.each(COMMANDS)('offers every option of $name', (command) => {
    const offered = offeredByFish(script('fish'), `utimer ${command.name} --`, where);
    const options = [...optionsOf(command).map(([name]) => `--${name}`), '--help', '--version'];
    expect(offered.toSorted()).toEqual(options.toSorted());
  });
});
