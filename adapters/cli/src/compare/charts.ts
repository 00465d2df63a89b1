import { CustomChart, type CustomSeriesOption, HeatmapChart, LineChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type KeptLayers, keptLayers } from './kept-layers.js';
import { type QualityPoint, qualityLines } from './quality-lines.js';
import type { CompareRecord } from './record.js';

use([
  CustomChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  SVGRenderer,
  TitleComponent,
  VisualMapComponent,
]);

/** The charts as SVG, by file name. */
export const chartsOf = (record: CompareRecord): ReadonlyMap<string, string> =>
  new Map([
    ['quality.svg', qualityChart(record)],
    ...keptLayers(record.cells).map(
      kept => [`kept-${encodeURIComponent(kept.preset)}-${kept.ratio}.svg`, keptChart(kept)] as const,
    ),
  ]);

const panel = { width: 360, height: 260, gap: 70, top: 72 } as const;

/** Perplexity by remaining parameters: a panel for each source, a line for each preset, a whisker for each interval. */
const qualityChart = (record: CompareRecord): string => {
  const { dense, chunk } = record;
  const sources = Object.keys(dense.perplexity);
  const lines = qualityLines(record);
  const left = (i: number): number => panel.gap + i * (panel.width + panel.gap);
  return draw(left(sources.length), panel.top + panel.height + 90, {
    title: [
      {
        text: `Perplexity at chunk ${chunk} by remaining parameters`,
        left: 'center',
        textStyle: { fontSize: 15 },
      },
      ...sources.map((name, i) => ({
        text: name,
        left: left(i) + panel.width / 2,
        top: 42,
        textAlign: 'center' as const,
        textStyle: { fontSize: 13 },
      })),
    ],
    legend: { bottom: 0, itemGap: 24, data: lines.map(({ label }) => label) },
    grid: sources.map((_, i) => ({
      left: left(i),
      top: panel.top,
      width: panel.width,
      height: panel.height,
    })),
    xAxis: sources.map((_, gridIndex) => ({
      type: 'value',
      gridIndex,
      scale: true,
      name: 'parameters',
      nameLocation: 'middle',
      nameGap: 28,
      splitNumber: 4,
      axisLabel: { formatter: (n: number) => compact(n) },
    })),
    yAxis: sources.map((_, gridIndex) => ({ type: 'value', gridIndex, scale: true })),
    series: sources.flatMap((source, i) =>
      lines.flatMap(({ label, points }, p) => {
        const axes = { xAxisIndex: i, yAxisIndex: i, color: colours[p % colours.length]! };
        const own = points[source]!;
        return [
          {
            type: 'line' as const,
            name: label,
            ...axes,
            symbolSize: 7,
            data: own.map(({ parameters, perplexity }) => [parameters, perplexity]),
            ...(p === 0 ? { markLine: denseLine(dense.perplexity[source]!) } : {}),
          },
          {
            type: 'custom' as const,
            ...axes,
            data: intervals(own),
            encode: { x: 0, y: [1, 2] },
            renderItem: whisker(axes.color),
          },
        ];
      }),
    ),
  });
};

const denseLine = (perplexity: number) => ({
  silent: true,
  symbol: 'none',
  lineStyle: { color: '#888', type: 'dashed' as const },
  label: { formatter: 'dense', position: 'insideStartTop' as const },
  data: [{ yAxis: perplexity }],
});

/** [x, low, high] of every interval. */
const intervals = (points: readonly QualityPoint[]): number[][] =>
  points.flatMap(({ parameters, perplexity, half }) =>
    half === null ? [] : [[parameters, perplexity - half, perplexity + half]],
  );

const whisker =
  (stroke: string): NonNullable<CustomSeriesOption['renderItem']> =>
  (_, api) => {
    const at = (value: number): number[] => api.coord([api.value(0), value]);
    const [[x, low], [, high]] = [at(api.value(1) as number), at(api.value(2) as number)] as [
      [number, number],
      [number, number],
    ];
    const cap = (y: number) => ({
      type: 'line' as const,
      shape: { x1: x - 4, x2: x + 4, y1: y, y2: y },
      style: { stroke },
    });
    return {
      type: 'group',
      children: [
        { type: 'line', shape: { x1: x, x2: x, y1: low, y2: high }, style: { stroke } },
        cap(low),
        cap(high),
      ],
    };
  };

/** Share of heads and channels that each layer keeps, mean over the seeds. */
const keptChart = ({ preset, ratio, seeds, kinds, layers, shares }: KeptLayers): string => {
  const cell = 34;
  return draw(140 + Math.max(8, layers) * cell, 120 + kinds.length * cell, {
    title: {
      text: `${preset}, ratio ${ratio}: % kept by layer`,
      subtext: seeds === 1 ? '' : `mean over ${seeds} seeds`,
      left: 'center',
      itemGap: 2,
      textStyle: { fontSize: 14 },
    },
    grid: { left: 90, right: 30, top: 58, height: kinds.length * cell },
    xAxis: {
      type: 'category',
      data: Array.from({ length: layers }, (_, i) => String(i)),
      name: 'layer',
      nameLocation: 'middle',
      nameGap: 24,
    },
    yAxis: { type: 'category', data: [...kinds], inverse: true },
    visualMap: { show: false, min: 0, max: 100, inRange: { color: ['#ffffff', '#4393c3'] } },
    series: [
      {
        type: 'heatmap',
        data: shares.flatMap((row, kind) =>
          row.map((share, layer) => [layer, kind, Math.round(100 * share)]),
        ),
        label: { show: true, fontSize: 11 },
        itemStyle: { borderColor: '#fff', borderWidth: 1 },
      },
    ],
  });
};

const colours = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#f0e442',
] as const;

const compact = (n: number): string =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(n);

const draw = (
  width: number,
  height: number,
  option: Parameters<ReturnType<typeof init>['setOption']>[0],
): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, backgroundColor: '#fff', ...option });
  const svg = chart.renderToSVGString();
  // Else its timers keep the process from ending.
  chart.dispose();
  return `${svg}\n`;
};
