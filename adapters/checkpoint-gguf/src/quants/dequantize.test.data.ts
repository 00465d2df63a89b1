import type { ReadableType } from './dequantize.js';

/** sha256 of 64 blocks as gguf's Python package dequantises them: the output of test/oracles/golden_gguf_blocks.py. */
export const goldenBlocks: Readonly<Record<ReadableType, string>> = {
  F32: '8a6277cc9d1c235be84b155a4902967eaeb7e0511c4c8a155ac9d565f554c4d0',
  F16: '2710e7d7f2b5bba48868446abdfbe1d6e0a580cf2fc59022fd7ac940e6e85628',
  BF16: '58a14e8ce6bd3e468c412f6ea7af817506ea5911c7dc2f27629bc9875faaa2f2',
  F64: '3f0f976f4139cab5c8dd903c723cb0176c98df171107dace24480575879c8cf3',
  Q8_0: '009c0c550b9e47e466a9e57bbffeef798428cd8e3226d5d4a78ab334c46823b3',
  Q4_0: '32137d4630662ddcbc8da7160a37b50e19c6f4648ff622f247eb231634f9f484',
  Q4_1: '979f8f96aab32ddc24dc7061dd2dda13b2033b5249922898b2a4ef74aab2117f',
  Q5_0: '6804830a6f1beb847bf73cf6a5a6e57e0580c0e20caf468ebd6eabf12dee9d33',
  Q5_1: '66636842d2abc354c107943fac4aa5e5d31a7881eb326c14a0a7fc042e16878b',
  Q4_K: '6b878075e9f91daaed52e61210ef5b7098e2a68bc09a3785d397323b4a705935',
  Q5_K: '00ae13b0f3dbbd8136e1b37d9fa82a29689255188704b5d6783eb6ff8cfe74bd',
  Q6_K: '6a72bc6e28c2abc6c2f90b7f7a36eecfa503e35cfd43f7cb6090463a5b39cf3a',
};
