import test from 'ava';
import { EngineOfForms } from './engine-of-forms.test.data.js';
import { testGradients } from './gradients.test.data.js';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

const engine = new OnnxRuntimeEngine({ threads: 2 });
test.after.always(() => engine.close());
testGradients(test, engine);

const forms = new EngineOfForms('webgpu');
test.after.always(() => forms.close());
testGradients(test, forms, ', in the form for WebGPU');
