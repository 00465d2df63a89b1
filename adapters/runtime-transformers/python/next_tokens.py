"""What transformers says of a model folder, for secateur.

    next_tokens.py --versions            prints {"transformers": "...", "torch": "..."}
    next_tokens.py                       writes float32, little-endian, [prompts, vocabulary]

The request is one line on stdin: {"folder": path, "prompts": [[id, ...], ...], "own_code": bool}. Whoever asks keeps
stdin open: when it closes, nobody waits for an answer any more. Everything that libraries print goes to stderr.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import sys
import threading

out = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
import transformers  # noqa: E402

if sys.argv[1:] == ["--versions"]:
    out.write(json.dumps({"transformers": transformers.__version__, "torch": torch.__version__}).encode())
    out.close()
    sys.exit(0)

request = json.loads(sys.stdin.readline())


def leave_with_asker():
    # Past sys.stdin, whose lock the interpreter wants at its end.
    while os.read(0, 4096):
        pass
    os._exit(1)


threading.Thread(target=leave_with_asker, daemon=True).start()
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
