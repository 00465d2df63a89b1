import type { Lowering } from '../emitter.js';

/** `gate · sigmoid(gate) · up`. */
export const siluGate: Lowering = (e, { inputs: [gate, up], outputs: [h] }) => {
  const silu = e.node('Mul', [gate!.name, e.node('Sigmoid', [gate!.name])]);
  e.node('Mul', [silu, up!.name], { outputs: [h!.name] });
};
