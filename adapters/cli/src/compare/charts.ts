import { HeatmapChart, LineChart } from 'echarts/charts';
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
import type { CompareRecord } from './record.js';

use([
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

const panel = { width: 360, height: 260, gap: 70, top: 60 } as const;

/** Perplexity by remaining parameters: a panel for each source, a line for each preset, from the dense model on. */
const qualityChart = ({ dense, rows, settings, chunk }: CompareRecord): string => {
  const sources = Object.keys(dense.perplexity);
  const presets = [...new Set(rows.map(({ preset }) => preset))];
  const left = (i: number): number => panel.gap + i * (panel.width + panel.gap);
  const line = (source: string, preset: string): [number, number][] => [
    [dense.parameters, dense.perplexity[source]!],
    ...settings.ratios
      .flatMap(ratio => rows.find(row => row.preset === preset && row.ratio === ratio) ?? [])
      .map(row => [row.parameters, row.perplexity[source]!.recovered.mean] as [number, number])
      .sort((a, b) => b[0] - a[0]),
  ];
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
        top: 30,
        textAlign: 'center' as const,
        textStyle: { fontSize: 13 },
      })),
    ],
    legend: { bottom: 0, data: presets },
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
      presets.map((preset, p) => ({
        type: 'line',
        name: preset,
        xAxisIndex: i,
        yAxisIndex: i,
        color: colours[p % colours.length]!,
        symbolSize: 7,
        data: line(source, preset),
        ...(p === 0
          ? {
              markLine: {
                silent: true,
                symbol: 'none',
                lineStyle: { color: '#888', type: 'dashed' as const },
                label: { formatter: 'dense', position: 'insideStartTop' as const },
                data: [{ yAxis: dense.perplexity[source]! }],
              },
            }
          : {}),
      })),
    ),
  });
};

/** Share of heads and channels that each layer keeps, mean over the seeds. */
const keptChart = ({ preset, ratio, seeds, kinds, layers, shares }: KeptLayers): string => {
  const cell = 34;
  return draw(140 + Math.max(8, layers) * cell, 110 + kinds.length * cell, {
    title: {
      text: `${preset}, ratio ${ratio}: % kept by layer`,
      subtext: seeds === 1 ? '' : `mean over ${seeds} seeds`,
      left: 'center',
      itemGap: 2,
      textStyle: { fontSize: 14 },
    },
    grid: { left: 90, right: 30, top: 48, height: kinds.length * cell },
    xAxis: {
      type: 'category',
      data: Array.from({ length: layers }, (_, i) => String(i)),
      name: 'layer',
      nameLocation: 'middle',
      nameGap: 24,
    },
    yAxis: { type: 'category', data: [...kinds], inverse: true },
    visualMap: { show: false, min: 0, max: 100, inRange: { color: ['#b2182b', '#f7f7f7', '#2166ac'] } },
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
