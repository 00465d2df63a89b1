import { open } from 'node:fs/promises';
import { type Runtime, SecateurError } from '@secateur/core';
import { runInChild } from './run-in-child.js';
import type { Answer, Done, Work } from './work.js';

/** llama.cpp as node-llama-cpp brings it: on the processor, each call in a process of its own. */
export const createLlamaCpp = (): Runtime => ({
  recognises: async artefact => {
    try {
      return (await firstBytes(artefact, 4)) === 'GGUF';
    } catch {
      return false;
    }
  },
  status: async () => {
    try {
      const answer = await runInChild({ kind: 'version' });
      if ('done' in answer) return { version: answer.done };
      return { missing: 'missing' in answer ? answer.missing : answer.refused };
    } catch (error) {
      return { missing: (error as Error).message };
    }
  },
  nextTokens: async (artefact, prompts, signal) => {
    if (prompts.some(prompt => prompt.length === 0)) throw new Error('a prompt has no tokens');
    return prompts.length === 0 ? [] : work({ kind: 'next', file: artefact, prompts }, signal);
  },
});

/**
 * The most likely continuation, token by token; an end-of-text token does not end it.
 * @param ids the prompt, at least one token; no BOS is added
 * @returns `count` ids
 * @throws SecateurError E_VERIFY when llama.cpp refuses the file or is not installed
 */
export const greedy = async (
  file: string,
  ids: readonly number[],
  count: number,
): Promise<readonly number[]> => work({ kind: 'greedy', file, ids, count });

/**
 * Ids of texts by the tokenizer in the file: no BOS, no EOS; text that spells a special token becomes it.
 * @throws SecateurError E_VERIFY when llama.cpp refuses the file or is not installed
 */
export const encode = async (
  file: string,
  texts: readonly string[],
): Promise<readonly (readonly number[])[]> => work({ kind: 'encode', file, texts });

const work = async <K extends Exclude<Work['kind'], 'version'>>(
  task: Work & { readonly kind: K; readonly file: string },
  signal?: AbortSignal,
): Promise<Done[K]> => {
  const answer: Answer<K> = await runInChild<K>(task, signal);
  if ('done' in answer) return answer.done;
  if ('missing' in answer)
    throw new SecateurError('E_VERIFY', `llama.cpp cannot be asked: ${answer.missing}.`, {
      hint: 'npm install node-llama-cpp --ignore-scripts',
    });
  throw new SecateurError('E_VERIFY', `llama.cpp refuses ${task.file}: ${answer.refused}`, {
    hint: 'Write the file again, or fetch it again.',
  });
};

const firstBytes = async (file: string, count: number): Promise<string> => {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
};
