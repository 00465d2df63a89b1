"""Scores of a tiny LLaMA by every published saliency, from their definitions by PyTorch's autograd in float64.

Weights, LoRA and tokens come from formulas that test/src/oracles/golden-model.ts has too, so nothing but scores is
stored. A test beside that file holds our scorers to them.

    pip install torch==2.13.0
    python test/oracles/golden_saliency.py > test/oracles/golden_saliency.json

Development only: the product never needs Python.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

HIDDEN, HEADS, KV_HEADS, SIZE, CHANNELS, LAYERS, VOCABULARY = 16, 4, 2, 4, 24, 2, 19
RANK, SCALING, EPSILON, THETA = 2, 2.0, 1e-5, 10000.0
QUERIES = HEADS // KV_HEADS
# k_proj has no LoRA, so that scores by LoRA have something to leave out.
ADAPTED = ["q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# Tokens, the first counted one, and the next tokens: the second is a record with a prompt, the third is short.
SEQUENCES = [
    ([3, 7, 1, 12, 5, 18], [7, 1, 12, 5, 18, 2], 0),
    ([4, 4, 9, 16, 0, 11], [4, 9, 16, 0, 11, 8], 2),
    ([10, 6, 13, 15], [6, 13, 15, 17], 0),
]


def shapes():
    """Names and shapes of all arrays, in the order that seeds them."""
    base = {"model.embed_tokens.weight": (VOCABULARY, HIDDEN)}
    lora = {}
    for i in range(LAYERS):
        path = f"model.layers.{i}"
        parts = {
            "input_layernorm": (HIDDEN,),
            "self_attn.q_proj": (HEADS * SIZE, HIDDEN),
            "self_attn.k_proj": (KV_HEADS * SIZE, HIDDEN),
            "self_attn.v_proj": (KV_HEADS * SIZE, HIDDEN),
            "self_attn.o_proj": (HIDDEN, HEADS * SIZE),
            "post_attention_layernorm": (HIDDEN,),
            "mlp.gate_proj": (CHANNELS, HIDDEN),
            "mlp.up_proj": (CHANNELS, HIDDEN),
            "mlp.down_proj": (HIDDEN, CHANNELS),
        }
        for part, shape in parts.items():
            base[f"{path}.{part}.weight"] = shape
            if part.split(".")[-1] in ADAPTED:
                lora[f"{path}.{part}.lora_A.weight"] = (RANK, shape[1])
                lora[f"{path}.{part}.lora_B.weight"] = (shape[0], RANK)
    base["model.norm.weight"] = (HIDDEN,)
    base["lm_head.weight"] = (VOCABULARY, HIDDEN)
    return base, lora


def drawn(name, shape, seed):
    """Uniform numbers of the "minimal standard" generator x <- 48271 x mod 2^31 - 1, exact in float64, to float32."""
    modulus, state, values = 2**31 - 1, seed, []
    for _ in range(16):
        state = 48271 * state % modulus
    for _ in range(math.prod(shape)):
        state = 48271 * state % modulus
        unit = 2 * state / modulus - 1
        values.append(1 + unit / 4 if "norm" in name else unit / 2)
    return torch.tensor(values).float().double().reshape(shape).requires_grad_()


BASE, LORA = shapes()
P = {name: drawn(name, shape, 7919 + i) for i, (name, shape) in enumerate((BASE | LORA).items())}


def effective(module):
    w = P[f"{module}.weight"]
    if f"{module}.lora_A.weight" not in P:
        return w
    return w + SCALING * P[f"{module}.lora_B.weight"] @ P[f"{module}.lora_A.weight"]


def norm(name, x):
    return P[name] * x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON)


def rotated(x):
    """x [tokens, heads, size], the first half of a head paired with the second."""
    power = torch.arange(0, SIZE, 2) / SIZE
    angles = torch.outer(torch.arange(float(len(x))), THETA**-power).repeat(1, 2)[:, None]
    first, second = x.chunk(2, -1)
    return x * angles.cos() + torch.cat((-second, first), -1) * angles.sin()


def forward(ids, gates=None):
    """Logits; the inputs of all linear layers, and the hidden states between layers."""
    inputs, hidden = {}, [P["model.embed_tokens.weight"][ids]]
    later = torch.ones(len(ids), len(ids), dtype=torch.bool).triu(1)
    for i in range(LAYERS):
        path, x = f"model.layers.{i}", hidden[-1]
        h = norm(f"{path}.input_layernorm.weight", x)
        inputs |= {f"{path}.self_attn.{name}_proj": h for name in "qkv"}
        split = lambda name: (h @ effective(f"{path}.self_attn.{name}").T).reshape(len(ids), -1, SIZE)
        q, k, v = rotated(split("q_proj")), rotated(split("k_proj")), split("v_proj")
        k, v = (t.repeat_interleave(QUERIES, 1) for t in (k, v))
        scores = torch.einsum("qhd,khd->hqk", q, k) / math.sqrt(SIZE)
        mixed = torch.einsum("hqk,khd->qhd", scores.masked_fill(later, -torch.inf).softmax(-1), v).flatten(1)
        if gates:
            mixed = mixed * gates[f"{path}.self_attn"].repeat_interleave(QUERIES * SIZE)
        inputs[f"{path}.self_attn.o_proj"] = mixed
        x = x + mixed @ effective(f"{path}.self_attn.o_proj").T
        h = norm(f"{path}.post_attention_layernorm.weight", x)
        inputs |= {f"{path}.mlp.{name}_proj": h for name in ("gate", "up")}
        gated = F.silu(h @ effective(f"{path}.mlp.gate_proj").T) * (h @ effective(f"{path}.mlp.up_proj").T)
        if gates:
            gated = gated * gates[f"{path}.mlp"]
        inputs[f"{path}.mlp.down_proj"] = gated
        hidden.append(x + gated @ effective(f"{path}.mlp.down_proj").T)
    return norm("model.norm.weight", hidden[-1]) @ P["lm_head.weight"].T, inputs, hidden


class Group:
    """The units of one module, and where they lie: rows of some weights, columns of one."""

    def __init__(self, layer, kind):
        self.layer, self.kind = layer, kind
        attention = kind == "kv-head"
        self.module = f"model.layers.{layer}." + ("self_attn" if attention else "mlp")
        self.units = KV_HEADS if attention else CHANNELS
        self.rows = ["q_proj", "k_proj", "v_proj"] if attention else ["gate_proj", "up_proj"]
        self.reader = "o_proj" if attention else "down_proj"

    def per_unit(self, of, sides=("rows", "columns")):
        """of(module name) [out, in] by unit: for each weight a tensor [units, entries]."""
        found = []
        if "rows" in sides:
            found += [of(f"{self.module}.{name}").reshape(self.units, -1) for name in self.rows]
        if "columns" in sides:
            found.append(of(f"{self.module}.{self.reader}").T.reshape(self.units, -1))
        return found

    def cost(self):
        return sum(w.shape[1] for w in self.per_unit(lambda module: P[f"{module}.weight"]))


GROUPS = [Group(layer, kind) for layer in range(LAYERS) for kind in ("kv-head", "channel")]


def measured():
    """Gradients of the mean loss, the Fisher diagonal, gradients by gates per sequence, inputs, hidden states."""
    names = [name for name in P if name.endswith("proj.weight") or "lora" in name]
    total, fisher, by_gate, inputs, cosines, tokens = {}, {}, {}, {}, {}, 0
    for ids, targets, first in SEQUENCES:
        gates = {group.module: torch.ones(group.units, requires_grad=True) for group in GROUPS}
        logits, seen, hidden = forward(torch.tensor(ids), gates)
        losses = F.cross_entropy(logits, torch.tensor(targets), reduction="none")[first:]
        found = torch.autograd.grad(losses.mean(), [P[name] for name in names] + list(gates.values()))
        for name, g in zip(names, found):
            total[name] = total.get(name, 0) + len(losses) * g
            fisher[name] = fisher.get(name, 0) + g**2 / len(SEQUENCES)
        for module, g in zip(gates, found[len(names) :]):
            by_gate.setdefault(module, []).append(g)
        for module, x in seen.items():
            inputs.setdefault(module, []).append(x)
        for i in range(LAYERS):
            cosines.setdefault(i, []).append(F.cosine_similarity(hidden[i], hidden[i + 1], -1))
        tokens += len(losses)
    return (
        {name: g / tokens for name, g in total.items()},
        fisher,
        {module: torch.stack(g) for module, g in by_gate.items()},
        {module: torch.cat(x) for module, x in inputs.items()},
        {i: torch.cat(c).mean() for i, c in cosines.items()},
    )


GRADIENT, FISHER, BY_GATE, INPUTS, COSINES = measured()
weight = lambda module: P[f"{module}.weight"]
gradient = lambda module: GRADIENT[f"{module}.weight"]
curvature = lambda module: FISHER[f"{module}.weight"]


def summed(of):
    return lambda group: sum(w.sum(1) for w in group.per_unit(of))


def by_columns(of):
    """of(module) [in], summed over the columns that read a unit."""
    return lambda group: of(f"{group.module}.{group.reader}").reshape(group.units, -1).sum(1)


def flap(metric, standardise):
    def columns(module):
        w, x = effective(module), INPUTS[module]
        s = {
            "wifv": lambda: x.var(0, correction=0) * w.pow(2).sum(0),
            "ifv": lambda: x.var(0, correction=0),
            "wifn": lambda: w.abs().mean(0) * x.norm(dim=0),
        }[metric]()
        return (s - s.mean()) / s.std() if standardise else s

    def score(group):
        s = columns(f"{group.module}.{group.reader}").reshape(group.units, -1)
        return s.mean(1) if standardise else s.sum(1)

    return score


def loraprune(group):
    def importance(module):
        if f"{module}.lora_A.weight" not in P:
            return None
        a, b = (P[f"{module}.lora_{x}.weight"] for x in "AB")
        by_a, by_b = (GRADIENT[f"{module}.lora_{x}.weight"] for x in "AB")
        step = SCALING * (by_b @ a + b @ by_a - by_b @ by_a)
        return (step * effective(module)).abs()

    total = 0
    for name in group.rows + [group.reader]:
        found = importance(f"{group.module}.{name}")
        if found is None:
            continue
        by_unit = (found.T if name == group.reader else found).reshape(group.units, -1).sum(1)
        total = total + by_unit / by_unit.norm()
    return total


def proxies(surrogate, sides, sign):
    """Five proxies of x and v, each brought to length 1 over all groups."""
    found = {name: [] for name in ("magnitude", "averageMagnitude", "cosine", "taylorFirst", "taylorSecond")}
    for group in GROUPS:
        x = torch.cat(group.per_unit(weight, sides), 1)
        v = torch.cat(group.per_unit(surrogate, sides), 1)
        inner = (x * v).sum(1)
        found["magnitude"].append(x.norm(dim=1))
        found["averageMagnitude"].append(x.norm(dim=1) / x.shape[1])
        found["cosine"].append(1 + sign * inner / (x.norm(dim=1) * v.norm(dim=1)))
        found["taylorFirst"].append(inner.abs())
        found["taylorSecond"].append(inner**2 / 2)
    for name, by_group in found.items():
        length = torch.cat(by_group).norm()
        found[name] = {group.module: s / length for group, s in zip(GROUPS, by_group)}
    return found


def update(module):
    if f"{module}.lora_A.weight" not in P:
        return torch.zeros_like(weight(module))
    return P[f"{module}.lora_B.weight"] @ P[f"{module}.lora_A.weight"]


def all_scores():
    by_gate = lambda f: lambda group: f(BY_GATE[group.module])
    wg = lambda module: weight(module) * gradient(module)
    wfw = lambda module: weight(module) * curvature(module) * weight(module)
    definitions = {
        "magnitude l2": lambda group: summed(lambda module: effective(module) ** 2)(group).sqrt(),
        "magnitude l1": summed(lambda module: effective(module).abs()),
        "magnitude average": lambda group: (
            summed(lambda module: effective(module) ** 2)(group) / group.cost()
        ).sqrt(),
        "magnitude columns": by_columns(lambda module: effective(module).norm(dim=0)),
        "wanda": by_columns(lambda module: effective(module).abs().mean(0) * INPUTS[module].norm(dim=0)),
        "taylor absolute": by_gate(lambda g: g.abs().mean(0)),
        "taylor signed": by_gate(lambda g: g.mean(0).abs()),
        "taylor fisher": by_gate(lambda g: (g**2).mean(0)),
        "taylor second": by_gate(lambda g: -g.mean(0) + (g**2).mean(0) / 2),
        "taylor element-first": summed(lambda module: wg(module).abs()),
        "taylor element-second": summed(lambda module: wfw(module).abs()),
        "taylor element-mixed": summed(lambda module: (wg(module) - wfw(module) / 2).abs()),
        "taylor vector": lambda group: summed(wg)(group).abs(),
        "loraprune": loraprune,
        "block-influence": lambda group: (1 - COSINES[group.layer]).expand(group.units),
    }
    for metric in ("wifv", "ifv", "wifn"):
        definitions[f"flap {metric}"] = flap(metric, True)
        definitions[f"flap {metric} raw"] = flap(metric, False)
    scores = {
        name: {group.module: score(group) for group in GROUPS} for name, score in definitions.items()
    }
    for name, found in (
        ("hesso", proxies(gradient, ("rows", "columns"), -1)),
        ("lora", proxies(update, ("rows",), 1)),
    ):
        scores |= {f"{name} {proxy}": by_module for proxy, by_module in found.items()}
        scores[name] = {
            group.module: 0.2 * sum(by_module[group.module] for by_module in found.values())
            for group in GROUPS
        }
    return scores


def share_of_each(by_module, ratio):
    """The units of lowest score, alike from every group."""
    chosen = {}
    for group in GROUPS:
        order = sorted(range(group.units), key=lambda unit: (by_module[group.module][unit].item(), unit))
        chosen[group.module] = sorted(order[: round(ratio * group.units)])
    return chosen


def one_list(by_module, ratio):
    """FLAP's AL-AM: all units by rising score, as long as the parameters that go stay within the budget.

    It is met to the nearest neuron: a head that would pass it stays, and neurons behind it go instead.
    """
    units = [
        (by_module[group.module][unit].item(), group.cost(), group.module, unit)
        for group in GROUPS
        for unit in range(group.units)
    ]
    smallest = min(cost for _, cost, _, _ in units)
    left = ratio * sum(cost for _, cost, _, _ in units) + smallest / 2
    chosen = {group.module: [] for group in GROUPS}
    for _, cost, module, unit in sorted(units):
        if cost <= left:
            left -= cost
            chosen[module].append(unit)
    return {module: sorted(found) for module, found in chosen.items()}


def main():
    scores = all_scores()
    ratios = ("0.2", "0.5")
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "scores": {
                    name: {module: found.tolist() for module, found in by_module.items()}
                    for name, by_module in scores.items()
                },
                "lowest": {
                    name: {ratio: share_of_each(by_module, float(ratio)) for ratio in ratios}
                    for name, by_module in scores.items()
                },
                "oneList": {
                    name: {ratio: one_list(by_module, float(ratio)) for ratio in ratios}
                    for name, by_module in scores.items()
                    if name.startswith("flap") and not name.endswith("raw")
                },
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
