import { definePlugin, Engine } from '@secateur/core';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

/** Runs graphs on onnxruntime. */
export default definePlugin('engine-onnxruntime', api => {
  const { threads, device } = api.config;
  let engine: OnnxRuntimeEngine | undefined;
  api.provide(
    Engine,
    'onnxruntime',
    () => {
      engine = new OnnxRuntimeEngine({ device, log: api.log, ...(threads === undefined ? {} : { threads }) });
      return engine;
    },
    'onnxruntime on the CPU or a GPU, forward and backward as one graph',
  );
  // A run that cannot be computed ends before anything is read or written.
  api.hooks.initialize.tap(async ({ signal }) => void (await engine?.open(signal)));
  api.hooks.shutdown.tap(() => engine?.close());
});
