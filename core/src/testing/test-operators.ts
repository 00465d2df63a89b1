import type { Engine } from '../ports/engine.js';
import { operatorCases, titleOf } from './operator-cases.js';
import { differentiable, gradientErrors, outputErrors } from './operator-errors.js';

/** The part of AVA's `test` that is needed here. */
type Test = (
  title: string,
  run: (t: { true(actual: boolean, message?: string): unknown }) => Promise<void>,
) => void;

export interface OperatorTestOptions {
  /** Largest relative error by precision; a precision that is missing is not tested. */
  readonly tolerance: { readonly float32: number; readonly float64?: number };
  /** Stands behind each title. */
  readonly where?: string;
}

/** Each operator, forward and gradient, on an engine, against the reference interpreter. */
export const testOperators = (
  test: Test,
  engine: Engine,
  { tolerance, where = '' }: OperatorTestOptions,
): void => {
  for (const operatorCase of operatorCases) {
    const title = titleOf(operatorCase);
    for (const [precision, most] of Object.entries(tolerance) as ['float32' | 'float64', number][])
      test(`${title}, ${precision}, agrees with the reference${where}`, async t => {
        const errors = await outputErrors(engine, operatorCase, precision);
        for (const [role, error] of Object.entries(errors)) t.true(error <= most, `${role}: ${error}`);
      });
    if (differentiable(operatorCase).length === 0) continue;
    test(`${title}: fused float32 gradients agree with the reference${where}`, async t => {
      const errors = await gradientErrors(engine, operatorCase);
      for (const [name, error] of Object.entries(errors))
        t.true(error <= tolerance.float32, `${name}: ${error}`);
    });
  }
};
