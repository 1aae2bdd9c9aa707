"""A Stable Diffusion 1 pipeline as the single file its authors published such models in.

The inverse of what `from_single_file` does: diffusers' names of weights back to the original ones.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

_Rules = list[tuple[str, str]]

_RESNET: _Rules = [
    (r"norm1", "in_layers.0"),
    (r"conv1", "in_layers.2"),
    (r"time_emb_proj", "emb_layers.1"),
    (r"norm2", "out_layers.0"),
    (r"conv2", "out_layers.3"),
    (r"conv_shortcut", "skip_connection"),
]
_ENDS: _Rules = [
    (r"^time_embedding\.linear_1", "time_embed.0"),
    (r"^time_embedding\.linear_2", "time_embed.2"),
    (r"^conv_in", "input_blocks.0.0"),
    (r"^conv_norm_out", "out.0"),
    (r"^conv_out", "out.2"),
    (r"^mid_block\.resnets\.0", "middle_block.0"),
    (r"^mid_block\.attentions\.0", "middle_block.1"),
    (r"^mid_block\.resnets\.1", "middle_block.2"),
]
_VAE: _Rules = [
    (r"down_blocks\.(\d)\.resnets", r"down.\1.block"),
    (r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample"),
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"mid_block\.attentions\.0\.group_norm", "mid.attn_1.norm"),
    (r"mid_block\.attentions\.0\.to_out\.0", "mid.attn_1.proj_out"),
    (r"mid_block\.attentions\.0\.to_([qkv])", r"mid.attn_1.\1"),
    (r"conv_norm_out", "norm_out"),
    (r"conv_shortcut", "nin_shortcut"),
    (r"up_blocks\.(\d)\.resnets", r"up.\1.block"),
    (r"up_blocks\.(\d)\.upsamplers\.0", r"up.\1.upsample"),
]


def _renamed(name: str, rules: _Rules) -> str:
    for old, new in rules:
        name = re.sub(old, new, name)
    return name


def _unet_name(name: str, layers: int) -> str:
    """The original name of a UNet weight; `layers` a block, as the configuration says."""
    match = re.match(r"(down|up)_blocks\.(\d)\.(resnets|attentions|\w+samplers)\.(\d)\.(.*)", name)
    if not match:
        return _renamed(name, _ENDS + (_RESNET if "resnets" in name else []))
    way, block, part, index, rest = match.groups()
    at = (layers + 1) * int(block) + int(index) + (way == "down")
    if part == "downsamplers":
        return f"input_blocks.{at + layers}.0.{rest.replace('conv', 'op')}"
    if part == "upsamplers":
        return f"output_blocks.{at + layers}.2.{rest}"
    inner = _renamed(rest, _RESNET) if part == "resnets" else rest
    side = "input" if way == "down" else "output"
    return f"{side}_blocks.{at}.{'0' if part == 'resnets' else '1'}.{inner}"


def _vae_entry(name: str, weight: Tensor) -> tuple[str, Tensor]:
    old = _renamed(name, _VAE)
    old = re.sub(r"up\.(\d)\.", lambda found: f"up.{3 - int(found[1])}.", old)
    if "attn_1" in old and old.endswith("weight") and weight.ndim == 2:
        weight = weight[:, :, None, None]  # attention was written as 1×1 convolutions
    return old, weight


def save_single_file(pipe: Any, folder: Path, *, leave_out: str = "nothing") -> Path:
    """Write `pipe` as `model.safetensors` beside `config/`, which holds no weights.

    Weights whose name begins with `leave_out` are left out.
    """
    layers = pipe.unet.config.layers_per_block
    weights = {
        f"model.diffusion_model.{_unet_name(name, layers)}": weight
        for name, weight in pipe.unet.state_dict().items()
    }
    for name, weight in pipe.vae.state_dict().items():
        old, shaped = _vae_entry(name, weight)
        weights[f"first_stage_model.{old}"] = shaped
    for name, weight in pipe.text_encoder.state_dict().items():
        weights[f"cond_stage_model.transformer.text_model.{name}"] = weight
    pipe.save_pretrained(folder / "config", safe_serialization=True)
    for heavy in (folder / "config").rglob("*.safetensors"):
        heavy.unlink()
    kept = {k: v.contiguous() for k, v in weights.items() if not k.startswith(leave_out)}
    save_file(kept, folder / "model.safetensors")
    return folder
