"""
The hash of Q8_0 blocks that gguf (llama.cpp's package) makes of float32 numbers: what
adapters/exporter-gguf/src/file/encode-q8.test.ts records. Numbers come from a linear congruential generator, so that both
sides make the same; a block of zeros and one whose ratios end in .5 come first.

    python golden_gguf_q8.py
"""
import hashlib
import json

import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import quantize

BLOCKS = 4096

state, blocks = 1, []
for block in range(BLOCKS):
    scale = 2.0 ** (block % 40 - 20)
    row = []
    for _ in range(32):
        state = (state * 1664525 + 1013904223) % 2**32
        row.append((state / 2**31 - 1) * scale)
    blocks.append(row)
blocks[0] = [0.0] * 32
blocks[1] = [127.0] + [(-1) ** i * (i + 0.5) for i in range(31)]
values = np.array(blocks, dtype=np.float32)
stored = quantize(values, GGMLQuantizationType.Q8_0)
print(json.dumps({"bytes": stored.size, "sha256": hashlib.sha256(stored.tobytes()).hexdigest()}))
