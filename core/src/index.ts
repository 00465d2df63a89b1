/** `@secateur/core`: all that plugins, presets, adapters and the command line share. The graph language is `@secateur/core/graph`. */

export { injectable } from 'inversify';
export { z } from 'zod';
export * from './ablation/losses.js';
export * from './ablation/plan.js';
export * from './clock.js';
export * from './config/define.js';
export { describeIssue, suggest } from './config/describe-issue.js';
export * from './config/load.js';
export { isPresetPath, withLoadedPresets } from './config/load-presets.js';
export * from './config/model-from.js';
export * from './config/resolve.js';
export * from './config/schema.js';
export * from './container.js';
export * from './data/batch-stream.js';
export * from './data/sequence.js';
export { checkIds } from './data/token-ids.js';
export * from './data/tokenise.js';
export * from './domain/companion-names.js';
export * from './domain/events.js';
export * from './domain/knowledge.js';
export * from './domain/onnx-model.js';
export * from './domain/removal-group.js';
export * from './domain/report.js';
export * from './errors.js';
export * from './hooks.js';
export * from './inspect/describe-trace.js';
export * from './inspect/evaluate-text.js';
export * from './inspect/export-model.js';
export * from './inspect/gemm-peak.js';
export * from './inspect/generate-text.js';
export { argmax, NextToken, softmax } from './inspect/next-token.js';
export * from './inspect/open-model.js';
export * from './inspect/verify-model.js';
export * from './memory-at-hand.js';
export * from './model/array-cuts.js';
export * from './model/cache-folder.js';
export * from './model/cut-model.js';
export * from './model/live-model.js';
export * from './model/lora-state.js';
export * from './model/open-source.js';
export * from './model/written-shape.js';
export * from './open-session.js';
export * from './passes/index.js';
export * from './plugin.js';
export * from './plugin-failure.js';
export * from './ports/allocation.js';
export * from './ports/checkpoint.js';
export * from './ports/engine.js';
export * from './ports/evaluator.js';
export * from './ports/exporter.js';
export * from './ports/importer.js';
export * from './ports/knowledge.js';
export * from './ports/objective.js';
export * from './ports/prune-optimizer.js';
export * from './ports/recovery.js';
export * from './ports/repair.js';
export * from './ports/run-store.js';
export * from './ports/runtime.js';
export * from './ports/saliency.js';
export * from './ports/sampler.js';
export * from './ports/text.js';
export * from './ports/tokenizer.js';
export * from './ports/tracer.js';
export * from './rng.js';
export * from './run.js';
export * from './run-context.js';
export { type ProxyName, proxyNames } from './scoring/proxies.js';
export * from './scoring/proxy-scorer.js';
export {
  allowedCounts,
  floorOf,
  kindsOf,
  type SelectionLimits,
  stepOf,
  weigh,
} from './selection/limits.js';
export * from './selection/select.js';
export * from './selection/select-counts.js';
export * from './session.js';
export * from './signals/collect.js';
export * from './signals/unit-weights.js';
export * from './tap-only.js';
export * from './timings.js';
export * from './token.js';
export * from './training/adamw.js';
export * from './training/adapter-state.js';
export * from './training/gated-training.js';
export * from './training/loss-meter.js';
export * from './training/pace.js';
export * from './training/plan.js';
export * from './training/quantise.js';
export * from './training/quantised-weights.js';
export * from './training/schedule.js';
export * from './training/tell-period.js';
export * from './training/train-pruning.js';
export * from './training/trainer.js';
export * from './version.js';
