import type { Engine } from '@secateur/core';
import { differentiable, gradientErrors, operatorCases, outputErrors, titleOf } from '@secateur/core/testing';
import type { TestFn } from 'ava';

const TOLERANCE = 1e-5;

/** Each operator, forward and gradient, on an engine, against the reference interpreter. */
export const testOperators = (test: TestFn, engine: Engine): void => {
  for (const operatorCase of operatorCases) {
    const title = titleOf(operatorCase);
    test(`${title}, agrees with the reference`, async t => {
      const errors = await outputErrors(engine, operatorCase, 'float32');
      for (const [role, error] of Object.entries(errors)) t.true(error <= TOLERANCE, `${role}: ${error}`);
    });
    if (differentiable(operatorCase).length === 0) continue;
    test(`${title}: gradients agree with the reference`, async t => {
      const errors = await gradientErrors(engine, operatorCase);
      for (const [name, error] of Object.entries(errors)) t.true(error <= TOLERANCE, `${name}: ${error}`);
    });
  }
};
