"""Opens what secateur wrote with transformers and peft, and compares logits.

    pip install torch transformers peft
    npm run build && node test/dist/oracles/write-cases.js FOLDER
    python test/oracles/check_transformers.py FOLDER

Development only: the product never needs Python.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers

TOLERANCE = 1e-4

with open(os.path.join(sys.argv[1], "cases.json")) as file:
    given = json.load(file)
ids = torch.tensor(given["ids"]).reshape(given["batch"], given["sequence"])

print(f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}")
worst = 0.0
for case in given["cases"]:
    model = transformers.AutoModelForCausalLM.from_pretrained(
        case["model"], dtype=torch.float32, attn_implementation="eager"
    )
    if "adapter" in case:
        model = peft.PeftModel.from_pretrained(model, case["adapter"])
    model.eval()
    with torch.no_grad():
        logits = model(ids).logits.flatten()
    ours = torch.tensor(case["logits"])
    difference = (logits - ours).abs().max().item()
    worst = max(worst, difference)
    print(f"{difference:.1e}  {case['name']}")
print(f"largest difference {worst:.1e}, allowed {TOLERANCE:.0e}")
sys.exit(0 if worst <= TOLERANCE else 1)
