import type { Llama, LlamaContextSequence, LlamaModel, LlamaOptions, Token } from 'node-llama-cpp';
import type { Answer, Done, Work } from './work.js';

/**
 * One thread: a file gives the same bits each time, and llama.cpp's threads wait for each other by spinning, which
 * stands still on a machine that is busy.
 */
const THREADS = 1;

/** Does the work in this process. Errors of llama.cpp that it survives are answers. */
export const openLlama = async (work: Work): Promise<Answer> => {
  const library = await importLibrary();
  if ('missing' in library) return library;
  // Loading ends with a trial of the tokenizer, to warn; llama.cpp aborts there when the file has none.
  library.LlamaModel.prototype.getWarnings = () => [];
  const complaints: string[] = [];
  const options: LlamaOptions = {
    build: 'never',
    skipDownload: true,
    gpu: false,
    maxThreads: THREADS,
    logLevel: library.LlamaLogLevel.error,
    logger: (_, message) => void complaints.push(message.trim()),
  };
  const llama = await library.getLlama(options).catch((error: Error) => ({ missing: error.message }));
  if ('missing' in llama) return { missing: `node-llama-cpp does not run here: ${llama.missing}` };
  try {
    if (work.kind === 'version') {
      const { release } = llama.llamaCppRelease;
      return { done: `${release} in node-llama-cpp ${await library.getModuleVersion()}` };
    }
    return { done: await withModel(llama, work) };
  } catch (error) {
    const words = [(error as Error).message, ...complaints];
    return { refused: [...new Set(words)].filter(Boolean).join('; ').replace(/\s+/g, ' ') };
  } finally {
    await llama.dispose();
  }
};

const importLibrary = async () => {
  try {
    return await import('node-llama-cpp');
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const why = absent
      ? 'node-llama-cpp is not installed: npm install node-llama-cpp'
      : `node-llama-cpp: ${(error as Error).message}`;
    return { missing: why };
  }
};

const withModel = async (
  llama: Llama,
  work: Exclude<Work, { kind: 'version' }>,
): Promise<Done[keyof Done]> => {
  const vocabOnly = work.kind === 'encode';
  const model = await llama.loadModel({ modelPath: work.file, vocabOnly, checkTensors: !vocabOnly });
  try {
    switch (work.kind) {
      case 'encode':
        return work.texts.map(text => model.tokenize(text, true));
      case 'next': {
        const length = Math.max(...work.prompts.map(prompt => prompt.length));
        return await withSequence(model, length, async sequence => {
          const found: Float32Array[] = [];
          for (const prompt of work.prompts) {
            await sequence.clearHistory();
            found.push(await nextToken(sequence, prompt as readonly Token[]));
          }
          return found;
        });
      }
      case 'greedy':
        return await withSequence(model, work.ids.length + work.count, sequence =>
          greedy(sequence, work.ids as readonly Token[], work.count),
        );
    }
  } finally {
    await model.dispose();
  }
};

/** K and V are kept in float32: what is looked at is the file, not the rounding of the cache. */
const withSequence = async <T>(
  model: LlamaModel,
  length: number,
  use: (sequence: LlamaContextSequence) => Promise<T>,
): Promise<T> => {
  const context = await model.createContext({
    contextSize: length + 1,
    batchSize: length + 1,
    threads: THREADS,
    flashAttention: false,
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
    failedCreationRemedy: false,
  });
  try {
    return await use(context.getSequence());
  } finally {
    await context.dispose();
  }
};

/** Probabilities by id. llama.cpp's own are normalised in float32: the sum is made 1 in float64. */
const nextToken = async (sequence: LlamaContextSequence, prompt: readonly Token[]): Promise<Float32Array> => {
  const last = prompt.at(-1)!;
  const asked = [
    ...prompt.slice(0, -1),
    [last, { generateNext: { probabilities: true, options: { temperature: 0 } } }] satisfies [Token, object],
  ];
  const answers = await sequence.controlledEvaluate(asked);
  const probabilities = answers.at(-1)!.next.probabilities!;
  const sum = [...probabilities.values()].reduce((total, p) => total + p, 0);
  const byId = new Float32Array(probabilities.size);
  for (const [id, probability] of probabilities) byId[id] = probability / sum;
  return byId;
};

const greedy = async (
  sequence: LlamaContextSequence,
  ids: readonly Token[],
  count: number,
): Promise<readonly number[]> => {
  const made: number[] = [];
  for await (const id of sequence.evaluate([...ids], { temperature: 0, yieldEogToken: true })) {
    made.push(id);
    if (made.length === count) break;
  }
  return made;
};
