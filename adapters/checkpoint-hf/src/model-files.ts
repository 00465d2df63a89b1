import { companionNames } from '@secateur/core';

/** File names of a Hugging Face model folder. */
export const CONFIG = 'config.json';
export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';

/** `model-00001-of-00003.safetensors`; numbers count from 1. */
export const shardName = (number: number, count: number): string =>
  `model-${String(number).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.safetensors`;

/** Every name under which weights, or the index of their shards, are found. */
export const isWeightFile = (name: string): boolean =>
  /^model(?:-\d{5}-of-\d{5})?\.safetensors$/.test(name) || name === INDEX;

/** Small files that belong to a model and do not change when it is pruned. */
export const isCompanion = (name: string): boolean =>
  companionNames.has(name) || /^(?:LICEN[CS]E|NOTICE)/i.test(name);
