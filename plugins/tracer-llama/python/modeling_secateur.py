"""LLaMA, Mistral, Qwen2 and Qwen3 whose layers differ in size, as secateur writes them.

`per_layer_config` of config.json says how a layer differs from the others: its number of heads, KV heads and
intermediate channels, and with `skip` the parts that it lacks. Everything else is the stock model of transformers.

    AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)

The model types are of their own, since stock code would fill in a part that a layer lacks with random weights.

SPDX-License-Identifier: Apache-2.0
"""

import copy

import torch
from torch import nn
from transformers.models.llama import configuration_llama, modeling_llama
from transformers.models.mistral import configuration_mistral, modeling_mistral
from transformers.models.qwen2 import configuration_qwen2, modeling_qwen2
from transformers.models.qwen3 import configuration_qwen3, modeling_qwen3

ATTENTION = {"attention", "self_attn"}
CACHE = ("cache", "past_key_values", "past_key_value")


class LayerSizes:
    """Configuration with sizes by layer. They are kept under a name of their own: transformers 5 would make every
    global size unreadable, and transformers 4 knows nothing of them. Classes that mix this in name its `__init__` as
    their own, since transformers 5 makes one for every configuration without."""

    def __init__(self, per_layer_config=None, num_attention_heads=None, **kwargs):
        if num_attention_heads is None:
            super().__init__(**kwargs)
        else:
            # transformers 5 refuses heads that do not divide the hidden size, even where head_dim is given.
            super().__init__(num_attention_heads=1, **kwargs)
            self.num_attention_heads = num_attention_heads
        self.layer_sizes = {str(int(layer)): dict(own) for layer, own in (per_layer_config or {}).items()}

    def validate(self):
        """Nothing: the check of the heads would come again whenever the model is saved."""

    def of_layer(self, layer):
        """A copy with the sizes of one layer, and the parts that it lacks."""
        own = dict(self.layer_sizes.get(str(layer), {}))
        skip = set(own.pop("skip", []))
        config = copy.copy(self)
        for name, size in own.items():
            setattr(config, name, size)
        return config, skip

    def to_dict(self):
        return self._as_written(super().to_dict())

    def to_diff_dict(self):
        return self._as_written(super().to_diff_dict())

    @staticmethod
    def _as_written(values):
        sizes = values.pop("layer_sizes", None)
        if sizes:
            values["per_layer_config"] = sizes
        return values


class SkipMixing(nn.Module):
    """In place of attention: adds nothing to the residual stream. It still tells the cache how many tokens went by,
    since the cache counts them at its first layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, hidden_states, **kwargs):
        # Named as the version of transformers has it.
        cache = next((kwargs[name] for name in CACHE if kwargs.get(name) is not None), None)
        if cache is not None:
            nothing = hidden_states[:, None, :, :1] * 0
            cache.update(nothing, nothing, self.layer, {"cache_position": kwargs.get("cache_position")})
        return torch.zeros_like(hidden_states), None


class SkipMLP(nn.Module):
    """In place of an MLP: adds nothing to the residual stream."""

    def forward(self, hidden_states):
        return torch.zeros_like(hidden_states)


def size_layers(model, decoder_layer):
    """Replaces the layers of a stock model by such of their own sizes."""
    config = model.config
    for index in range(config.num_hidden_layers):
        if str(index) not in config.layer_sizes:
            continue
        own, skip = config.of_layer(index)
        layer = decoder_layer(own, index)
        # Read while running, for what may be changed on the model later: the implementation of attention.
        layer.self_attn.config = config
        if skip & ATTENTION:
            layer.self_attn, layer.input_layernorm = SkipMixing(index), nn.Identity()
        if "mlp" in skip:
            layer.mlp, layer.post_attention_layernorm = SkipMLP(), nn.Identity()
        model.model.layers[index] = layer
    model.post_init()


class LlamaConfig(LayerSizes, configuration_llama.LlamaConfig):
    model_type = "secateur_llama"
    __init__ = LayerSizes.__init__


class LlamaForCausalLM(modeling_llama.LlamaForCausalLM):
    config_class = LlamaConfig

    def __init__(self, config):
        super().__init__(config)
        size_layers(self, modeling_llama.LlamaDecoderLayer)


class MistralConfig(LayerSizes, configuration_mistral.MistralConfig):
    model_type = "secateur_mistral"
    __init__ = LayerSizes.__init__


class MistralForCausalLM(modeling_mistral.MistralForCausalLM):
    config_class = MistralConfig

    def __init__(self, config):
        super().__init__(config)
        size_layers(self, modeling_mistral.MistralDecoderLayer)


class Qwen2Config(LayerSizes, configuration_qwen2.Qwen2Config):
    model_type = "secateur_qwen2"
    __init__ = LayerSizes.__init__


class Qwen2ForCausalLM(modeling_qwen2.Qwen2ForCausalLM):
    config_class = Qwen2Config

    def __init__(self, config):
        super().__init__(config)
        size_layers(self, modeling_qwen2.Qwen2DecoderLayer)


class Qwen3Config(LayerSizes, configuration_qwen3.Qwen3Config):
    model_type = "secateur_qwen3"
    __init__ = LayerSizes.__init__


class Qwen3ForCausalLM(modeling_qwen3.Qwen3ForCausalLM):
    config_class = Qwen3Config

    def __init__(self, config):
        super().__init__(config)
        size_layers(self, modeling_qwen3.Qwen3DecoderLayer)
