import type { Engine } from '@secateur/core';
import { differentiable, gradientErrors, operatorCases, outputErrors, titleOf } from '@secateur/core/testing';
import type { ExecutionContext } from 'ava';
import { TOLERANCE } from './self-check/comparison.js';

const tolerance = { float32: TOLERANCE, float64: 1e-12 } as const;

type Test = (title: string, run: (t: ExecutionContext) => Promise<void>) => void;

export interface OperatorTestOptions {
  /** Default: both. */
  readonly precisions?: readonly ('float32' | 'float64')[];
  /** Stands behind each title. */
  readonly where?: string;
}

/** Each operator, forward and gradient, on an engine, against the reference interpreter. */
export const testOperators = (
  test: Test,
  engine: Engine,
  { precisions = ['float32', 'float64'], where = '' }: OperatorTestOptions = {},
): void => {
  for (const operatorCase of operatorCases) {
    const title = titleOf(operatorCase);
    for (const precision of precisions)
      test(`${title}, ${precision}, agrees with the reference${where}`, async t => {
        const errors = await outputErrors(engine, operatorCase, precision);
        for (const [role, error] of Object.entries(errors)) t.true(error <= tolerance[precision], role);
      });
    if (differentiable(operatorCase).length === 0) continue;
    test(`${title}: fused float32 gradients agree with the reference${where}`, async t => {
      const errors = await gradientErrors(engine, operatorCase);
      for (const [name, error] of Object.entries(errors)) t.true(error <= tolerance.float32, name);
    });
  }
};
