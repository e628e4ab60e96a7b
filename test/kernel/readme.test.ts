// The README's examples do what they say.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterEach, expect, it } from 'vitest';
import { LoopbackCard } from '../../lib/loopback/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}build/readme`;

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await LoopbackCard.unload();
});

it('the examples of the README run, and leave nothing open', async () => {
  const examples = [...readFileSync(`${root}README.md`, 'utf8').matchAll(/```ts\n(.*?)```/gs)];
  expect(examples).toHaveLength(2);
  mkdirSync(folder, { recursive: true });
  for (const [index, [, example = '']] of examples.entries()) {
    const { outputText } = ts.transpileModule(example, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    // In the tree, so that the package finds itself by its own name.
    const path = `${folder}/${index}.mjs`;
    writeFileSync(path, outputText);
    await import(/* @vite-ignore */ pathToFileURL(path).href);

    const open = LoopbackCard.find()
      .cables()
      .filter(({ playback, capture }) => playback || capture);
    expect(open).toEqual([]);
    expect(readFileSync('/proc/asound/timers', 'utf8')).not.toContain('G4:');
  }
});
