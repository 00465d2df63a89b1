/** What tells a model with its adapter from others: both hashes, or that of the model alone. */
export const modelHash = (model: string, adapter: string | null): string =>
  adapter === null ? model : `${model}+${adapter}`;
