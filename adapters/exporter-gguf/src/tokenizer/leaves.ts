/** A step of a tokenizer.json's normalizer, pre_tokenizer or post_processor. */
export type Step = Readonly<Record<string, unknown>> & { readonly type: string };

/** The steps of one that may be a sequence, in order. */
export const leaves = (step: unknown, children: string): readonly Step[] => {
  if (typeof step !== 'object' || step === null) return [];
  const { type, [children]: inner } = step as Readonly<Record<string, unknown>>;
  if (type === 'Sequence' && Array.isArray(inner)) return inner.flatMap(child => leaves(child, children));
  return typeof type === 'string' ? [step as Step] : [];
};
