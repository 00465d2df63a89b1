"""Word and byte perplexity of WikiText by document: `secateur eval --tasks wikitext` against lm-evaluation-harness.

    python check_wikitext.py MODEL TEXT PAGES.jsonl

TEXT is a raw split in one file, of which a page begins at each title, ` = Title = `; PAGES.jsonl is written, and both
programs read it.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets
import lm_eval
import torch
import transformers

TOLERANCE = 1e-4
PROGRAM = Path(__file__).parents[2] / "adapters/cli/dist/bin.js"

model, text, pages = sys.argv[1:]
starts = re.split(r"(?m)^(?= = [^=].*[^=] = $)", Path(text).read_text(encoding="utf-8"))
rows = [{"page": page} for page in starts if page.strip()]
Path(pages).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def load(*_, **__):
    split = datasets.Dataset.from_list(rows)
    return datasets.DatasetDict(train=split.select([0]), validation=split, test=split)


datasets.load_dataset = load
print(f"lm-eval {lm_eval.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, {len(rows)} pages")
found = lm_eval.simple_evaluate(
    model="hf",
    model_args={"pretrained": model, "dtype": "float32"},
    tasks=["wikitext"],
    batch_size=1,
    device="cpu",
    bootstrap_iters=0,
)["results"]["wikitext"]
command = ["node", str(PROGRAM), "eval", model, "--tasks", "wikitext", "--data", f"wikitext={pages}", "--json"]
ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["tasks"]["wikitext"]
worst = 0
for theirs, name in [("word_perplexity", "wordPerplexity"), ("byte_perplexity", "bytePerplexity"), ("bits_per_byte", "bitsPerByte")]:
    value = found[f"{theirs},none"]
    gap = abs(ours[name] / value - 1)
    worst = max(worst, gap)
    print(f"{theirs}: secateur {ours[name]:.6f}, harness {value:.6f}, apart by {gap:.1e} of it")
print(f"allowed {TOLERANCE:.0e}")
sys.exit(worst > TOLERANCE)
