"""Zeros that WANDA and SparseGPT put into a tiny LLaMA, from the papers' definitions by PyTorch in float64.

The model and its tokens are those of golden_saliency.py. Layer by layer: the inputs of a layer are collected, all of its
matrices are masked, base and LoRA as their sum, and the next layer sees what the masked one gives. A test beside
test/src/oracles/golden-model.ts holds our optimizers to what is printed.

    pip install torch==2.13.0
    python test/oracles/golden_masks.py > test/oracles/golden_masks.json

Development only: the product never needs Python.
"""

import json

import torch

from golden_saliency import LAYERS, P, SEQUENCES, effective, forward

DAMP, BLOCK = 0.01, 8
MODULES = [f"self_attn.{x}_proj" for x in "qkvo"] + [f"mlp.{x}_proj" for x in ("gate", "up", "down")]
# Matrices of which the weights are printed, and not only where the zeros lie.
SHOWN = ["model.layers.1.self_attn.o_proj", "model.layers.1.mlp.down_proj"]


def collected(layer):
    """The inputs of the matrices of one layer as the model stands, by sequence."""
    seen = {}
    for ids, _, _ in SEQUENCES:
        _, inputs, _ = forward(torch.tensor(ids))
        for module in MODULES:
            seen.setdefault(module, []).append(inputs[f"model.layers.{layer}.{module}"])
    return seen


def lowest(scores, count):
    """True for the lowest of each row."""
    order = scores.argsort(dim=1, stable=True)
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(1, order[:, :count], True)


def wanda(w, xs, ratio, pattern):
    scores = w.abs() * torch.cat(xs).norm(dim=0)
    if pattern is None:
        return w.masked_fill(lowest(scores, int(w.shape[1] * ratio)), 0)
    n, m = pattern
    return w.masked_fill(lowest(scores.reshape(-1, m), n).reshape(w.shape), 0)


def sparsegpt(w, xs, ratio, pattern):
    w, size = w.clone(), w.shape[1]
    h = 2 / len(xs) * sum(x.T @ x for x in xs)
    h += DAMP * h.diagonal().mean() * torch.eye(size)
    u = torch.linalg.cholesky(torch.linalg.inv(h), upper=True)
    pivots = u.diagonal()
    for start in range(0, size, BLOCK):
        block = slice(start, min(start + BLOCK, size))
        scores = (w[:, block] / pivots[block]) ** 2
        width = scores.shape[1]
        goes = lowest(scores.reshape(1, -1), int(scores.numel() * ratio)).reshape(scores.shape)
        for j in range(start, start + width):
            if pattern is not None and j % pattern[1] == 0:
                few = slice(j, j + pattern[1])
                goes[:, j - start : j - start + pattern[1]] = lowest((w[:, few] / pivots[few]) ** 2, pattern[0])
            gone = torch.where(goes[:, j - start], w[:, j], 0.0)
            # Over all columns to the right at once: blocks only say when masks are chosen.
            w[:, j:] -= torch.outer(gone / pivots[j], u[j, j:])
            w[goes[:, j - start], j] = 0
    return w


def masked(method, ratio, pattern):
    """All matrices by name, and the model as it was again."""
    before, result = dict(P), {}
    for layer in range(LAYERS):
        xs = collected(layer)
        for module in MODULES:
            name = f"model.layers.{layer}.{module}"
            result[name] = method(effective(name), xs[module], ratio, pattern)
        for name, w in result.items():
            P[f"{name}.weight"] = w
            P.pop(f"{name}.lora_A.weight", None)
    P.clear()
    P.update(before)
    return result


@torch.no_grad()
def main():
    cases = {}
    for name, method in (("wanda", wanda), ("sparsegpt", sparsegpt)):
        for label, ratio, pattern in (("row", 0.4, None), ("2:4", 0.5, (2, 4))):
            found = masked(method, ratio, pattern)
            cases[f"{name} {label}"] = {
                "ratio": ratio,
                "zeros": {
                    module: ["".join(str(int(x == 0)) for x in row) for row in w.tolist()]
                    for module, w in found.items()
                },
                "weights": {
                    module: [float(f"{x:.8g}") for x in found[module].flatten().tolist()] for module in SHOWN
                },
            }
    print(json.dumps({"torch": torch.__version__, "damp": DAMP, "block": BLOCK, "cases": cases}, indent=1))


main()
