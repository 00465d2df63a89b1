import { readdir } from 'node:fs/promises';
import { type ErrorCode, SecateurError } from '@secateur/core';

/**
 * Names of what lies in a folder, sorted.
 * @throws SecateurError with the code given, when there is no such folder
 */
export const folderEntries = async (folder: string, code: ErrorCode): Promise<readonly string[]> => {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    const found =
      (cause as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'is a file, not a folder' : 'does not exist';
    const path = 'Check the path: it must be the folder that holds the files, on this machine.';
    const hub = ' A model on the Hugging Face hub is named hf:owner/name.';
    throw new SecateurError(code, `The folder ${folder} ${found}.`, {
      cause,
      hint: code === 'E_MODEL_NOT_FOUND' ? path + hub : path,
    });
  }
};

const pickle = /\.(?:bin|pt|pth|ckpt)$/;

/**
 * Refuses a folder whose weights lie in a pickle: loading one runs the code in it.
 * @throws SecateurError E_MODEL_PICKLE
 */
export const refusePickle = (folder: string, entries: readonly string[]): void => {
  const found = entries.find(
    name => pickle.test(name) && name !== 'tokenizer.bin' && name !== 'training_args.bin',
  );
  if (found === undefined) return;
  throw new SecateurError(
    'E_MODEL_PICKLE',
    `${folder} has ${found} and no safetensors file; such files are pickles, which run code when they are loaded.`,
    {
      hint:
        'Take the publisher’s safetensors, or convert where you trust the file: ' +
        'AutoModelForCausalLM.from_pretrained(folder).save_pretrained(target, safe_serialization=True).',
    },
  );
};
