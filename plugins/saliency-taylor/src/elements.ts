import type { SignalName } from '@secateur/core';

/**
 * Taylor forms over the single entries w of everything that a unit holds, with g = d loss / d w of the mean loss and F
 * the diagonal of the empirical Fisher matrix (Ma et al., "LLM-Pruner", arXiv 2305.11627). `element-first`: Σ |w g|;
 * `element-second`: Σ |w F w|; `element-mixed`: Σ |w g − ½ w F w|; `vector`: |Σ w g|, which lets entries cancel.
 */
export type ElementForm = 'element-first' | 'element-second' | 'element-mixed' | 'vector';

export const elementForms = ['element-first', 'element-second', 'element-mixed', 'vector'] as const;

export const elementNeeds: Readonly<Record<ElementForm, readonly SignalName[]>> = {
  'element-first': ['gradient'],
  'element-second': ['fisher'],
  'element-mixed': ['gradient', 'fisher'],
  vector: ['gradient'],
};

/**
 * What each entry of a weight adds to its unit's sum, of which `vector` takes the absolute value.
 * @param gradient, fisher in the order of the weight; each is read only where the form needs it
 */
export const elementTerms = (
  form: ElementForm,
  weight: Float32Array,
  gradient: Float32Array | undefined,
  fisher: Float32Array | undefined,
): Float32Array => {
  switch (form) {
    case 'element-first':
      return weight.map((w, i) => Math.abs(w * gradient![i]!));
    case 'element-second':
      return weight.map((w, i) => w * w * fisher![i]!);
    case 'element-mixed':
      return weight.map((w, i) => Math.abs(w * gradient![i]! - (w * w * fisher![i]!) / 2));
    case 'vector':
      return weight.map((w, i) => w * gradient![i]!);
  }
};
