import { definePlugin, Engine } from '@secateur/core';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

/** Runs graphs on onnxruntime. */
export default definePlugin('engine-onnxruntime', api => {
  const { threads } = api.config;
  let engine: OnnxRuntimeEngine | undefined;
  api.provide(
    Engine,
    'onnxruntime',
    () => {
      engine = new OnnxRuntimeEngine(threads === undefined ? {} : { threads });
      return engine;
    },
    'onnxruntime on the CPU, forward and backward as one graph',
  );
  api.hooks.shutdown.tap(() => engine?.close());
});
