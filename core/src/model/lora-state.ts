import { SecateurError } from '../errors.js';
import type { LoraSpec } from '../graph/attach-lora.js';
import { loraNames } from '../graph/attach-lora.js';
import type { Shape } from '../graph/graph.js';
import type { Adapter, CheckpointFormat } from '../ports/checkpoint.js';
import type { Rng } from '../rng.js';

/** A LoRA in memory: which linear layers have one, and the factors A [r, in] and B [out, r] by parameter name. */
export interface LoraState {
  readonly specs: ReadonlyMap<string, LoraSpec>;
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

/**
 * A new LoRA as PEFT makes it: A uniform in ±1/√in (Kaiming with a = √5), B zero, so the model is unchanged.
 * @param modules linear layers to adapt, with the shape [out, in] of their weight
 */
export const freshLora = (modules: ReadonlyMap<string, Shape>, spec: LoraSpec, rng: Rng): LoraState => {
  const arrays = new Map<string, Float32Array>();
  for (const [module, shape] of modules) {
    const [out, into] = shape as [number, number];
    const stream = rng.fork(module);
    const names = loraNames(module);
    arrays.set(
      names.a,
      Float32Array.from({ length: spec.rank * into }, () => (2 * stream.next() - 1) / Math.sqrt(into)),
    );
    arrays.set(names.b, new Float32Array(out * spec.rank));
  }
  return { specs: new Map([...modules.keys()].map(module => [module, spec])), arrays };
};

/**
 * The same LoRA with at least `rank` everywhere: A gains rows as a fresh one has them, B columns of zeros, so that the
 * model is unchanged and has more to learn with. The scaling stays.
 */
export const widenLora = (lora: LoraState, rank: number, rng: Rng): LoraState => {
  const specs = new Map(lora.specs);
  const arrays = new Map(lora.arrays);
  for (const [module, spec] of lora.specs) {
    if (spec.rank >= rank) continue;
    const names = loraNames(module);
    const [a, b] = [lora.arrays.get(names.a)!, lora.arrays.get(names.b)!];
    const [out, into] = [b.length / spec.rank, a.length / spec.rank];
    const added = freshLora(new Map([[module, [out, into]]]), { ...spec, rank: rank - spec.rank }, rng);
    const rows = new Float32Array(rank * into);
    rows.set(a);
    rows.set(added.arrays.get(names.a)!, a.length);
    const columns = new Float32Array(out * rank);
    for (let row = 0; row < out; row++)
      columns.set(b.subarray(row * spec.rank, (row + 1) * spec.rank), row * rank);
    specs.set(module, { ...spec, rank });
    arrays.set(names.a, rows);
    arrays.set(names.b, columns);
  }
  return { specs, arrays };
};

/**
 * Reads the factors of an adapter.
 * @throws SecateurError E_ADAPTER when it names a layer that the model lacks, shapes do not fit, or a number is not finite
 */
export const loadLora = async (
  adapter: Adapter,
  modules: ReadonlyMap<string, Shape>,
  format: CheckpointFormat,
): Promise<LoraState> => {
  const specs = new Map<string, LoraSpec>();
  const arrays = new Map<string, Float32Array>();
  for (const [module, { a, b, rank, scaling }] of adapter.modules) {
    const shape = modules.get(module);
    if (!shape)
      throw new SecateurError(
        'E_ADAPTER',
        `the adapter has weights for ${module}, which the model does not have`,
        {
          hint: 'use the adapter with the model it was trained on',
        },
      );
    const wanted = `[${rank}, ${shape[1]}] and [${shape[0]}, ${rank}]`;
    if (a.shape.join() !== [rank, shape[1]].join() || b.shape.join() !== [shape[0], rank].join())
      throw new SecateurError(
        'E_ADAPTER',
        `the adapter's factors for ${module} have shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}], expected ${wanted}`,
        { hint: 'use the adapter with the model it was trained on' },
      );
    const names = loraNames(module);
    specs.set(module, { rank, scaling });
    arrays.set(names.a, finite(await format.read(a), names.a));
    arrays.set(names.b, finite(await format.read(b), names.b));
  }
  return { specs, arrays };
};

const finite = (factor: Float32Array, name: string): Float32Array => {
  const at = factor.findIndex(value => !Number.isFinite(value));
  if (at === -1) return factor;
  throw new SecateurError('E_ADAPTER', `the adapter has ${factor[at]} in ${name}, expected finite numbers`, {
    hint: 'take an earlier checkpoint of the adapter: its training has diverged',
  });
};

/** The same without the modules whose B is zero, as a fresh one's are: they add exactly nothing to what a model computes. */
export const withoutIdle = (lora: LoraState): LoraState =>
  onlyModules(lora, module => lora.arrays.get(loraNames(module).b)!.some(x => x !== 0));

/** What some modules have of an adapter. */
export const onlyModules = (
  { specs, arrays }: LoraState,
  isWanted: (module: string) => boolean,
): LoraState => {
  const wanted = [...specs].filter(([module]) => isWanted(module));
  const names = new Set(wanted.flatMap(([module]) => Object.values(loraNames(module))));
  return { specs: new Map(wanted), arrays: new Map([...arrays].filter(([name]) => names.has(name))) };
};

/** A copy that can be trained without touching the original. */
export const cloneLora = ({ specs, arrays }: LoraState): LoraState => ({
  specs,
  arrays: new Map([...arrays].map(([name, data]) => [name, data.slice()])),
});

/** B A of one module, row-major [out, in], without the scaling; undefined where the module has no LoRA. */
export const loraProduct = (
  lora: LoraState,
  module: string,
  [out, into]: readonly [number, number],
): Float32Array | undefined => {
  const spec = lora.specs.get(module);
  if (!spec) return undefined;
  const names = loraNames(module);
  const a = lora.arrays.get(names.a)!;
  const b = lora.arrays.get(names.b)!;
  const product = new Float32Array(out * into);
  for (let i = 0; i < out; i++)
    for (let r = 0; r < spec.rank; r++) {
      const factor = b[i * spec.rank + r]!;
      if (factor === 0) continue;
      for (let j = 0; j < into; j++)
        product[i * into + j] = product[i * into + j]! + factor * a[r * into + j]!;
    }
  return product;
};
