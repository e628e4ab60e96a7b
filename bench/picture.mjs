// Histograms of how late ticks were, a row for each measurement.
import { axis, drawSvg } from '../scripts/lib/picture.mjs';
import { duration } from './distribution.mjs';

const COLORS = { pacer: '#1a7f5a', C: '#1d4ed8', hrtimer: '#6b7280', setInterval: '#c2410c' };
const WIDTH = 960;
const ROW = 230;
const TOP = 90;

/** @param {{ name: string, histograms: { side: string, bars: [ns: number, share: number][] }[] }[]} measured */
export function drawHistograms(measured) {
  const rows = measured.map(({ name, histograms }, row) => ({
    grid: { left: 80, right: 40, top: TOP + row * ROW, height: ROW - 90 },
    title: { text: name, left: 80, top: TOP + row * ROW - 26, textStyle: { fontSize: 14, color: '#111' } },
    xAxis: {
      ...{ type: 'log', logBase: 10, gridIndex: row, min: 100, ...axis('later than the earliest tick', 26) },
      axisLabel: { color: '#222', formatter: duration },
    },
    yAxis: { type: 'value', gridIndex: row, ...axis('share of ticks, %', 44) },
    series: histograms.map(({ side, bars }) => ({
      ...{ name: side, type: 'line', step: 'end', symbol: 'none', xAxisIndex: row, yAxisIndex: row },
      ...{ color: COLORS[side], lineStyle: { width: 2 } },
      data: bars.map(([ns, share]) => [ns, share * 100]),
    })),
  }));
  const title = {
    ...{
      text: 'How late ticks of a timer are',
      left: 'center',
      top: 10,
      textStyle: { fontSize: 18, color: '#111' },
    },
  };
  /** @type {any} */
  const option = {
    title: [title, ...rows.map((row) => row.title)],
    legend: { top: 36, data: Object.keys(COLORS), textStyle: { color: '#222' } },
    grid: rows.map((row) => row.grid),
    xAxis: rows.map((row) => row.xAxis),
    yAxis: rows.map((row) => row.yAxis),
    series: rows.flatMap((row) => row.series),
  };
  return drawSvg(option, { width: WIDTH, height: TOP + rows.length * ROW });
}
