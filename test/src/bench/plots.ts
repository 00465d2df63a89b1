import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type BenchRecord, figuresOf, type Growth, hasFailed } from './record.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const kinds = {
  step: { unit: 'seconds a step', of: 'stepSeconds' },
  rate: { unit: 'tokens a second', of: 'tokensPerSecond' },
  peak: { unit: 'share of the sgemm peak', of: 'fractionOfPeak' },
} as const;

/** The growth curves as SVG, by file name. */
export const plots = (record: BenchRecord): ReadonlyMap<string, string> =>
  new Map(
    record.growth.flatMap(growth =>
      Object.entries(kinds).map(([kind, { unit, of }]) => [
        `${growth.extent}-${kind}.svg`,
        draw(growth, unit, lines(growth, of)),
      ]),
    ),
  );

type Point = readonly [x: number, y: number];

/** Points of every side, by its name. */
const lines = (
  { extent, races }: Growth,
  figure: (typeof kinds)[keyof typeof kinds]['of'],
): ReadonlyMap<string, readonly Point[]> => {
  const found = new Map<string, Point[]>();
  for (const race of races)
    for (const contender of race.contenders) {
      if (hasFailed(contender)) continue;
      const points = found.get(contender.name) ?? [];
      points.push([race.size[extent], figuresOf(race, contender)[figure]]);
      found.set(contender.name, points);
    }
  return found;
};

const draw = ({ extent }: Growth, unit: string, sides: ReadonlyMap<string, readonly Point[]>): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 480, height: 300 });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: `${unit}, by ${extent}`, left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0 },
    grid: { left: 60, right: 30, top: 40, bottom: 60 },
    xAxis: { type: 'value', name: extent, nameLocation: 'middle', nameGap: 24 },
    yAxis: { type: 'value', min: 0 },
    series: [...sides].map(([name, data]) => ({ type: 'line', name, data })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
};
