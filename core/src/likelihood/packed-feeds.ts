import { positionsName, trunksName } from '../graph/with-branches.js';
import { documentsName } from '../graph/with-documents.js';
import type { Feeds } from '../ports/engine.js';
import type { Layout } from './layout.js';

/**
 * Feeds of one sequence of `sequence` positions in which `rows` tokens are predicted at most: predictions follow the order
 * of the layouts, and within one that of its texts. Padding is of document −1, and rows without a prediction count 0.
 */
export const packedFeeds = (layouts: readonly Layout[], sequence: number, rows: number): Feeds => {
  const ids = new BigInt64Array(sequence);
  const positions = new BigInt64Array(sequence);
  const [documents, trunks] = [new Float32Array(sequence).fill(-1), new Float32Array(sequence).fill(-1)];
  const [at, targets] = [new BigInt64Array(rows), new BigInt64Array(rows)];
  const weights = new Float32Array(rows);
  let [position, row, document] = [0, 0, 0];
  for (const { parts, predictions } of layouts) {
    const starts = parts.map((part, number) => {
      const start = position;
      for (const [i, id] of part.ids.entries()) {
        ids[position] = BigInt(id);
        positions[position] = BigInt(part.from + i);
        documents[position] = document + number;
        trunks[position++] = document + part.trunk;
      }
      return start;
    });
    document += parts.length;
    for (const { part, offset, target } of predictions.flat()) {
      at[row] = BigInt(starts[part]! + offset);
      targets[row] = BigInt(target);
      weights[row++] = 1;
    }
  }
  const [pairs, one, read] = [[1, sequence], [sequence], [rows]];
  return {
    input_ids: { shape: pairs, data: ids },
    [documentsName]: { shape: pairs, data: documents },
    [trunksName]: { shape: pairs, data: trunks },
    [positionsName]: { shape: one, data: positions },
    rows: { shape: read, data: at },
    targets: { shape: read, data: targets },
    weights: { shape: read, data: weights },
  };
};
