// Charts as SVG and PNG, on a machine that has neither a screen nor fonts.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { init, setPlatformAPI } from 'echarts';

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
 * @param {import('echarts').EChartsOption} option
 * @param {{ width: number, height: number }} size
 */
export function drawSvg(option, size) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, fontSize: 13 },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** @param {string} svg of {@link drawSvg} */
export function drawPng(svg) {
  const font = { loadSystemFonts: false, fontDirs: [FONTS], defaultFontFamily: FONT };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng();
}

/**
 * @param {string} name
 * @param {number} nameGap
 */
export function axis(name, nameGap) {
  return {
    ...{ name, nameGap, nameLocation: 'middle' },
    ...{ axisLabel: { color: '#222' }, nameTextStyle: { color: '#222' } },
  };
}
