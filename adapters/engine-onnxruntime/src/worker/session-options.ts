import type * as ort from 'onnxruntime-node';
import type { SessionSettings } from './protocol.js';

/** How a session of the worker runs. */
export const sessionOptions = ({
  device,
  threads,
  folds = false,
  folder,
}: SessionSettings): ort.InferenceSession.SessionOptions => ({
  executionProviders: [device],
  executionMode: 'sequential',
  // The graph comes as it should run. Rewrites would undo some of it, hold float32 copies of half weights, and lack
  // double kernels. The least of them fold constants.
  graphOptimizationLevel: folds ? 'basic' : 'disabled',
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // Halves the memory of activations: the planned block would be added on top of the arena.
  enableMemPattern: false,
  // Errors come back as exceptions; nothing is printed.
  logSeverityLevel: 4,
  extra: {
    session: {
      // Each use of a weight would pack its own copy: twice the weights in memory, for 5 % of speed.
      disable_prepacking: '1',
      ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
    },
  },
});
