// Draws what the second act measured, as an SVG and as a PNG: draw.mjs RESULTS FOLDER
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { axis, drawPng, drawSvg } from '../lib/picture.mjs';

/**
 * @typedef {object} Picture
 * @property {number} ppm by which the sender's clock was fast
 * @property {number} rate Hz
 * @property {number} periodFrames
 * @property {{ name: string, line: [seconds: number, frames: number | null][],
 *   troubles: { seconds: number, kind: 'skip' | 'xrun' | 'loss', frames: number }[] }[]} runs frames by which the stream was
 *   ahead of what was heard, over seconds of audio; null where a line is broken
 */

const WIDTH = 960;
const HEIGHT = 560;
const COLORS = ['#1a7f5a', '#c2410c'];
const MARKS = {
  skip: { name: 'packet without room', symbol: 'triangle' },
  xrun: { name: 'xrun', symbol: 'diamond' },
  loss: { name: 'packet lost on the way', symbol: 'rect' },
};

/**
 * The value of a line at a time, 0 where it has none.
 *
 * @param {Picture['runs'][number]['line']} line
 * @param {number} time
 */
function valueAt(line, time) {
  const nearest = line
    .filter(([, value]) => value !== null)
    .sort(([one], [other]) => Math.abs(one - time) - Math.abs(other - time));
  return nearest[0]?.[1] ?? 0;
}

/** @param {Picture} picture */
function drift({ ppm, rate, periodFrames, runs }) {
  const series = runs.flatMap(({ name, line, troubles }, index) => [
    {
      ...{ name, type: 'line', data: line, symbol: 'none' },
      ...{ color: COLORS[index], lineStyle: { width: 2.5 } },
    },
    ...Object.entries(MARKS).flatMap(([kind, mark]) => {
      const data = troubles
        .filter((trouble) => trouble.kind === kind)
        .map(({ seconds }) => [seconds, valueAt(line, seconds)]);
      if (data.length === 0) return [];
      const label = `${name}: ${mark.name} (${data.length})`;
      return {
        name: label,
        type: 'scatter',
        symbol: mark.symbol,
        symbolSize: 11,
        data,
        color: COLORS[index],
      };
    }),
  ]);
  const times = runs.flatMap(({ line, troubles }) => [
    ...line.map(([seconds]) => seconds),
    ...troubles.map(({ seconds }) => seconds),
  ]);
  /** @type {any} */
  const option = {
    title: {
      ...{ left: 'center', top: 14, text: 'One stream, two cables, two listeners (arecord)' },
      subtext:
        `The sender's clock is ${ppm} ppm fast: ${((ppm * rate) / 1e6).toFixed(1)} frames a second. ` +
        `A period is ${periodFrames} frames.`,
      ...{ textStyle: { fontSize: 18, color: '#111' }, subtextStyle: { fontSize: 13, color: '#444' } },
    },
    // A row for each run, in which its name need not be said again.
    legend: runs.map((run, index) => ({
      ...{ bottom: 14 + 28 * (runs.length - 1 - index), itemGap: 24, textStyle: { color: '#222' } },
      data: series.map(({ name }) => name).filter((name) => name.startsWith(run.name)),
      formatter: (name) => name.replace(`${run.name}: `, ''),
    })),
    grid: { left: 80, right: 40, top: 88, bottom: 76 + 28 * runs.length },
    xAxis: { type: 'value', ...axis('seconds of audio', 30), max: Math.ceil(Math.max(...times)) },
    yAxis: { type: 'value', ...axis('frames by which the stream is ahead of its listener', 54) },
    series,
  };
  return drawSvg(option, { width: WIDTH, height: HEIGHT });
}

const [results, folder] = process.argv.slice(2);
const svg = drift(JSON.parse(readFileSync(results, 'utf8')));
for (const [name, bytes] of Object.entries({ 'drift.svg': svg, 'drift.png': drawPng(svg) })) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  console.log(`picture              ${relative(process.cwd(), path)}`);
}
