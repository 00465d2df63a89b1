import { resolveConfig } from '../config/resolve.js';
import type { SecateurConfig } from '../config/schema.js';
import { openSession } from '../open-session.js';
import { definePlugin, definePreset, type Preset } from '../plugin.js';
import { CheckpointFormat } from '../ports/checkpoint.js';
import { Engine } from '../ports/engine.js';
import { RunStorage } from '../ports/run-store.js';
import { TextReader } from '../ports/text.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import { Tracer } from '../ports/tracer.js';
import type { Session } from '../session.js';
import { tinyModel } from './tiny-model.js';
import { tinySession } from './tiny-session.js';

/**
 * A session of a preset, resolved and opened as the command line does, with the tiny session's model, texts, engine and
 * sizes. What the preset says wins over these, and `flags` win over both.
 */
export const presetSession = async (preset: Preset, flags: SecateurConfig = {}): Promise<Session> => {
  const tiny = tinySession();
  const outside = definePlugin('tiny', api => {
    for (const port of [CheckpointFormat, Engine, RunStorage, TextReader, TokenizerFormat, Tracer])
      api.provide<object>(port, 'tiny', tiny.active<object>(port));
  });
  const { text, train, calibration, evaluate, checkpoint } = tiny.config;
  const sizes = definePreset('tiny', () => ({
    plugins: [outside()],
    use: { tracer: 'tiny' },
    text: { ...text },
    prune: { minChannels: 1 },
    train: { ...train, targets: 'all-linear' },
    calibration,
    evaluate,
    checkpoint,
  }));
  const resolved = resolveConfig({
    flags: { model: 'tiny', out: 'run', presets: [sizes(), preset], ...flags },
    cwd: '/',
    clock: { now: () => 0 },
  });
  tiny.format.models.set(resolved.config.model, tinyModel());
  return openSession(resolved);
};
