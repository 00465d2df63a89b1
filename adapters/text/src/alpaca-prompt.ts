/**
 * The prompt of Stanford Alpaca for an instruction, in its two forms: with an input and without.
 * The answer follows the colon directly.
 */
export const alpacaPrompt = (instruction: string, input = ''): string =>
  input === ''
    ? 'Below is an instruction that describes a task. ' +
      'Write a response that appropriately completes the request.\n\n' +
      `### Instruction:\n${instruction}\n\n### Response:`
    : 'Below is an instruction that describes a task, paired with an input that provides further context. ' +
      'Write a response that appropriately completes the request.\n\n' +
      `### Instruction:\n${instruction}\n\n### Input:\n${input}\n\n### Response:`;
