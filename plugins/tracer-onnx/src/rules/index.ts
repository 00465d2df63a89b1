/** How operators are said in the graph where an input depends on the text. */
import type { Rule } from '../tracing.js';
import { attention } from './attention.js';
import { elementwise } from './elementwise.js';
import { movement } from './movement.js';
import { products } from './products.js';
import { reductions } from './reductions.js';

const rules: Readonly<Record<string, Rule>> = {
  ...elementwise,
  ...movement,
  ...products,
  ...reductions,
  ...attention,
};

export const ruleOf = (op: string): Rule | undefined => (Object.hasOwn(rules, op) ? rules[op] : undefined);
