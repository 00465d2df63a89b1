import test from 'ava';
import type { LoraSpec } from '../graph/attach-lora.js';
import { MemoryFormat } from '../testing/memory-format.js';
import { writeAdapter } from './write-adapter.js';

const [plain, wide]: readonly LoraSpec[] = [
  { rank: 2, scaling: 1.5 },
  { rank: 4, scaling: 0.5 },
];
const specs = new Map([
  ['model.layers.0.mlp.up_proj', plain!],
  ['model.layers.1.mlp.up_proj', wide!],
]);
const modules = new Map([...specs].map(([name]) => [name, [3, 5] as const]));
const arrays = new Map(
  [...specs].flatMap(([module, { rank }]) => [
    [`${module}.lora_A.weight`, new Float32Array(5 * rank)],
    [`${module}.lora_B.weight`, new Float32Array(3 * rank)],
  ]),
);

/** adapter_config.json that is written for a given one. */
const written = async (config: Readonly<Record<string, unknown>> | undefined, moved: boolean) => {
  const format = new MemoryFormat();
  let found: Readonly<Record<string, unknown>> = {};
  format.writeAdapter = async (_folder, config) => {
    found = config as typeof found;
  };
  await writeAdapter('adapter', config, format, { state: { specs, arrays }, modules, moved });
  return found;
};

const given = {
  r: 2,
  lora_alpha: 3,
  use_rslora: true,
  target_modules: '.*layers\\.[13]\\..*',
  rank_pattern: { 'layers.3.mlp.up_proj': 4 },
  layers_to_transform: [1, 3],
};

test('the configuration that an adapter came with stays while its layers do', async t => {
  t.is(await written(given, false), given);
});

test('where layers have moved, modules and their ranks are named anew', async t => {
  t.deepEqual(await written(given, true), {
    ...given,
    target_modules: [...specs.keys()],
    rank_pattern: { 'model.layers.0.mlp.up_proj': 2, 'model.layers.1.mlp.up_proj': 4 },
    layers_to_transform: null,
    layers_pattern: null,
  });
  // With rsLoRA the scaling is α / √r.
  const { alpha_pattern: alphas } = await written({ ...given, alpha_pattern: { '.*': 1 } }, true);
  t.deepEqual(alphas, {
    'model.layers.0.mlp.up_proj': 1.5 * Math.SQRT2,
    'model.layers.1.mlp.up_proj': 1,
  });
});

test('where an adapter was widened, ranks and α are named anew', async t => {
  const { rank_pattern: ranks, alpha_pattern: alphas } = await written(
    { ...given, r: 1, use_rslora: false, rank_pattern: {} },
    false,
  );
  t.deepEqual(ranks, { 'model.layers.0.mlp.up_proj': 2, 'model.layers.1.mlp.up_proj': 4 });
  t.deepEqual(alphas, { 'model.layers.0.mlp.up_proj': 3, 'model.layers.1.mlp.up_proj': 2 });
});

test('a fresh adapter names its modules by their last part, whichever layers there are', async t => {
  t.deepEqual((await written(undefined, true)).target_modules, ['up_proj']);
});
