import { type ModelConfig, type OnnxModel, SecateurError } from '@secateur/core';

/** The description that `checkpoint-onnx` puts into the config. @throws SecateurError E_MODEL_CONFIG */
export const modelOf = ({ onnx }: ModelConfig): OnnxModel => {
  const model = onnx as OnnxModel | undefined;
  if (!Array.isArray(model?.nodes) || !Array.isArray(model.initializers))
    throw new SecateurError('E_MODEL_CONFIG', 'The config holds no description of an ONNX model.', {
      hint: 'Open an .onnx file: its nodes take the place of config.json.',
    });
  return model;
};
