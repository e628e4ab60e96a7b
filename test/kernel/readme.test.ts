// The README's example does what it says.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterEach, expect, it } from 'vitest';
import { Pcm } from '../../lib/index.js';
import { LoopbackCard } from '../../lib/loopback/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}build/readme`;

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await LoopbackCard.unload();
});

it('the example of the README moves its period to the listener, and leaves nothing open', async () => {
  const example = /```ts\n(.*?)```/s.exec(readFileSync(`${root}README.md`, 'utf8'))?.[1] as string;
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  mkdirSync(folder, { recursive: true });
  // In the tree, so that the package finds itself by its own name.
  writeFileSync(`${folder}/example.mjs`, outputText);
  await import(/* @vite-ignore */ pathToFileURL(`${folder}/example.mjs`).href);

  const card = LoopbackCard.find();
  expect(card.timerSource).toBe('-1.4.0');
  expect(card.cables().filter(({ playback, capture }) => playback || capture)).toEqual([]);
  expect(() =>
    Pcm.open({
      card: card.number,
      device: 1,
      substream: 0,
      direction: 'capture',
      format: 'S16_LE',
      rate: 48_000,
      channels: 2,
      periodFrames: 480,
    }),
  ).toThrow(expect.objectContaining({ code: 'ENODEV' }));
});
