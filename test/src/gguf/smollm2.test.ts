import path from 'node:path';
import { convertGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import { greedy } from '@secateur/adapter-runtime-llama-cpp';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import { argmax, LiveModel, NextToken, softmax } from '@secateur/core';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { scratchFolder } from '../scratch.js';
import { smollm2, smollm2Absent } from '../smollm2.js';
import { llamaCpp, testWithLlamaCppAnd } from './test-with-llama-cpp.js';

const prompts = [
  'Once upon a time',
  'The capital of France is',
  'To make bread, one needs',
  '<|im_start|>user\nWhy is the sky blue?<|im_end|>\n<|im_start|>assistant\n',
  'def fibonacci(n):',
];
const TOKENS = 50;

/**
 * llama.cpp runs the weights of the Q4_1 file as float32: of quantised weights it rounds the activations to 8 bits too,
 * which is its arithmetic and not the file's.
 */
testWithLlamaCppAnd(smollm2() !== undefined, smollm2Absent)(
  'SmolLM2 out of its GGUF file: our answers are llama.cpp’s for 50 tokens behind 5 prompts, probabilities within 0.01',
  async t => {
    const scratch = scratchFolder(t);
    const folder = path.join(scratch, 'folder');
    await convertGguf(smollm2()!, folder);
    const format = createHuggingFaceFormat();
    const checkpoint = await format.open(folder);
    const file = path.join(scratch, 'model.gguf');
    await createGgufExporter().export({ checkpoint, format, tracer: llamaTracer }, file, { dtype: 'f32' });

    const engine = new OnnxRuntimeEngine({ threads: 1 });
    const { config, tensors } = checkpoint;
    const source = { config, tensors, tracer: llamaTracer, format };
    const next = new NextToken(engine, new LiveModel(source, { specs: new Map(), arrays: new Map() }));
    const tokenizer = await createHuggingFaceTokenizerFormat().open(folder);
    const starts = prompts.map(prompt => tokenizer.encode(prompt));
    const theirs = await llamaCpp.nextTokens(file, starts);
    for (const [i, ids] of starts.entries()) {
      const p = softmax(await next.logits(ids));
      const gap = p.reduce((most, value, id) => Math.max(most, Math.abs(value - theirs[i]![id]!)), 0);
      t.true(gap < 0.01, `${prompts[i]}: ${gap}`);
      const ours = [...ids];
      while (ours.length < ids.length + TOKENS) ours.push(argmax(await next.logits(ours)));
      t.deepEqual(await greedy(file, ids, TOKENS), ours.slice(ids.length), prompts[i]);
    }
    await next.close();
    await engine.close();
  },
);
