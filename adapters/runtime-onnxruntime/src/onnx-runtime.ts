import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Runtime, SecateurError, softmax } from '@secateur/core';
import type { InferenceSession } from 'onnxruntime-node';
import { feedsOf, type Ort } from './feeds.js';

/** Loaded when first needed: the library reads its environment once, and a machine may lack a binary for it. */
const load = async (): Promise<Ort> => {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  return import('onnxruntime-node');
};

/** Opens ONNX files in onnxruntime on the CPU. */
export const createOnnxRuntime = (): Runtime => ({
  recognises: artefact =>
    stat(artefact).then(
      entry => entry.isFile() && artefact.endsWith('.onnx'),
      () => false,
    ),
  status: async () => {
    try {
      await load();
      const manifest = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
      return { version: manifest.version };
    } catch (error) {
      return { missing: `onnxruntime-node cannot be loaded: ${messageOf(error)}` };
    }
  },
  nextTokens: async (artefact, prompts) => {
    const ort = await load();
    const session = await ort.InferenceSession.create(artefact, {
      executionProviders: ['cpu'],
      logSeverityLevel: 4, // errors come back as exceptions; nothing is printed
    }).catch((cause: unknown) => {
      throw refused(artefact, cause);
    });
    try {
      const found: Float32Array[] = [];
      for (const prompt of prompts) found.push(await nextToken(ort, session, artefact, prompt));
      return found;
    } finally {
      await session.release();
    }
  },
});

const nextToken = async (
  ort: Ort,
  session: InferenceSession,
  artefact: string,
  prompt: readonly number[],
): Promise<Float32Array> => {
  if (!session.outputNames.includes('logits'))
    throw new SecateurError(
      'E_VERIFY',
      `${artefact} gives ${session.outputNames.slice(0, 4).join(', ')}, expected logits.`,
      { hint: 'Only decoders that predict the next token can be verified.' },
    );
  const feeds = feedsOf(ort, session.inputMetadata, artefact, prompt);
  const results = await session.run(feeds, ['logits']).catch((cause: unknown) => {
    throw refused(artefact, cause);
  });
  const { data, dims } = results.logits!;
  const vocabulary = dims.at(-1)!;
  return softmax(Float32Array.from(data as Float32Array).subarray(-vocabulary));
};

const refused = (artefact: string, cause: unknown): SecateurError =>
  new SecateurError('E_VERIFY', `onnxruntime refuses ${artefact}: ${messageOf(cause)}`, {
    hint: 'Export the model again; if it is refused again, report it with this message.',
    cause,
  });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
