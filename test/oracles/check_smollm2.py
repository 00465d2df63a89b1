"""Opens SmolLM2 as secateur wrote it, out of its GGUF file, with stock transformers: token ids, and logits at every place.

    npm run fetch:smollm2
    npm run build && node test/dist/oracles/write-smollm2.js FOLDER
    python test/oracles/check_smollm2.py FOLDER
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

TOLERANCE = 1e-3

folder = sys.argv[1]
with open(os.path.join(folder, "case.json")) as file:
    case = json.load(file)
model = transformers.AutoModelForCausalLM.from_pretrained(
    os.path.join(folder, "model"), dtype=torch.float32
).eval()
tokenizer = transformers.AutoTokenizer.from_pretrained(os.path.join(folder, "model"))
ids = tokenizer(case["text"], add_special_tokens=False)["input_ids"]
assert ids == case["ids"], "the tokenizer gives other ids"
with torch.no_grad():
    theirs = model(torch.tensor([ids])).logits.flatten()
with open(os.path.join(folder, "logits.f32"), "rb") as file:
    ours = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
gap = (ours - theirs).abs().max().item()
print(f"transformers {transformers.__version__}, torch {torch.__version__}, {type(model).__name__}")
print(f"{len(ids)} tokens, logits from {theirs.min():.1f} to {theirs.max():.1f}")
print(f"largest difference {gap:.1e}, allowed {TOLERANCE:.0e}")
sys.exit(gap > TOLERANCE)
