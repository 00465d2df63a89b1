import test from 'ava';
import { comparisonTable } from './comparison-table.js';

const page = `# Comparison

## Ratio 0.5

| preset | class | parameters | FLOPs | sea | sea, at the cut | mean | mean, at the cut | speed | time | peak memory | rate |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| dense | - | 10 | 1G | 2.00 | - | 3.00 | - | 1.00 | - | - | - |
| mine | structured | 5 | 1G | 4.00 ± 1.00 | 9.00 | 5.00 ± 1.00 | 8.00 | 1.50 | 3 s | 9 MiB | 0.01 |
| other | structured | 5 | 1G | 6.00 ± 1.00 | 9.00 | 7.00 ± 1.00 | 8.50 | 1.50 | 4 s | 9 MiB | 0.02 |

## Ratio 0.5, unstructured

| preset | class | sea | sea, at the cut |
| --- | --- | --- | --- |
| zeros | unstructured | 8.00 | 8.00 |

## Against mine

| preset | ratio 0.2 | ratio 0.5 |
| --- | --- | --- |
| other | +1.0 % | +40.0 % |
`;

test('perplexities after recovery, one at the cut, time, rate and the difference', t => {
  t.is(
    comparisonTable(page, '0.5'),
    [
      '| preset | sea | mean | at the cut | time | rate | against mine |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      '| dense | 2.00 | 3.00 | - | - | - | - |',
      '| mine | 4.00 ± 1.00 | 5.00 ± 1.00 | 8.00 | 3 s | 0.01 | - |',
      '| other | 6.00 ± 1.00 | 7.00 ± 1.00 | 8.50 | 4 s | 0.02 | +40.0 % |',
    ].join('\n'),
  );
});

test('without differences there is no such column; a ratio that is not there is an error', t => {
  const alone = page.split('## Against')[0]!;
  t.is(comparisonTable(alone, '0.5').split('\n')[0], '| preset | sea | mean | at the cut | time | rate |');
  t.is(comparisonTable(page, '0.5, unstructured').split('\n').at(-1), '| zeros | 8.00 | 8.00 |');
  t.throws(() => comparisonTable(page, '0.2'), { message: /there is no table/ });
});
