import { testOperators } from '@secateur/core/testing';
import test from 'ava';
import { EngineOfForms } from './engine-of-forms.test.data.js';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { TOLERANCE } from './self-check/comparison.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());
testOperators(test, engine, { tolerance: { float32: TOLERANCE, float64: 1e-12 } });

const forms = new EngineOfForms('webgpu');
test.after.always(() => forms.close());
testOperators(test, forms, { tolerance: { float32: TOLERANCE }, where: ', in the form for WebGPU' });
