import * as checkpointGguf from '@secateur/adapter-checkpoint-gguf';
import * as checkpointHf from '@secateur/adapter-checkpoint-hf';
import * as checkpointOnnx from '@secateur/adapter-checkpoint-onnx';
import * as engineOnnxRuntime from '@secateur/adapter-engine-onnxruntime';
import * as engineTfjs from '@secateur/adapter-engine-tfjs';
import * as exporterGguf from '@secateur/adapter-exporter-gguf';
import * as exporterOnnx from '@secateur/adapter-exporter-onnx';
import * as importerHub from '@secateur/adapter-importer-hub';
import * as reporterTerminal from '@secateur/adapter-reporter-terminal';
import * as runFolder from '@secateur/adapter-run-folder';
import * as runtimeLlamaCpp from '@secateur/adapter-runtime-llama-cpp';
import * as runtimeOnnxRuntime from '@secateur/adapter-runtime-onnxruntime';
import * as runtimeTransformers from '@secateur/adapter-runtime-transformers';
import * as text from '@secateur/adapter-text';
import * as tokenizerHf from '@secateur/adapter-tokenizer-hf';
import * as graph from '@secateur/core/graph';
import * as linearAlgebra from '@secateur/core/linear-algebra';
import * as allocationDepth from '@secateur/plugin-allocation-depth';
import * as allocationKnowledge from '@secateur/plugin-allocation-knowledge';
import * as allocationSearch from '@secateur/plugin-allocation-search';
import * as evaluatorMultipleChoice from '@secateur/plugin-evaluator-multiple-choice';
import * as evaluatorPerplexity from '@secateur/plugin-evaluator-perplexity';
import * as knowledgeAblation from '@secateur/plugin-knowledge-ablation';
import * as objectiveDistill from '@secateur/plugin-objective-distill';
import * as optimizerIterative from '@secateur/plugin-optimizer-iterative';
import * as optimizerLhspg from '@secateur/plugin-optimizer-lhspg';
import * as optimizerOneshot from '@secateur/plugin-optimizer-oneshot';
import * as optimizerSheared from '@secateur/plugin-optimizer-sheared';
import * as optimizerUnstructured from '@secateur/plugin-optimizer-unstructured';
import * as protectLayers from '@secateur/plugin-protect-layers';
import * as recoveryLora from '@secateur/plugin-recovery-lora';
import * as repairBias from '@secateur/plugin-repair-bias';
import * as repairLeastSquares from '@secateur/plugin-repair-least-squares';
import * as saliencyBlockInfluence from '@secateur/plugin-saliency-block-influence';
import * as saliencyFlap from '@secateur/plugin-saliency-flap';
import * as saliencyHesso from '@secateur/plugin-saliency-hesso';
import * as saliencyLora from '@secateur/plugin-saliency-lora';
import * as saliencyLoraprune from '@secateur/plugin-saliency-loraprune';
import * as saliencyMagnitude from '@secateur/plugin-saliency-magnitude';
import * as saliencyObs from '@secateur/plugin-saliency-obs';
import * as saliencyRandom from '@secateur/plugin-saliency-random';
import * as saliencyTaylor from '@secateur/plugin-saliency-taylor';
import * as saliencyWanda from '@secateur/plugin-saliency-wanda';
import * as samplerGap from '@secateur/plugin-sampler-gap';
import * as samplerSheared from '@secateur/plugin-sampler-sheared';
import * as samplerSoftmax from '@secateur/plugin-sampler-softmax';
import * as samplerUniform from '@secateur/plugin-sampler-uniform';
import * as tracerLlama from '@secateur/plugin-tracer-llama';
import * as tracerOnnx from '@secateur/plugin-tracer-onnx';
import * as presetBaseline from '@secateur/preset-baseline';
import * as presetFlap from '@secateur/preset-flap';
import * as presetHesso from '@secateur/preset-hesso';
import * as presetLlmPruner from '@secateur/preset-llm-pruner';
import * as presetLoraprune from '@secateur/preset-loraprune';
import * as presetLorashear from '@secateur/preset-lorashear';
import * as presetLorashearInstructOnly from '@secateur/preset-lorashear-instruct-only';
import * as presetMagnitude from '@secateur/preset-magnitude';
import * as presetRandom from '@secateur/preset-random';
import * as presetSecateur from '@secateur/preset-secateur';
import * as presetShearedLlama from '@secateur/preset-sheared-llama';
import * as presetShortgpt from '@secateur/preset-shortgpt';
import * as presetSparsegpt from '@secateur/preset-sparsegpt';
import * as presetWanda from '@secateur/preset-wanda';
import * as presetWandaSp from '@secateur/preset-wanda-sp';

/** What touches the outside: chosen by having been installed. */
export const adapters = {
  '@secateur/adapter-engine-onnxruntime': engineOnnxRuntime,
  '@secateur/adapter-engine-tfjs': engineTfjs,
  '@secateur/adapter-checkpoint-hf': checkpointHf,
  '@secateur/adapter-checkpoint-gguf': checkpointGguf,
  '@secateur/adapter-checkpoint-onnx': checkpointOnnx,
  '@secateur/adapter-importer-hub': importerHub,
  '@secateur/adapter-exporter-gguf': exporterGguf,
  '@secateur/adapter-exporter-onnx': exporterOnnx,
  '@secateur/adapter-runtime-llama-cpp': runtimeLlamaCpp,
  '@secateur/adapter-runtime-onnxruntime': runtimeOnnxRuntime,
  '@secateur/adapter-runtime-transformers': runtimeTransformers,
  '@secateur/adapter-tokenizer-hf': tokenizerHf,
  '@secateur/adapter-text': text,
  '@secateur/adapter-run-folder': runFolder,
  '@secateur/adapter-reporter-terminal': reporterTerminal,
};

/** Algorithms: there for `use` to name, with their default options. */
export const algorithms = {
  '@secateur/plugin-tracer-llama': tracerLlama,
  '@secateur/plugin-tracer-onnx': tracerOnnx,
  '@secateur/plugin-saliency-taylor': saliencyTaylor,
  '@secateur/plugin-saliency-lora': saliencyLora,
  '@secateur/plugin-saliency-wanda': saliencyWanda,
  '@secateur/plugin-saliency-magnitude': saliencyMagnitude,
  '@secateur/plugin-saliency-random': saliencyRandom,
  '@secateur/plugin-saliency-flap': saliencyFlap,
  '@secateur/plugin-saliency-loraprune': saliencyLoraprune,
  '@secateur/plugin-saliency-block-influence': saliencyBlockInfluence,
  '@secateur/plugin-saliency-hesso': saliencyHesso,
  '@secateur/plugin-knowledge-ablation': knowledgeAblation,
  '@secateur/plugin-objective-distill': objectiveDistill,
  '@secateur/plugin-optimizer-lhspg': optimizerLhspg,
  '@secateur/plugin-optimizer-oneshot': optimizerOneshot,
  '@secateur/plugin-optimizer-sheared': optimizerSheared,
  '@secateur/plugin-optimizer-iterative': optimizerIterative,
  '@secateur/plugin-optimizer-unstructured': optimizerUnstructured,
  '@secateur/plugin-sampler-gap': samplerGap,
  '@secateur/plugin-sampler-uniform': samplerUniform,
  '@secateur/plugin-sampler-softmax': samplerSoftmax,
  '@secateur/plugin-sampler-sheared': samplerSheared,
  '@secateur/plugin-recovery-lora': recoveryLora,
  '@secateur/plugin-allocation-depth': allocationDepth,
  '@secateur/plugin-repair-bias': repairBias,
  '@secateur/plugin-evaluator-perplexity': evaluatorPerplexity,
  '@secateur/plugin-evaluator-multiple-choice': evaluatorMultipleChoice,
  '@secateur/plugin-repair-least-squares': repairLeastSquares,
  '@secateur/plugin-saliency-obs': saliencyObs,
  '@secateur/plugin-protect-layers': protectLayers,
  '@secateur/plugin-allocation-knowledge': allocationKnowledge,
  '@secateur/plugin-allocation-search': allocationSearch,
};

export const presets = {
  '@secateur/preset-lorashear': presetLorashear,
  '@secateur/preset-wanda-sp': presetWandaSp,
  '@secateur/preset-magnitude': presetMagnitude,
  '@secateur/preset-random': presetRandom,
  '@secateur/preset-llm-pruner': presetLlmPruner,
  '@secateur/preset-flap': presetFlap,
  '@secateur/preset-hesso': presetHesso,
  '@secateur/preset-lorashear-instruct-only': presetLorashearInstructOnly,
  '@secateur/preset-secateur': presetSecateur,
  '@secateur/preset-loraprune': presetLoraprune,
  '@secateur/preset-sheared-llama': presetShearedLlama,
  '@secateur/preset-shortgpt': presetShortgpt,
  '@secateur/preset-wanda': presetWanda,
  '@secateur/preset-sparsegpt': presetSparsegpt,
};

/**
 * Packages that a configuration may import wherever it lies, so that `npx secateur` needs no project around it.
 * They win over copies beside the configuration: plugins and program must agree on one version.
 */
export const modules: Readonly<Record<string, unknown>> = {
  '@secateur/core/graph': graph,
  '@secateur/core/linear-algebra': linearAlgebra,
  ...adapters,
  ...algorithms,
  '@secateur/preset-baseline': presetBaseline,
  ...presets,
};
