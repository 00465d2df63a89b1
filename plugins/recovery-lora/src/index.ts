import { definePlugin, Recovery } from '@secateur/core';
import { recoveryOptions } from './options.js';
import { LoraRecovery } from './recover.js';

export { type RecoveryOptions, recoveryOptions } from './options.js';
export { LoraRecovery } from './recover.js';

export default definePlugin(
  'recovery-lora',
  (api, options) => {
    api.provide(Recovery, 'lora', new LoraRecovery(options), 'texts first, then instructions, in rounds');
  },
  recoveryOptions,
);
