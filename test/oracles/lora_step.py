"""The LoRA step of `npm run bench` in PyTorch: reads one JSON request a line, answers one JSON line each.

Frozen float32 weights and LoRA factors come from the same safetensors files that secateur reads. The decoder is
written out by hand, in the fastest form that eager PyTorch has for it: fused attention, cross-entropy and AdamW, the
adapter's scale on the small factor, its sum inside addmm. `transformers` is LlamaForCausalLM with peft instead.

    pip install torch safetensors            # and transformers peft, for --model transformers
    npm run bench -- --torch PYTHON

Development only: the product never needs Python.
"""

import argparse
import json
import os
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

CLIP = 1.0
RATE = 1e-4


class PlainDecoder(torch.nn.Module):
    """A LLaMA decoder with LoRA on all seven projections of a layer."""

    def __init__(self, folder, adapter, sequence):
        super().__init__()
        config = read_json(folder, "config.json")
        self.weights = load_file(os.path.join(folder, "model.safetensors"))
        scale = read_json(adapter, "adapter_config.json")
        self.scaling = scale["lora_alpha"] / scale["r"]
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.kv_heads = config["num_key_value_heads"]
        self.head_size = config.get("head_dim") or config["hidden_size"] // self.heads
        self.epsilon = config["rms_norm_eps"]
        self.rotation = rotary_tables(sequence, self.head_size, config.get("rope_theta", 10000.0))
        self.head = "model.embed_tokens" if config.get("tie_word_embeddings") else "lm_head"
        self.trained = {
            name.removeprefix("base_model.model."): torch.nn.Parameter(tensor.clone())
            for name, tensor in load_file(os.path.join(adapter, "adapter_model.safetensors")).items()
        }

    def norm(self, path, x):
        return F.rms_norm(x, x.shape[-1:], self.weights[f"{path}.weight"], self.epsilon)

    linear = staticmethod(F.linear)

    def project(self, path, x):
        a, b = self.trained[f"{path}.lora_A.weight"], self.trained[f"{path}.lora_B.weight"]
        small = F.linear(x, a) * self.scaling
        return torch.addmm(self.linear(x, self.weights[f"{path}.weight"]), small, b.t())

    def attend(self, path, x, batch, sequence):
        cos, sin = self.rotation

        def split(name, heads):
            y = self.project(f"{path}.{name}", x)
            return y.view(batch, sequence, heads, self.head_size).transpose(1, 2)

        def rotate(y):
            first, second = y.chunk(2, dim=-1)
            return y * cos + torch.cat((-second, first), dim=-1) * sin

        mixed = F.scaled_dot_product_attention(
            rotate(split("q_proj", self.heads)),
            rotate(split("k_proj", self.kv_heads)),
            split("v_proj", self.kv_heads),
            is_causal=True,
            enable_gqa=self.kv_heads != self.heads,
        )
        return self.project(f"{path}.o_proj", mixed.transpose(1, 2).reshape(batch * sequence, -1))

    def forward(self, ids, targets):
        x = F.embedding(ids, self.weights["model.embed_tokens.weight"]).flatten(0, 1)
        for layer in range(self.layers):
            path = f"model.layers.{layer}"
            x = x + self.attend(f"{path}.self_attn", self.norm(f"{path}.input_layernorm", x), *ids.shape)
            h = self.norm(f"{path}.post_attention_layernorm", x)
            gated = F.silu(self.project(f"{path}.mlp.gate_proj", h)) * self.project(f"{path}.mlp.up_proj", h)
            x = x + self.project(f"{path}.mlp.down_proj", gated)
        logits = self.linear(self.norm("model.norm", x), self.weights[f"{self.head}.weight"])
        return F.cross_entropy(logits, targets.flatten())


def onednn(x, w):
    return torch.ops.mkldnn._linear_pointwise(x, w, None, "none", [], "")


class FrozenLinear(torch.autograd.Function):
    """x W^T by oneDNN, with a gradient by x alone."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(w)
        return onednn(x, w)

    @staticmethod
    def backward(ctx, gradient):
        (w,) = ctx.saved_tensors
        return onednn(gradient, w.t()), None


class OneDnnDecoder(PlainDecoder):
    """The same with frozen products by oneDNN: PyTorch's own, MKL, uses no AVX-512 on processors that are not Intel's."""

    linear = staticmethod(FrozenLinear.apply)


class PeftDecoder(torch.nn.Module):
    """What most people run: transformers' decoder with peft's adapter."""

    def __init__(self, folder, adapter, _):
        super().__init__()
        import peft
        import transformers

        base = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="sdpa", local_files_only=True
        )
        self.model = peft.PeftModel.from_pretrained(base, adapter, is_trainable=True)
        self.trained = {
            name.removeprefix("base_model.model.").replace(".default", ""): tensor
            for name, tensor in self.model.named_parameters()
            if tensor.requires_grad
        }

    def forward(self, ids, targets):
        logits = self.model(input_ids=ids, use_cache=False).logits
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


class Bench:
    """Answers the requests of test/src/bench."""

    def open(self, folder, adapter, batch, decoder, compiled):
        start = time.perf_counter()
        given = read_json(batch)
        shape = given["batch"], given["sequence"]
        self.ids = torch.tensor(given["ids"]).reshape(shape)
        self.targets = torch.tensor(given["targets"]).reshape(shape)
        module = {"plain": PlainDecoder, "onednn": OneDnnDecoder, "peft": PeftDecoder}[decoder](folder, adapter, shape[1])
        self.trained = module.trained
        self.optimizer = torch.optim.AdamW(
            self.trained.values(), lr=RATE, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.0, fused=True
        )
        self.loss = torch.compile(module) if compiled else module
        return {"seconds": time.perf_counter() - start}

    def gradients(self, file):
        """Loss, and the gradients by LoRA in the order of their names, without an update."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.ids, self.targets)
        loss.backward()
        with open(file, "wb") as out:
            for name in sorted(self.trained):
                out.write(self.trained[name].grad.contiguous().numpy().tobytes())
        self.optimizer.zero_grad(set_to_none=True)
        return {"loss": loss.item()}

    def step(self):
        start = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.ids, self.targets)
        loss.backward()
        before = time.perf_counter()
        torch.nn.utils.clip_grad_norm_(self.trained.values(), CLIP)
        self.optimizer.step()
        value = loss.item()
        end = time.perf_counter()
        return {"seconds": end - start, "loss": value, "optimizerSeconds": end - before}

    def openForward(self, **_):
        return {"seconds": 0.0}

    def forward(self):
        start = time.perf_counter()
        with torch.no_grad():
            loss = self.loss(self.ids, self.targets).item()
        return {"seconds": time.perf_counter() - start, "loss": loss}

    def peaks(self, bursts=6, products=32, n=1024):
        """Best rate of chains of products of n x n matrices, in GFLOPS: PyTorch's own product, and oneDNN's."""
        w = torch.rand(n, n).sub_(0.5).mul_((12 / n) ** 0.5)
        rates = {}
        for name, product in (("PyTorch, MKL", torch.mm), ("PyTorch, oneDNN", onednn)):
            best = float("inf")
            for _ in range(bursts):
                x = w
                start = time.perf_counter()
                for _ in range(products):
                    x = product(x, w)
                best = min(best, time.perf_counter() - start)
            rates[name] = products * 2 * n**3 / best / 1e9
        return rates

    def memory(self):
        with open("/proc/self/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        read = lambda name: int(fields[name].split()[0]) * 1024
        return {"peak": read("VmHWM"), "anonymous": read("RssAnon"), "mapped": read("RssFile")}


def rotary_tables(sequence, head_size, theta):
    """cos and sin of position * theta^(-2i/D), [S, D] each, as rotating halves needs them."""
    powers = torch.arange(0, head_size, 2, dtype=torch.float32) / head_size
    angles = torch.outer(torch.arange(sequence, dtype=torch.float32), theta**-powers).repeat(1, 2)
    return angles.cos(), angles.sin()


def read_json(*path):
    with open(os.path.join(*path)) as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    torch.set_num_threads(parser.parse_args().threads)
    torch.manual_seed(0)
    bench = Bench()
    print(json.dumps({"version": f"torch {torch.__version__}"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        action = request.pop("do")
        try:
            answer = getattr(bench, action)(**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)


main()
