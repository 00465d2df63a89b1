export { convertLlama2c } from './convert-llama2c.js';
export {
  type Llama2cCheckpoint,
  type Llama2cSizes,
  type Llama2cTensor,
  openLlama2c,
} from './llama2c-checkpoint.js';
