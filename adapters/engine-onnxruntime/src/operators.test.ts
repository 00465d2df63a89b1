import test from 'ava';
import { EngineOfForms } from './engine-of-forms.test.data.js';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { testOperators } from './operators.test.data.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());
testOperators(test, engine);

const forms = new EngineOfForms('webgpu');
test.after.always(() => forms.close());
testOperators(test, forms, { precisions: ['float32'], where: ', in the form for WebGPU' });
