"""
Hashes of blocks that gguf (llama.cpp's package) dequantises: what adapters/checkpoint-gguf/src/quants/dequantize.test.data.ts
records. Bytes come from a linear congruential generator, so that both sides make the same; what is no number counts as 0.

    python golden_gguf_blocks.py
"""
import hashlib
import json

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

BLOCKS = 64
TYPES = "F32 F16 BF16 F64 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q4_K Q5_K Q6_K".split()


def random_bytes(seed, count):
    state, out = seed, bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out.append(state >> 24)
    return np.frombuffer(bytes(out), dtype=np.uint8)


for name in TYPES:
    kind = GGMLQuantizationType[name]
    block, size = GGML_QUANT_SIZES[kind]
    stored = random_bytes(kind.value + 1, BLOCKS * size).reshape(BLOCKS, size)
    with np.errstate(all="ignore"):
        if name == "F64":
            values = stored.view(np.float64).astype(np.float32)
        else:
            values = dequantize(stored, kind)
    values = np.where(np.isnan(values), np.float32(0), values).astype("<f4").ravel()
    digest = hashlib.sha256(values.tobytes()).hexdigest()
    print(json.dumps({"type": name, "first": [float(f"{v:.9g}") for v in values[:3]], "sha256": digest}))
