import { definePreset } from '@secateur/core';
import lorashear from '@secateur/preset-lorashear';

type Options = NonNullable<Parameters<typeof lorashear>[0]>;

/** LoRAShear† of its paper's table (arXiv 2310.18356): the same pruning, recovered on the instructions alone. */
export default definePreset('lorashear-instruct-only', ({ recovery, ...options }: Options) => {
  const { plugins, config } = lorashear({
    ...options,
    recovery: { ...recovery, instructions: 1, replay: 0 },
  });
  return { plugins, ...config };
});
