import { companionNames, SecateurError } from '@secateur/core';

export const CONFIG = 'config.json';
export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';

/** Small files that belong to a model: its tokenizer, how it is asked, and what it may be used for. */
const companions: ReadonlySet<string> = new Set([...companionNames, CONFIG, 'chat_template.json']);

export const isCompanion = (name: string): boolean =>
  companions.has(name) || /^(?:LICEN[CS]E|NOTICE)[\w. -]*$/i.test(name);

/** File names of the shards that an index places tensors in, sorted; undefined when it is no such index. */
export const shardsOf = (index: string): readonly string[] | undefined => {
  let map: unknown;
  try {
    map = (JSON.parse(index) as { weight_map?: unknown } | null)?.weight_map;
  } catch {
    return undefined;
  }
  if (typeof map !== 'object' || map === null) return undefined;
  const shards = [...new Set(Object.values(map))].sort();
  const isShard = (name: unknown): name is string =>
    typeof name === 'string' && /^\w[\w.-]*\.safetensors$/.test(name);
  return shards.length > 0 && shards.every(isShard) ? shards : undefined;
};

/**
 * Checks that a repository has what a model folder needs.
 * @param names of the files at its root
 * @throws SecateurError E_HUB with what it has instead
 */
export const checkIsModel = (repository: string, names: readonly string[]): void => {
  const some = (pattern: RegExp): string | undefined => {
    const found = names.filter(name => pattern.test(name));
    return found.length > 3
      ? `${found.slice(0, 3).join(', ')} and ${found.length - 3} more`
      : found.join(', ');
  };
  const refuse = (found: string, hint: string): never => {
    throw new SecateurError('E_HUB', `${repository} ${found}.`, { hint });
  };
  const weights = names.includes(WEIGHTS) || names.includes(INDEX);
  if (weights && names.includes(CONFIG)) return;
  if (names.includes('adapter_config.json'))
    refuse(
      'holds an adapter (adapter_config.json), expected a model',
      'Name its base model as the model; download the adapter and name its folder with --adapter.',
    );
  if (weights)
    refuse(`has no ${CONFIG}, expected a model folder`, 'Take the repository of the original model.');
  const gguf = some(/\.gguf$/i);
  if (gguf)
    refuse(
      `has no safetensors, only GGUF files (${gguf})`,
      'Download one of them, of the largest precision, and name the file: --model FILE.gguf.',
    );
  const pickle = some(/\.(?:bin|pth?|ckpt)$/);
  if (pickle)
    refuse(
      `has no safetensors, only pickles (${pickle}), which run code when they are loaded`,
      'Take a repository or revision with safetensors; many have a branch hf:owner/name@refs/pr/1 that adds them.',
    );
  const others = some(/\.safetensors$/);
  refuse(
    `has neither ${WEIGHTS} nor ${INDEX}${others ? `, only ${others}` : ''}`,
    'Take a repository whose page names the library transformers.',
  );
};
