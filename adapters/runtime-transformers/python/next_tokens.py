"""What transformers says of a model folder, for secateur.

    next_tokens.py --versions            prints {"transformers": "...", "torch": "..."}
    next_tokens.py < request.json        writes float32, little-endian, [prompts, vocabulary]

The request is {"folder": path, "prompts": [[id, ...], ...], "own_code": bool}. Everything that libraries print goes to
stderr.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import sys

out = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
import transformers  # noqa: E402

if sys.argv[1:] == ["--versions"]:
    out.write(json.dumps({"transformers": transformers.__version__, "torch": torch.__version__}).encode())
    out.close()
    sys.exit(0)

request = json.load(sys.stdin)
# Whatever the weights are stored as, they are computed with in float32.
model = transformers.AutoModelForCausalLM.from_pretrained(
    request["folder"], trust_remote_code=request["own_code"]
)
model = model.float().eval()
with torch.no_grad():
    for prompt in request["prompts"]:
        logits = model(torch.tensor([prompt]), use_cache=False).logits[0, -1]
        out.write(torch.softmax(logits.double(), dim=0).float().numpy().astype("<f4").tobytes())
out.close()
