"""Checks exported ONNX models with onnx.checker, and compares logits of onnxruntime: whole, token by token, padded.

    pip install onnx onnxruntime
    npm run build && node test/dist/oracles/write-onnx-cases.js FOLDER
    python test/oracles/check_onnx.py FOLDER

Development only: the product never needs Python.
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-4

with open(os.path.join(sys.argv[1], "cases.json")) as file:
    given = json.load(file)
batch, sequence = given["batch"], given["sequence"]
ids = np.array(given["ids"], np.int64).reshape(batch, sequence)


class Decoder:
    def __init__(self, file):
        self.session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in self.session.get_outputs()]

    def __call__(self, ids, past=None, mask=None, positions=None):
        before = next(iter(past.values())).shape[2] if past else 0
        if mask is None:
            mask = np.ones((len(ids), before + ids.shape[1]), np.int64)
        if positions is None:
            positions = np.tile(np.arange(before, before + ids.shape[1]), (len(ids), 1))
        feeds = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
        for given in self.session.get_inputs():
            if given.name.startswith("past_key_values"):
                _, heads, _, size = given.shape
                feeds[given.name] = (
                    past[given.name] if past else np.zeros((len(ids), heads, 0, size), np.float32)
                )
        found = dict(zip(self.names, self.session.run(None, feeds)))
        cache = {name.replace("present", "past_key_values"): x for name, x in found.items() if name != "logits"}
        return found["logits"], cache


def largest(a, b):
    return float(np.abs(a - b).max())


print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
print("whole    by token padded")
worst = 0.0
for case in given["cases"]:
    onnx.checker.check_model(case["file"], full_check=True)
    model = onnx.load(case["file"], load_external_data=False)
    domains = {node.domain for node in model.graph.node}
    assert domains == {""}, domains
    decode = Decoder(case["file"])
    logits, _ = decode(ids)
    expected = np.array(case["logits"], np.float32).reshape(logits.shape) if "logits" in case else logits
    whole = largest(logits, expected)

    _, cache = decode(ids[:, :5])
    steps = []
    for i in range(5, sequence):
        step, cache = decode(ids[:, i : i + 1], cache)
        steps.append(step[:, 0])
    by_token = largest(np.stack(steps, 1), logits[:, 5:])

    rows = ids.copy()
    rows[1, :9], rows[1, 9:] = 0, ids[1, : sequence - 9]
    mask = np.ones_like(rows)
    mask[1, :9] = 0
    positions = np.maximum(mask.cumsum(1) - 1, 0)
    found, _ = decode(rows, mask=mask, positions=positions)
    alone, _ = decode(ids[1:, : sequence - 9])
    padded = max(largest(found[0], logits[0]), largest(found[1, 9:], alone[0]))

    worst = max(worst, whole, by_token, padded)
    print(f"{whole:.1e}  {by_token:.1e}  {padded:.1e}  {case['name']}")
print(f"largest difference {worst:.1e}, allowed {TOLERANCE:.0e}")
sys.exit(0 if worst <= TOLERANCE else 1)
