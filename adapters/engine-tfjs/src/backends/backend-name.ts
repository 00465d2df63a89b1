/** From the fastest to the one that is always there. */
export const backendNames = ['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

/** What to install for a backend that is not there; undefined for those that this package brings. */
export const installHint = (name: BackendName): string | undefined => {
  if (name === 'tfjs-node-gpu')
    return 'npm install @tensorflow/tfjs-node-gpu@4.22.0, which wants Node below 23, an NVIDIA driver above 450, CUDA 11.2 and cuDNN 8.1';
  if (name === 'tfjs-node') return 'npm install @tensorflow/tfjs-node@4.22.0, which wants Node below 23';
  return undefined;
};
