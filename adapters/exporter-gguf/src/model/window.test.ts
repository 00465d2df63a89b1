import test from 'ava';
import { windowOf } from './window.js';

const mistral = { architectures: ['MistralForCausalLM'], sliding_window: 64 };
const qwen = { architectures: ['Qwen2ForCausalLM'], sliding_window: 64, use_sliding_window: true };

test('Mistral slides wherever a window is given', t => {
  t.is(windowOf(mistral, 4), 64);
  t.is(windowOf({ ...mistral, sliding_window: null }, 4), undefined);
  t.is(windowOf({ ...mistral, layer_types: ['full_attention'] }, 1), undefined);
});

test('Qwen slides where it is asked for, from a layer on', t => {
  t.is(windowOf({ ...qwen, max_window_layers: 2 }, 4), 64);
  t.is(windowOf({ ...qwen, max_window_layers: 4 }, 4), undefined);
  t.is(windowOf({ ...qwen, use_sliding_window: false, max_window_layers: 0 }, 4), undefined);
  t.is(windowOf({ ...qwen, layer_types: ['full_attention', 'sliding_attention'] }, 2), 64);
});

test('LLaMA does not slide', t => {
  t.is(windowOf({ architectures: ['LlamaForCausalLM'], sliding_window: 64 }, 4), undefined);
});
