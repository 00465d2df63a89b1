"""Perplexity of a model on WikiText in chunks: `secateur eval --text` against transformers, by the protocol of the
pruning papers.

    python check_perplexity.py MODEL TEXT ROWS.jsonl 128 2048

TEXT is a raw split in one file, of which the data set has each line as a row, blank ones as empty; ROWS.jsonl is
written for secateur. Papers join the rows with an empty line to one stream, and cut it into chunks of so many tokens,
of which each predicts its tokens but the first; the tail is dropped.
"""
import json
import math
import os
import subprocess
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

TOLERANCE = 1e-3
PROGRAM = Path(__file__).parents[2] / "adapters/cli/dist/bin.js"


def theirs(model, ids, chunk):
    pieces = torch.tensor(ids[: len(ids) // chunk * chunk]).view(-1, chunk)
    nats = 0.0
    for batch in pieces.split(max(1, 2048 // chunk)):
        with torch.no_grad():
            logits = model(batch).logits[:, :-1].flatten(0, 1)
        nats += torch.nn.functional.cross_entropy(logits.double(), batch[:, 1:].flatten(), reduction="sum").item()
    count = len(pieces) * (chunk - 1)
    return math.exp(nats / count), count


folder, text, file, *chunks = sys.argv[1:]
with open(text, encoding="utf-8", newline="\n") as lines:
    rows = [line if line.strip() else "" for line in lines]
Path(file).write_text("".join(json.dumps({"text": row}, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
ids = tokenizer("\n\n".join(rows))["input_ids"]
print(f"transformers {transformers.__version__}, torch {torch.__version__}, {len(rows)} rows, {len(ids)} tokens")
worst = 0
for chunk in map(int, chunks):
    command = ["node", str(PROGRAM), "eval", folder, "--text", file, "--chunk", str(chunk), "--json"]
    ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    perplexity, count = theirs(model, ids, chunk)
    assert ours["tokens"] == count, (ours["tokens"], count)
    gap = abs(ours["perplexity"] / perplexity - 1)
    worst = max(worst, gap)
    print(f"chunks of {chunk}: secateur {ours['perplexity']:.6f}, transformers {perplexity:.6f}, apart by {gap:.1e} of it", flush=True)
print(f"allowed {TOLERANCE:.0e}")
sys.exit(worst > TOLERANCE)
