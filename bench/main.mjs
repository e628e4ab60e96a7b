// Runs each measurement's two sides in turn, several times, and reports medians, spread and ratio. A figure alone means
// nothing here, least of all under emulation; the ratio of two that ran in the same minute does.
import { readdirSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { drawPng } from '../scripts/lib/picture.mjs';
import { drawHistograms } from './picture.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    list: { type: 'boolean', default: false },
    picture: { type: 'string' },
    rounds: { type: 'string', default: '7' },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) stop('--rounds must be a whole number of at least 1');

const folder = new URL('cases/', import.meta.url);
const cases = (
  await Promise.all(
    readdirSync(folder)
      .sort()
      .map((file) => import(new URL(file, folder).href)),
  )
).flatMap((module) => module.default);
if (values.picture && !['.svg', '.png'].includes(extname(values.picture)))
  stop('--picture takes a .svg or a .png');
if (values.list) {
  for (const { name, what } of cases) console.log(`${name.padEnd(16)} ${what}`);
  process.exit(0);
}
const isCalled = (one, name) => one.name === name || one.group === name;
const unknown = positionals.filter((name) => !cases.some((one) => isCalled(one, name)));
if (unknown.length > 0) stop(`no measurement is called ${unknown.join(', ')}; --list names them`);

const chosen = cases.filter(
  (one) => positionals.length === 0 || positionals.some((name) => isCalled(one, name)),
);
const results = [];
console.log(`${'name'.padEnd(16)} ${'ours'.padStart(20)} ${'C'.padStart(20)}   ratio  aim`);
for (const one of chosen) {
  const result = await measure(one);
  results.push(result);
  const side = ({ median, min, max }) =>
    `${median.toFixed(0)} (${min.toFixed(0)}..${max.toFixed(0)})`.padStart(20);
  const verdict = result.met === undefined ? '' : result.met ? ' met' : ' MISSED';
  const aim = one.aim ?? one.most;
  const wanted = aim === undefined ? 'none' : `at most ${aim}`;
  const frames = ({ median }) => `${((one.frames * 1_000) / median).toFixed(1)} M`;
  const events = ({ median }) => ((one.events * 1e9) / median).toFixed(0);
  const speeds = one.frames
    ? `, ${frames(result.ours)} and ${frames(result.c)} frames a second`
    : one.events
      ? `, ${events(result.ours)} and ${events(result.c)} events a second`
      : '';
  console.log(
    `${one.name.padEnd(16)} ${side(result.ours)} ${side(result.c)}   ${result.ratio?.toFixed(2) ?? '  - '}   ${wanted}${verdict}  [${one.unit}${speeds}]`,
  );
  for (const line of result.report) console.log(line);
}
const aimed = results.filter(({ met }) => met !== undefined);
const missed = aimed.filter(({ met }) => !met).map(({ name }) => name);
console.log(
  `aims: ${aimed.length - missed.length} of ${aimed.length} met${missed.length > 0 ? `; missed: ${missed.join(', ')}` : ''}`,
);
if (values.picture) writePicture(values.picture);
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);

/** @param {string} path */
function writePicture(path) {
  const svg = drawHistograms(results.filter(({ histograms }) => histograms));
  writeFileSync(path, extname(path) === '.png' ? drawPng(svg) : svg);
  console.log(`picture: ${path}`);
}

/**
 * A case has open(), which returns { ours(), c(), close() }; both sides resolve with a figure in the case's unit. `aim` is
 * the ratio that is wanted; figures that may be zero have none, and `most` instead, for ours. `frames` is how many the unit
 * moves, and `events` how many it delivers, where that is of interest; the unit is nanoseconds then. What open() returns may
 * have more to say of all rounds: lines of a report(), and histograms() for the picture. A `group` names several cases.
 */
async function measure({ name, what, unit, aim, most, open }) {
  const sides = await open();
  try {
    const ours = [];
    const c = [];
    await sides.ours();
    await sides.c();
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await sides.ours());
      c.push(await sides.c());
    }
    const [first, second] = [summary(ours), summary(c)];
    const ratio = most === undefined ? first.median / second.median : undefined;
    // A missed aim is no failure: a busy machine misses them all.
    const [figure, limit] = ratio === undefined ? [first.median, most] : [ratio, aim];
    const met = limit === undefined ? undefined : figure <= limit;
    const report = sides.report?.() ?? [];
    const histograms = sides.histograms?.();
    return { name, what, unit, aim, most, rounds, ours: first, c: second, ratio, met, report, histograms };
  } finally {
    await sides.close();
  }
}

function summary(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1) };
}

function stop(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
