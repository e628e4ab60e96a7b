// The command lines in documents are ones that the tables take.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../lib/cli/commands.js';
import { optionsOf } from '../../../lib/cli/table/command.js';
import { parse } from '../../../lib/cli/table/parse.js';

const root = new URL('../../../', import.meta.url);
const documents = [
  'README.md',
  ...readdirSync(new URL('docs', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('reference/'))
    .map((name) => `docs/${name}`),
];

const called = new Map(COMMANDS.map((command) => [`utimer ${command.name}`, command] as const));

/** The commands of ours in the blocks of a document that are for a shell. */
function linesOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
  return lines
    .map((line) => line.replace(/ +#.*$/, ''))
    .flatMap((line) => line.split(/ \| | >/))
    .map((line) => line.trim().replace(/^(?:sudo )?(?:npx (?:--no )?)?/, ''))
    .filter((line) => /^utimer /.test(line));
}

describe('The options that code and messages name', () => {
  const files = readdirSync(new URL('lib/cli', root), { recursive: true, encoding: 'utf8' });
  const named = files
    .filter((name) => name.endsWith('.ts') && !name.startsWith('completion/'))
    .flatMap((name) =>
      [...readFileSync(new URL(`lib/cli/${name}`, root), 'utf8').matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(
        ([, option = '']) => [name, option] as const,
      ),
    );
  /** Of arecord, of npm, and of npx. */
  const foreign = ['period-size', 'save-dev', 'no'];

  it.each(named)('exist: %s names --%s', (_, option) => {
    const known = [...called.values()].flatMap((command) => optionsOf(command).map(([name]) => name));
    expect([...known, ...foreign, 'help', 'version', 'option']).toContain(option);
  });
});

describe('The command lines', () => {
  const found = documents.flatMap((name) =>
    linesOf(readFileSync(new URL(name, root), 'utf8')).map((line) => [name, line] as const),
  );

  it.each(found)('of %s are understood: %s', (_, line) => {
    const [name, command] = [...called].find(([known]) => `${line} `.startsWith(`${known} `)) ?? [];
    expect(name).toBeDefined();
    if (command)
      expect(() => parse(command, line.slice(name?.length).split(' ').filter(Boolean))).not.toThrow();
  });

  it('are in the documents that have them', () => {
    expect(found.length).toBeGreaterThan(15);
  });
});
