import { definePlugin, Objective } from '@secateur/core';
import { z } from 'zod';
import { distillation } from './distillation.js';

export { type DistillOptions, distillation } from './distillation.js';

const schema = z.strictObject({
  /** Of the dense model in the target, in (0, 1]; the rest is the text's next token. */
  share: z.number().gt(0).max(1).default(0.5),
  /** Whether it goes on teaching a source that the model has come to know better than it. */
  always: z.boolean().default(false),
});

/** Trains towards the text and towards what the dense model says of it. */
export default definePlugin(
  'objective-distill',
  (api, options) => {
    api.provide(Objective, 'distill', distillation(options), 'towards the text and the dense model');
  },
  schema,
);
