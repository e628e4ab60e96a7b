// What is said of the commands: by --help, and by the manual page.
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../lib/cli/commands.js';
import { helpPage, overview } from '../../../lib/cli/pages/help-page.js';
import { manPage, roff } from '../../../lib/cli/pages/man-page.js';
import { paragraph, wrap } from '../../../lib/cli/pages/wrap.js';
import { type Command, optionsOf } from '../../../lib/cli/table/command.js';

const pages = COMMANDS.map((command) => ({ command, name: command.name }));

/** A page as one line, so that it does not matter where its lines are broken. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('Help', () => {
  it.each(pages)('of $name fits into 80 columns', ({ command }) => {
    const page = helpPage(command, `utimer ${command.name}`);
    for (const line of page.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(page).not.toMatch(/\n\n\n| \n/);
  });

  it.each(pages)(
    'of $name has each argument and option, with what it is for, and examples',
    ({ command }) => {
      const page = helpPage(command, command.name);
      const said = flat(page);
      for (const [name, { reader, help, default: standard }] of optionsOf(command)) {
        expect(page).toMatch(new RegExp(`^ {2}--${name}${reader ? ' \\S' : '(\\s|$)'}`, 'm'));
        expect(said).toContain(help);
        if (standard !== undefined) expect(said).toContain(`default: ${standard}`);
      }
      for (const [name, { help }] of Object.entries(command.arguments)) {
        expect(page).toMatch(new RegExp(`^ {2}${name.toUpperCase()} `, 'm'));
        expect(said).toContain(help);
      }
      expect(page).toMatch(/^ {2}-h, --help /m);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const [, says] of command.examples) expect(said).toContain(says);
    },
  );

  it('of all names the commands, and fits into 80 columns', () => {
    const page = overview(COMMANDS, 'utimer');
    for (const line of page.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    for (const { name, summary } of COMMANDS)
      expect(page).toMatch(new RegExp(`^ {2}${name} +${summary}$`, 'm'));
  });
});

describe('The manual page', () => {
  const page = manPage(COMMANDS, '1.2.3');

  it.each(COMMANDS)('has $name with its options', (command: Command) => {
    const [, section = ''] = page.split(`.SS utimer ${command.name}\n`);
    const [own = ''] = section.split(/^\.S[SH] /m);
    for (const [name, { help }] of optionsOf(command)) {
      expect(own).toContain(`\n.TP\n\\fB${roff(`--${name}`)}\\fR`);
      expect(own).toContain(roff(help));
    }
  });

  it('has its name and version, and what each command exits with', () => {
    expect(page).toContain('.TH UTIMER 1 "" "alsa\\-utimer 1.2.3" "User Commands"\n.');
    const [, exits = ''] = page.split('.SH EXIT STATUS\n');
    for (const { name } of COMMANDS) expect(exits).toContain(`\\fButimer ${name}\\fR`);
  });

  it('takes no text for a request, and no dash for a hyphen', () => {
    expect(roff(".SH 'a' --b\\c `d` ~")).toBe('\\&.SH \\(aqa\\(aq \\-\\-b\\ec \\(gad\\(ga \\(ti');
  });
});

describe('A text', () => {
  it('is broken between words, and a word that is too long stands alone', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a enormous b', 4)).toEqual(['a', 'enormous', 'b']);
    expect(wrap('one', 80)).toEqual(['one']);
  });

  it('stands behind its label where there is room', () => {
    expect(paragraph('text', 8, '  --a')).toBe('  --a   text');
    expect(paragraph('text', 8, '  --abc')).toBe('  --abc\n        text');
  });
});
