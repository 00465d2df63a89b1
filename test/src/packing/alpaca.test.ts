import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createRng, freshLora, LiveModel, LossMeter, paddingOf, wholePasses } from '@secateur/core';
import { linearModules } from '@secateur/core/graph';
import { testIf } from '@secateur/core/testing';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { sharedData } from '../shared-data.js';
import { alpacaSequences, countedTokens, openTokenizer, trainingFlops } from './alpaca.js';

const data = sharedData() ?? '';
const testWithShared = testIf<ExecutionContext>(test, data !== '', 'shared data are absent');

const thousandths = (share: number): number => Math.round(1000 * share);

testWithShared('packing takes the padding out of Alpaca where two records fit into a sequence', async t => {
  const tokenizer = await openTokenizer(path.join(data, 'tokenizers/llama'));
  for (const [sequence, none, packed] of [
    [128, 195, 124],
    [256, 515, 22],
    [512, 751, 14],
  ] as const) {
    const alone = (await alpacaSequences(data, tokenizer, sequence, 'none')).train;
    const together = (await alpacaSequences(data, tokenizer, sequence, 'instructions')).train;
    t.deepEqual([alone, together].map(paddingOf).map(thousandths), [none, packed], `${sequence}`);
    t.is(countedTokens(together), countedTokens(alone));
  }
});

/** stories260K with a fresh LoRA everywhere, whose factors are not zero. */
const stories = async (t: ExecutionContext) => {
  const folder = path.join(scratchFolder(t), 'model');
  const source = path.join(data, 'models/stories260K');
  await convertLlama2c(path.join(source, 'stories260K.bin'), path.join(source, 'tok512.bin'), folder);
  const format = createHuggingFaceFormat();
  const { config, tensors } = await format.open(folder);
  const modules = linearModules(llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const blocks = new Map([...modules].filter(([module]) => module !== 'lm_head'));
  const lora = freshLora(blocks, { rank: 4, scaling: 1 }, createRng(1));
  const rng = createRng(2);
  for (const values of lora.arrays.values()) for (const i of values.keys()) values[i]! += 0.02 * rng.normal();
  const model = new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
  return { model, tokenizer: await openTokenizer(folder) };
};

testWithShared('a real model loses on packed records what it loses on them alone', async t => {
  const { model, tokenizer } = await stories(t);
  const engine = new OnnxRuntimeEngine({ threads: 1 });
  t.teardown(() => engine.close());
  const sequence = 512;
  const none = await alpacaSequences(data, tokenizer, sequence, 'none', 300);
  const packed = await alpacaSequences(data, tokenizer, sequence, 'instructions', 300);
  const [alone, together] = [
    await LossMeter.open(wholePasses(engine), model, { batch: 2, sequence }),
    await LossMeter.open(wholePasses(engine), model, { batch: 2, sequence, documents: true }),
  ];
  for (const part of ['validation', 'tuning'] as const) {
    t.true(packed[part].length < none[part].length);
    const [expected, found] = [await alone.mean(none[part]), await together.mean(packed[part])];
    t.is(found.tokens, expected.tokens);
    t.true(Math.abs(found.loss - expected.loss) < 1e-5, `${part}: ${found.loss}, alone ${expected.loss}`);
  }
});

testWithShared('a counted token costs fewer FLOPs by the sequences that are spared', async t => {
  const { model, tokenizer } = await stories(t);
  const sequence = 512;
  const none = (await alpacaSequences(data, tokenizer, sequence, 'none')).train;
  const packed = (await alpacaSequences(data, tokenizer, sequence, 'instructions')).train;
  t.deepEqual([none.length, packed.length], [1708, 1104]);
  const plain = trainingFlops(model, { batch: 1, sequence });
  const masked = trainingFlops(model, { batch: 1, sequence, documents: true });
  t.true(masked > plain && masked < 1.01 * plain, `the mask costs ${masked / plain - 1}`);
  t.true((packed.length * masked) / (none.length * plain) < 0.66);
});
