"""Compares a model folder with the GGUF file that it was made of, as gguf (llama.cpp's package) reads that file.

    pip install gguf safetensors torch transformers
    npx secateur convert gguf MODEL.gguf FOLDER --dtype f32
    python test/oracles/check_gguf.py MODEL.gguf FOLDER

Every weight must be equal, and transformers must open the folder. Development only: the product never needs Python.
"""

import sys

import gguf
import numpy as np
import torch
import transformers
from gguf.quants import dequantize
from safetensors import safe_open

file, folder = sys.argv[1:]
reader = gguf.GGUFReader(file)
architecture = reader.fields["general.architecture"].contents()
heads = {
    "attn_q": reader.fields[f"{architecture}.attention.head_count"].contents(),
    "attn_k": reader.fields[f"{architecture}.attention.head_count_kv"].contents(),
}
blocks = reader.fields[f"{architecture}.block_count"].contents()
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, blocks)
given = {tensor.name: tensor for tensor in reader.tensors}

compared = unequal = 0
with safe_open(f"{folder}/model.safetensors", "np") as written:
    for name in written.keys():
        tensor = given[names.get_name(name, try_suffixes=(".weight", ".bias"))]
        values = dequantize(tensor.data, tensor.tensor_type)
        part = tensor.name.split(".")[-2]
        if architecture == "llama" and part in heads:
            rows = values.reshape(heads[part], -1, 2, *values.shape[1:])
            values = rows.swapaxes(1, 2).reshape(values.shape)
        compared += 1
        unequal += not np.array_equal(values, written.get_tensor(name))

with torch.no_grad():
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("The capital of France is", return_tensors="pt").input_ids
    answer = tokenizer.decode(model(ids).logits[0, -1].argmax())

kinds = sorted({tensor.tensor_type.name for tensor in reader.tensors})
print(f"{architecture}, {', '.join(kinds)}: {compared} tensors, {unequal} differ; the capital of France is{answer}")
sys.exit(1 if unequal or compared == 0 else 0)
