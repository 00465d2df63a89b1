import { SecateurError } from '@secateur/core';

type Json = Readonly<Record<string, unknown>>;

/** Rank and scale of an adapter, by module. */
export interface LoraConfig {
  /** The general rank `r`. */
  readonly rank: number;
  /** α/r, or α/√r with rsLoRA, at the general rank and α. */
  readonly scaling: number;
  rankOf(module: string): number;
  scalingOf(module: string): number;
  /** Whether `target_modules` names the module; true when it says nothing that can be checked. */
  targets(module: string): boolean;
}

/** What an adapter may ask for that a plain `W + scaling · B A` cannot give: the key, the values that are harmless, and why. */
const unsupported: readonly { key: string; harmless: (value: unknown) => boolean; why: string }[] = [
  { key: 'bias', harmless: value => value === 'none', why: 'trained biases are not supported, only "none"' },
  { key: 'lora_bias', harmless: isOff, why: 'biases in LoRA B are not supported' },
  { key: 'fan_in_fan_out', harmless: isOff, why: 'weights stored as [in, out] are not supported' },
  { key: 'use_dora', harmless: isOff, why: 'DoRA is not supported' },
  { key: 'use_qalora', harmless: isOff, why: 'QA-LoRA is not supported' },
  { key: 'use_bdlora', harmless: isOff, why: 'block-diagonal LoRA is not supported' },
  { key: 'modules_to_save', harmless: isOff, why: 'fully trained modules are not supported' },
  { key: 'layer_replication', harmless: isOff, why: 'replicated layers are not supported' },
  { key: 'target_parameters', harmless: isOff, why: 'adapters of bare parameters are not supported' },
  { key: 'trainable_token_indices', harmless: isOff, why: 'trained token embeddings are not supported' },
  { key: 'alora_invocation_tokens', harmless: isOff, why: 'activated LoRA is not supported' },
  {
    key: 'init_lora_weights',
    harmless: value => typeof value !== 'string' || !/^(?:pissa|olora|corda|loftq|lora_ga)/i.test(value),
    why: 'that start changes the base weights too, so the adapter does not fit the checkpoint as it is',
  },
];

function isOff(value: unknown): boolean {
  return (
    value === false || value === null || (Array.isArray(value) ? value.length === 0 : isEmptyObject(value))
  );
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && Object.keys(value!).length === 0;

/**
 * Reads the keys of an adapter_config.json (PEFT's LoraConfig) that decide what the adapter computes.
 * `rank_pattern` and `alpha_pattern` are regular expressions that match the end of a module path.
 * @throws SecateurError E_ADAPTER for anything but plain LoRA; the message begins with `where`
 */
export const parseLoraConfig = (config: Json, where: string): LoraConfig => {
  const fail = (finding: string) =>
    new SecateurError('E_ADAPTER', `${where}: ${finding}.`, {
      hint: 'Give a plain LoRA adapter of PEFT, or run without --adapter: a fresh one is attached then.',
    });
  if (config.peft_type !== 'LORA')
    throw fail(`peft_type is ${JSON.stringify(config.peft_type)}, expected "LORA"`);
  for (const { key, harmless, why } of unsupported)
    if (config[key] !== undefined && !harmless(config[key]))
      throw fail(`${key} is ${JSON.stringify(config[key])}; ${why}`);

  const rank = config.r;
  if (!isRank(rank)) throw fail(`r is ${JSON.stringify(rank)}, expected a positive integer`);
  const alpha = config.lora_alpha ?? 8;
  if (!isScale(alpha)) throw fail(`lora_alpha is ${JSON.stringify(alpha)}, expected a number more than 0`);
  const ranks = parsePattern(config.rank_pattern, isRank, finding => fail(`rank_pattern ${finding}`));
  const alphas = parsePattern(config.alpha_pattern, isScale, finding => fail(`alpha_pattern ${finding}`));
  const scale = (a: number, r: number) => a / (config.use_rslora === true ? Math.sqrt(r) : r);

  const rankOf = (module: string) => ranks(module) ?? rank;
  return {
    rank,
    scaling: scale(alpha, rank),
    rankOf,
    scalingOf: module => scale(alphas(module) ?? alpha, rankOf(module)),
    targets: parseTargets(config.target_modules, fail),
  };
};

const isRank = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isScale = (value: unknown): value is number => Number.isFinite(value) && (value as number) > 0;

type Fail = (finding: string) => SecateurError;

/** The number of the first key that matches a module path as a whole or from a dot on. */
const parsePattern = (
  pattern: unknown,
  valid: (value: unknown) => value is number,
  fail: Fail,
): ((module: string) => number | undefined) => {
  if (pattern === undefined || pattern === null) return () => undefined;
  if (typeof pattern !== 'object' || Array.isArray(pattern)) throw fail('is not an object');
  const rules = Object.entries(pattern).map(([key, value]: [string, unknown]) => {
    if (!valid(value)) throw fail(`gives "${key}" the value ${JSON.stringify(value)}`);
    const expression = compile(`^(?:.*\\.)?(?:${key})$`);
    if (!expression) throw fail(`has the key "${key}", which is no regular expression`);
    return { expression, value };
  });
  return module => rules.find(({ expression }) => expression.test(module))?.value;
};

/** A list of names or path endings, one regular expression for the whole path, or the word "all-linear". */
const parseTargets = (targets: unknown, fail: Fail): ((module: string) => boolean) => {
  if (targets === undefined || targets === null || targets === 'all-linear') return () => true;
  if (typeof targets === 'string') {
    const expression = compile(`^(?:${targets})$`);
    // Python's dialect has forms that JavaScript lacks; then the tensors alone say which modules there are.
    return expression ? module => expression.test(module) : () => true;
  }
  if (!Array.isArray(targets) || targets.some(target => typeof target !== 'string'))
    throw fail(
      `target_modules is ${JSON.stringify(targets)}, expected a list of names, a regular expression or "all-linear"`,
    );
  return module => targets.some((target: string) => module === target || module.endsWith(`.${target}`));
};

const compile = (expression: string): RegExp | undefined => {
  try {
    return new RegExp(expression);
  } catch {
    return undefined;
  }
};
