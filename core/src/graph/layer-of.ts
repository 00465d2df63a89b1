/** First number in a module path, if any: the layer. */
export const layerOf = (module: string): number | undefined => {
  const part = module.split('.').find(segment => /^\d+$/.test(segment));
  return part === undefined ? undefined : Number(part);
};
