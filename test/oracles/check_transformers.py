"""Opens what secateur wrote with transformers and peft, and compares logits: with eager attention and sdpa, and, where
there is no adapter, greedy generation with and without a cache, and what save_pretrained makes of it.

    pip install torch transformers peft
    npm run build && node test/dist/oracles/write-cases.js FOLDER
    python test/oracles/check_transformers.py FOLDER

Development only: the product never needs Python.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import tempfile

os.environ["HF_MODULES_CACHE"] = tempfile.mkdtemp()

import torch
import transformers

try:
    import peft
except ImportError:
    peft = None

TOLERANCE = 1e-4

with open(os.path.join(sys.argv[1], "cases.json")) as file:
    given = json.load(file)
ids = torch.tensor(given["ids"]).reshape(given["batch"], given["sequence"])


def open_model(folder, attention):
    with open(os.path.join(folder, "config.json")) as config:
        own_code = "auto_map" in json.load(config)
    return transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation=attention, trust_remote_code=own_code
    ).eval()


def logits_of(model):
    with torch.no_grad():
        return model(ids).logits.flatten()


def check_generation(model):
    """The same tokens with a cache, which counts tokens and keeps keys by layer, and without."""
    told = {"max_new_tokens": 6, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    mask = torch.ones_like(ids[:, :9])
    mask[0, :3] = 0
    given = [model.generate(ids[:, :9], attention_mask=mask, use_cache=cache, **told) for cache in (True, False)]
    assert torch.equal(*given), given


def check_saving(model, logits):
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        assert torch.equal(logits_of(open_model(folder, "eager")), logits)


print(f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__ if peft else '-'}")
worst = 0.0
for case in given["cases"]:
    model = open_model(case["model"], "eager")
    if "adapter" in case:
        if not peft:
            continue
        model = peft.PeftModel.from_pretrained(model, case["adapter"])
    else:
        check_generation(model)
    logits = logits_of(model)
    if "adapter" not in case:
        check_saving(model, logits)
    ours = torch.tensor(case["logits"])
    fast = logits_of(open_model(case["model"], "sdpa")) if "adapter" not in case else logits
    difference = max((found - ours).abs().max().item() for found in (logits, fast))
    worst = max(worst, difference)
    print(f"{difference:.1e}  {case['name']}")
print(f"largest difference {worst:.1e}, allowed {TOLERANCE:.0e}")
sys.exit(0 if worst <= TOLERANCE else 1)
