import { existsSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../shared-data.js';
import { type BadInput, refuses, run } from './refuses.js';

const evaluate = ['eval', 'model', '--text', 'text.txt'];

/** No Vulkan driver, whatever the machine has. */
const withoutAdapter = (): void => {
  process.env.VK_DRIVER_FILES = 'none';
  process.env.VK_ICD_FILENAMES = 'none';
};
const noAdapter: BadInput = {
  damage: withoutAdapter,
  code: 'E_DEVICE',
  says: /the device webgpu cannot be used: (?:WebGPU finds no adapter|onnxruntime-node has no webgpu)/,
  hint: /npx secateur doctor/,
};
const noProvider: BadInput = {
  code: 'E_DEVICE',
  says: /the device cuda cannot be used: (?:libonnxruntime_providers_shared\.so and libonnxruntime_providers_cuda\.so are not beside onnxruntime's binding in \S|onnxruntime-node has CUDA for Linux on x64 only)/,
  hint: /npm rebuild onnxruntime-node --ignore-scripts=false|--device cpu/,
};
const hasProvider = existsSync(
  path.join(
    repository,
    'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so',
  ),
);

refuses('device', {
  'that there is not': {
    args: [...run, '--device', 'gpu'],
    code: 'E_USAGE',
    says: /'gpu' is invalid\. Allowed choices are cpu, webgpu, cuda, auto/,
  },
  'that there is not, in a configuration': {
    damage: bench => bench.write('prune.config.json', '{ "device": "webgpuu" }'),
    code: 'E_CONFIG_INVALID',
    says: /device = "webgpuu" in prune\.config\.json, expected one of cpu, webgpu, cuda, auto/,
  },
  ...(process.platform === 'linux'
    ? {
        'without an adapter': { ...noAdapter, args: [...run, '--device', 'webgpu'] },
        'without an adapter, in a configuration': {
          ...noAdapter,
          damage: bench => {
            withoutAdapter();
            bench.write('prune.config.json', '{ "device": "webgpu" }');
          },
        },
        'without an adapter, to measure on': { ...noAdapter, args: [...evaluate, '--device', 'webgpu'] },
      }
    : {}),
  ...(hasProvider
    ? {}
    : {
        'without its provider': { ...noProvider, args: [...run, '--device', 'cuda'] },
        'without its provider, to measure on': { ...noProvider, args: [...evaluate, '--device', 'cuda'] },
      }),
} satisfies Record<string, BadInput>);
