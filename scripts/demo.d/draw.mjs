// Draws what the second act measured, as an SVG and as a PNG: draw.mjs RESULTS FOLDER
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { init, setPlatformAPI } from 'echarts';

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
// A bare machine has no fonts at all.
const FONT = 'DejaVu Sans';
const FONTS = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));

// There is no canvas to ask: DejaVu's letters are this wide on average.
setPlatformAPI({
  measureText: (text, font = '') => {
    const [, pixels] = /([\d.]+)px/.exec(font) ?? [];
    return { width: text.length * 0.62 * (Number(pixels) || 12) };
  },
});

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
function drawSvg({ ppm, rate, periodFrames, runs }) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
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
  const axis = (name, nameGap) => ({
    ...{ type: 'value', name, nameGap, nameLocation: 'middle' },
    ...{ axisLabel: { color: '#222' }, nameTextStyle: { color: '#222' } },
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, fontSize: 13 },
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
    xAxis: { ...axis('seconds of audio', 30), max: Math.ceil(Math.max(...times)) },
    yAxis: axis('frames by which the stream is ahead of its listener', 54),
    series,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function drawPng(svg) {
  const font = { loadSystemFonts: false, fontDirs: [FONTS], defaultFontFamily: FONT };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng();
}

const [results, folder] = process.argv.slice(2);
const svg = drawSvg(JSON.parse(readFileSync(results, 'utf8')));
for (const [name, bytes] of Object.entries({ 'drift.svg': svg, 'drift.png': drawPng(svg) })) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  console.log(`picture              ${relative(process.cwd(), path)}`);
}
