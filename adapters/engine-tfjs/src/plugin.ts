import path from 'node:path';
import { definePlugin, Engine, z } from '@secateur/core';
import { backendNames } from './backends/backend-name.js';
import { summaryWriter, writeScalars } from './tensorboard.js';
import { TfjsEngine } from './tfjs-engine.js';

const schema = z.strictObject({
  /** This backend or none. Default: the best that is there. */
  backend: z.enum(backendNames).optional(),
  /** Folder for TensorBoard's event files of a run. Default: none. */
  tensorboard: z.string().min(1).optional(),
});

/** Runs graphs on TensorFlow.js. */
export default definePlugin(
  'engine-tfjs',
  (api, { backend, tensorboard }: z.output<typeof schema>) => {
    const { device, threads } = api.config;
    let engine: TfjsEngine | undefined;
    api.provide(
      Engine,
      'tfjs',
      () => {
        engine = new TfjsEngine({
          device,
          log: api.log,
          ...(backend === undefined ? {} : { backend }),
          ...(threads === undefined ? {} : { threads }),
        });
        return engine;
      },
      'TensorFlow.js: libtensorflow where it is installed, else WebAssembly; a second opinion on every gradient',
    );
    // A run that cannot be computed ends before anything is read or written.
    api.hooks.initialize.tap(async () => {
      const opened = await engine?.open();
      if (opened && tensorboard !== undefined)
        writeScalars(api.hooks, summaryWriter(opened, path.resolve(tensorboard)));
    });
    api.hooks.shutdown.tap(() => engine?.close());
  },
  schema,
);
