/** A diagnosis, as text or as lines of JSON. */
import type { CheckStatus } from '../../doctor/check.js';
import { type CheckResult, diagnose } from '../../doctor/diagnose.js';
import { reportOf, thisMachinesNames } from '../../doctor/report.js';
import { packageVersion } from '../../package-root.js';
import type { Io } from '../output/io.js';
import { json, print } from '../output/printing.js';
import { paragraph } from '../pages/wrap.js';

/** @returns the exit code: 1 where something failed */
export async function printDiagnosis(
  asJson: boolean,
  io: Io,
  results: AsyncIterable<CheckResult> = diagnose(),
): Promise<number> {
  if (!asJson) return (await printResults(io, results)).code;
  let code = 0;
  for await (const result of results) {
    if (result.status === 'fail') code = 1;
    await print(io, json(result));
    if (io.signal.aborted) return 1;
  }
  return code;
}

/** In words. */
export async function printResults(
  io: Io,
  results: AsyncIterable<CheckResult>,
): Promise<{ readonly code: number; readonly results: readonly CheckResult[] }> {
  const counts: Record<CheckStatus, number> = { ok: 0, warn: 0, fail: 0, skip: 0 };
  const printed: CheckResult[] = [];
  for await (const result of results) {
    counts[result.status] += 1;
    printed.push(result);
    await print(io, inWords(result));
    if (io.signal.aborted) return { code: 1, results: printed };
  }
  await print(io, `\n${summary(counts)}`);
  return { code: counts.fail > 0 ? 1 : 0, results: printed };
}

/** As text for whoever is asked for help. */
export async function printReport(io: Io, results: AsyncIterable<CheckResult> = diagnose()): Promise<number> {
  const found: CheckResult[] = [];
  for await (const result of results) {
    found.push(result);
    if (io.signal.aborted) return 1;
  }
  await print(io, reportOf(found, packageVersion(), thisMachinesNames()));
  return found.some(({ status }) => status === 'fail') ? 1 : 0;
}

const WORDS: Readonly<Record<CheckStatus, string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL', skip: '-' };
const STATUS_WIDTH = 6;
const ID_WIDTH = 16;

function inWords({ id, status, seen, why, next, help }: CheckResult): string {
  const label = WORDS[status].padEnd(STATUS_WIDTH) + id;
  const found = paragraph(seen, STATUS_WIDTH + ID_WIDTH, label);
  if (status === 'ok' || status === 'skip') return found;
  return [found, ...[why, ...next, `See ${help}`].map(stepLine)].join('\n');
}

/** A line for a shell stays whole, so that it can be pasted. */
function stepLine(step: string): string {
  return step.startsWith('$ ') ? `${' '.repeat(STATUS_WIDTH + 2)}${step}` : paragraph(step, STATUS_WIDTH);
}

function summary({ fail, warn }: Record<CheckStatus, number>): string {
  const warnings = warn === 0 ? '' : `, ${warn} warning${warn === 1 ? '' : 's'}`;
  if (fail === 0) return `Userspace-driven timers and cables work here${warnings}.`;
  return `${fail} check${fail === 1 ? '' : 's'} failed${warnings}: begin with the first.`;
}
