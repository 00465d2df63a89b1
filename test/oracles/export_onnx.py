"""Exports a tiny LLaMA with random weights by torch.onnx.export, as other people do, and records what onnxruntime says.

    pip install torch==2.13.0 transformers onnx onnxscript onnxruntime
    python test/oracles/export_onnx.py FOLDER

Writes torch-llama.onnx and torch-llama.json (ids, logits of onnxruntime, sizes), which are kept in
plugins/tracer-onnx/fixtures. Development only: the product never needs Python.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import onnx
import onnxruntime
import onnxscript
import torch
import transformers

folder = sys.argv[1]
torch.manual_seed(1)
config = transformers.LlamaConfig(
    vocab_size=23,
    hidden_size=16,
    intermediate_size=12,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=4,
    max_position_embeddings=32,
    tie_word_embeddings=False,
    attn_implementation="eager",
)
model = transformers.LlamaForCausalLM(config).eval()
with torch.no_grad():
    for parameter in model.parameters():
        parameter.copy_(0.4 * torch.randn_like(parameter) + (1 if parameter.dim() == 1 else 0))


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, position_ids):
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, use_cache=False
        ).logits


ids = (torch.arange(14).reshape(2, 7) * 5 + 3) % 23
mask = torch.ones_like(ids)
positions = torch.arange(7).expand(2, 7).contiguous()
batch, sequence = torch.export.Dim("batch_size"), torch.export.Dim("sequence_length")
file = os.path.join(folder, "torch-llama.onnx")
torch.onnx.export(
    Logits(model),
    (ids, mask, positions),
    file,
    input_names=["input_ids", "attention_mask", "position_ids"],
    output_names=["logits"],
    dynamic_shapes=[{0: batch, 1: sequence}] * 3,
    dynamo=True,
    external_data=False,
)
# Traces of the exporter's own stack name places on its machine, and take more room than the model.
graph = onnx.load(file)
for thing in [graph, graph.graph, *graph.graph.node, *graph.graph.initializer, *graph.graph.input, *graph.graph.output]:
    kept = [entry for entry in thing.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"]
    del thing.metadata_props[:]
    thing.metadata_props.extend(kept)
    thing.doc_string = ""
del graph.graph.value_info[:]
del graph.functions[:]
onnx.save(graph, file)
onnx.checker.check_model(file, full_check=True)
session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
(logits,) = session.run(
    ["logits"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy(), "position_ids": positions.numpy()}
)
with torch.no_grad():
    expected = Logits(model)(ids, mask, positions)
record = {
    "batch": 2,
    "sequence": 7,
    "ids": ids.flatten().tolist(),
    "logits": [float(x) for x in logits.flatten()],
    "layers": 2,
    "kvHeads": 2,
    "queriesPerKvHead": 2,
    "channels": 12,
}
with open(os.path.join(folder, "torch-llama.json"), "w") as out:
    json.dump(record, out)
    out.write("\n")
print(f"torch {torch.__version__}, transformers {transformers.__version__}, onnx {onnx.__version__}")
print(f"onnxscript {onnxscript.__version__}, onnxruntime {onnxruntime.__version__}")
print(f"{os.path.getsize(file)} bytes, opset {[o.version for o in onnx.load(file).opset_import]}")
print("operators:", " ".join(sorted({node.op_type for node in onnx.load(file).graph.node})))
print(f"onnxruntime against torch: {abs(logits - expected.numpy()).max():.1e}")
