// The examples of the README, of docs/, of the documentation comments and of examples/ do what they say, and leave nothing open.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LoopbackCard } from '../../lib/loopback/index.js';
import { describeStream } from '../../lib/rtp/index.js';
import {
  documents,
  type Example,
  examplesOfComments,
  examplesOfDocument,
  marked,
  moduleOf,
  neverShown,
  saysWhatItPrints,
  transpiled,
} from '../support/doc-examples.js';
import { wav } from '../support/wav-files.js';

const SDP = describeStream({
  ...({ encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96 } as const),
  ...{ address: '127.0.0.1', port: 5004, packetFrames: 48 },
});

const root = fileURLToPath(new URL('../../', import.meta.url));
// In the tree, so that the package finds itself by its own name.
const folder = `${root}build/examples`;

const before = process.cwd();
const run = promisify(execFile);

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  // Where the examples look for files.
  process.chdir(folder);
  writeFileSync('audio.raw', new Uint8Array(480 * 4));
  writeFileSync('music.raw', new Uint8Array(480 * 4));
  writeFileSync('music.wav', wav({ data: new Uint8Array(480 * 4) }));
  writeFileSync('stage-left.sdp', SDP);
  execFileSync('ip', ['route', 'add', '239.0.0.0/8', 'dev', 'lo']);
  await LoopbackCard.load();
});
afterAll(async () => {
  execFileSync('ip', ['route', 'del', '239.0.0.0/8', 'dev', 'lo']);
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
  await LoopbackCard.unload();
});

interface Run {
  readonly printed: string[];
  /** Which of its console.log it came to, counted from 0. */
  readonly reached: ReadonlySet<number>;
}

/** Runs JavaScript as a module of its own. `hear` is told at once what it prints. */
async function runExample(
  name: string,
  javaScript: string,
  hear: (text: unknown) => void = () => {},
): Promise<Run> {
  const path = `${folder}/${name.replaceAll(/\W/g, '-')}.mjs`;
  writeFileSync(path, marked(javaScript));
  const printed = vi.spyOn(console, 'log').mockImplementation(hear);
  const reached = new Set<number>();
  vi.stubGlobal('reached', (index: number) => {
    reached.add(index);
    return console.log;
  });
  try {
    await import(/* @vite-ignore */ pathToFileURL(path).href);
    return { printed: printed.mock.calls.map(([text, ...values]) => format(text, ...values)), reached };
  } finally {
    printed.mockRestore();
    vi.unstubAllGlobals();
  }
}

function expectNothingOpen(): void {
  const cables = LoopbackCard.find().cables();
  expect(cables.filter(({ playback, capture }) => playback || capture)).toEqual([]);
  expect(readFileSync('/proc/asound/timers', 'utf8')).not.toContain('G4:');
}

const examples = documents(root).flatMap((file) =>
  examplesOfDocument(file, readFileSync(`${root}${file}`, 'utf8')).map(
    ({ name, language, source }) =>
      // Plain JavaScript is for the oldest Node.
      [name, language === 'js' ? source : transpiled(source)] as const,
  ),
);

describe('The documentation', () => {
  it.each(examples)('has an example that runs: %s', async (name, source) => {
    const listeners: Promise<unknown>[] = [];
    const { printed } = await runExample(name, source, (text) => {
      // One that ends by itself.
      if (/^arecord .* -d \d/.test(String(text))) listeners.push(run('sh', ['-c', String(text)]));
    });
    await Promise.all(listeners);
    expect(saysWhatItPrints({ name, source }, printed)).toEqual([]);
    expectNothingOpen();
  });

  it('begins with one that has been heard to the last frame', () => {
    const recorded = readFileSync('out.wav');
    expect(recorded).toHaveLength(44 + 48_000 * 4);
    // Noise has no silence.
    expect(recorded.indexOf(Buffer.alloc(16), 44)).toBe(-1);
  });
});

const printedBy = {
  'bridge.ts': '12000 frames, equal: true',
  'loopback-tone.ts': '48000 frames, equal: true',
};

const comments = examplesOfComments(root);

describe('The documentation comments', () => {
  it('have examples', () => {
    expect(comments.length).toBeGreaterThan(30);
  });

  it.each(comments.map((example): [string, Example] => [example.name, example]))(
    'have in %s an example that runs, and says what it prints',
    async (name, example) => {
      const loads = example.source.includes('LoopbackCard.load(');
      if (loads) await LoopbackCard.unload();
      const { printed, reached } = await runExample(name, transpiled(moduleOf(example, SDP)));
      expect(saysWhatItPrints(example, printed)).toEqual([]);
      expect(neverShown(example, reached)).toEqual([]);
      expectNothingOpen();
      if (!loads) return;
      await LoopbackCard.unload();
      await LoopbackCard.load();
    },
  );
});

describe('examples/', () => {
  it('has every example here', () => {
    expect(readdirSync(`${root}examples`)).toEqual(Object.keys(printedBy));
  });

  it.each(Object.entries(printedBy))('%s says that what was sent was heard', async (file, words) => {
    const { printed } = await runExample(file, transpiled(readFileSync(`${root}examples/${file}`, 'utf8')));
    expect(printed).toContain(words);
    expectNothingOpen();
  });
});
