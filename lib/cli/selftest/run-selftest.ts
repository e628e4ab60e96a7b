/** Runs the conformance cases on this machine, and leaves it as it was. */
import { availableParallelism } from 'node:os';
import type { Writable } from 'node:stream';
import { thisMachine } from '../../doctor/machine.js';
import { LoopbackCard } from '../../loopback/card.js';
import { isLoopbackLoaded } from '../../loopback/module.js';
import { choose, loadCases, missingIn } from '../../selftest/bundle.js';
import { differencesOf } from '../../selftest/card-defaults.js';
import type { CaseFile } from '../../selftest/collect.js';
import {
  checkSurroundings,
  disturbances,
  type Surroundings,
  whyCardless,
} from '../../selftest/conditions.js';
import { defectsHere, reasonToSkip } from '../../selftest/hazards.js';
import { caseName, KtapReport } from '../../selftest/ktap.js';
import { runFiles } from '../../selftest/run.js';
import { takeTurn } from '../../selftest/turn.js';
import { type Io, onInterrupt } from '../output/io.js';
import { print } from '../output/printing.js';
import { StatusLine } from '../output/status-line.js';
import { quoted, UsageError } from '../table/usage-error.js';

export interface SelftestOptions {
  readonly only: string | undefined;
  readonly list: boolean;
  readonly mayCrash: boolean;
}

export async function runSelftest({ only, list, mayCrash }: SelftestOptions, io: Io): Promise<number> {
  const all = await loadCases();
  const missing = missingIn(all, only);
  if (missing !== undefined)
    throw new UsageError(`no case is called ${quoted(missing)}: \`utimer selftest --list\` shows all`);
  const files = choose(all, only);
  if (list) {
    for (const name of namesOf(files)) await print(io, name);
    return 0;
  }
  const turn = takeTurn();
  try {
    const machine = thisMachine();
    const surroundings = { machine, isLoopbackLoaded: isLoopbackLoaded(), differences: differencesOf };
    checkSurroundings(surroundings);
    return await runHere(files, surroundings, mayCrash, io);
  } finally {
    turn?.close();
  }
}

async function runHere(
  files: readonly CaseFile[],
  surroundings: Surroundings,
  mayCrash: boolean,
  { stdout, stderr, signal }: Io,
): Promise<number> {
  const { machine, isLoopbackLoaded: wasLoaded } = surroundings;
  const total = namesOf(files).length;
  const disturbed = disturbances(surroundings).map((sentence) => `- ${sentence}\n`);
  stderr.write(`${total} cases on Linux ${machine.release}. What they disturb:\n${disturbed.join('')}`);
  const here = {
    ...{ defects: defectsHere(machine), processors: availableParallelism(), mayCrash },
    cardless: whyCardless(surroundings),
  };
  const status = new StatusLine(stderr);
  const report = new KtapReport((line) => {
    // Both may be the same terminal.
    status.clear();
    stdout.write(`${line}\n`);
  });
  let begun = 0;
  using _interrupt = onInterrupt(signal, () =>
    status.print('Ending behind this case, to leave the machine as it was. Once more ends it at once.'),
  );
  try {
    await runFiles(files, report, {
      signal,
      skip: (name) => reasonToSkip(name, here),
      async begins(name) {
        begun += 1;
        if (!isTerminal(stderr)) return;
        if (isTerminal(stdout)) await taken(stdout);
        status.show([name, `case ${begun} of ${total}`]);
      },
    });
  } finally {
    status.clear();
    // Where a case was given up that had it loaded.
    if (!wasLoaded && isLoopbackLoaded()) await LoopbackCard.unload();
  }
  return report.ok ? 0 : 1;
}

const isTerminal = (stream: Writable) => (stream as Partial<NodeJS.WriteStream>).isTTY === true;

/** Once all that was printed before is shown. */
const taken = (stream: Writable) => new Promise<void>((resolve) => stream.write('', () => resolve()));

const namesOf = (files: readonly CaseFile[]) =>
  files.flatMap(({ cases }) => cases.map(({ about, name }) => caseName(about, name)));
