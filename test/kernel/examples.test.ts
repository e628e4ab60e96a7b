// The examples of the README and of examples/ do what they say, and leave nothing open.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LoopbackCard } from '../../lib/loopback/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
// In the tree, so that the package finds itself by its own name.
const folder = `${root}build/examples`;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  await LoopbackCard.load();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await LoopbackCard.unload();
});

/** Runs TypeScript as a module of its own and returns what it printed. */
async function runExample(name: string, source: string): Promise<string> {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const path = `${folder}/${name}.mjs`;
  writeFileSync(path, outputText);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ pathToFileURL(path).href);
    return printed.mock.calls.map((words) => words.join(' ')).join('\n');
  } finally {
    printed.mockRestore();
  }
}

function expectNothingOpen(): void {
  const cables = LoopbackCard.find().cables();
  expect(cables.filter(({ playback, capture }) => playback || capture)).toEqual([]);
  expect(readFileSync('/proc/asound/timers', 'utf8')).not.toContain('G4:');
}

const examples = ['README.md', 'docs/bridge.md'].flatMap((file) =>
  [...readFileSync(`${root}${file}`, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
    ([, source = ''], index) => [file, index + 1, source] as const,
  ),
);

describe('The documentation', () => {
  it.each(examples)('has in %s an example %i that runs', async (file, index, source) => {
    await runExample(`${file.replaceAll(/\W/g, '-')}-${index}`, source);
    expectNothingOpen();
  });
});

const printedBy = {
  'bridge.ts': '12000 frames, equal: true',
  'loopback-tone.ts': '48000 frames, equal: true',
};

describe('examples/', () => {
  it('has every example here', () => {
    expect(readdirSync(`${root}examples`)).toEqual(Object.keys(printedBy));
  });

  it.each(Object.entries(printedBy))('%s says that what was sent was heard', async (file, words) => {
    const printed = await runExample(
      file.replace('.ts', ''),
      readFileSync(`${root}examples/${file}`, 'utf8'),
    );
    expect(printed).toBe(words);
    expectNothingOpen();
  });
});
