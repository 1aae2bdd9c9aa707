"""What weights are, told from names and shapes of their tensors.

Source of the names: the files of the families themselves, as diffusers 0.42 and the original
projects write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from appliance.adapters.weights.headers import Header


class What(StrEnum):
    """What a file is for."""

    LORA = "LoRA"
    CHECKPOINT = "checkpoint"
    PART = "part"
    UPSCALER = "upscaler"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Recognised:
    """What it is, and of which family: "sdxl", "flux" …, empty where the keys do not tell."""

    what: What
    family: str = ""


_LORA = re.compile(r"(^|[._])lora_(A|B|up|down|unet|te\d?|transformer)([._]|$)|\.lokr_|\.hada_w")
# (a tensor's name that only this family has, family); the first that fits counts.
_LORA_FAMILIES = (
    (r"(double_blocks|single_transformer_blocks|single_blocks)", "flux"),
    (r"(img_mlp|txt_mlp).*(lora|net)", "qwen-image"),
    (r"(self_attn|cross_attn)[._](q|k|v|o)[._]", "wan"),
    (r"(context_refiner|noise_refiner)", "z-image"),
    (r"(lora_te2_|text_encoder_2\.|down_blocks_2_attentions_\d_transformer_blocks_[2-9])", "sdxl"),
    (r"down_blocks\.2\.attentions\.\d\.transformer_blocks\.[2-9]", "sdxl"),
    (r"(input_blocks_[78]_1_transformer_blocks_[2-9])", "sdxl"),
)
_CHECKPOINTS = (
    (r"^conditioner\.embedders\.1\.", "sdxl"),
    (r"^cond_stage_model\.model\.transformer\.", "sd2"),
    (r"^cond_stage_model\.transformer\.", "sd15"),
    (r"^model\.diffusion_model\.joint_blocks\.", "sd3"),
)
_PARTS = (
    (r"(^|\.)double_stream_modulation_img\.", "flux2"),
    (r"(^|\.)double_blocks\.0\.img_attn\.", "flux"),
    (r"(^|\.)single_transformer_blocks\.", "flux"),
    (r"(^|\.)joint_blocks\.0\.", "sd3"),
    (r"(^|\.)transformer_blocks\.0\.img_mlp\.", "qwen-image"),
    (r"(^|\.)noise_refiner\.0\.", "z-image"),
    (r"(^|\.)blocks\.0\.cross_attn\.norm_k\.", "wan"),
    (r"(^|\.)patchify_proj\.", "ltx"),
    (r"^first_stage_model\.|^decoder\.up\.0\.|^decoder\.up_blocks\.0\.", ""),
)
_UPSCALER = (r"^conv_first\.", r"^model\.0\.weight$")
# Width of what a UNet's cross-attention listens to.
_WIDTHS = {768: "sd15", 1024: "sd2", 2048: "sdxl"}
_LISTENS = re.compile(r"attn2[._]to_k[._].*(down|lora_A|\bA\b|weight)")


def recognise(header: Header) -> Recognised:
    """What the file is, from its tensors."""
    names = list(header.shapes)
    if any(_LORA.search(name) for name in names):
        return Recognised(What.LORA, _family(names, _LORA_FAMILIES) or _by_width(header))
    if family := _family(names, _CHECKPOINTS):
        return Recognised(What.CHECKPOINT, family)
    for pattern, family in _PARTS:
        if any(re.search(pattern, name) for name in names):
            return Recognised(What.PART, family)
    if all(any(re.search(pattern, name) for name in names) for pattern in _UPSCALER[:1]):
        return Recognised(What.UPSCALER, "esrgan")
    return Recognised(What.UNKNOWN)


def _family(names: list[str], known: tuple[tuple[str, str], ...]) -> str:
    for pattern, family in known:
        if any(re.search(pattern, name) for name in names):
            return family
    return ""


def _by_width(header: Header) -> str:
    """A UNet's LoRA by the width of the text it was trained on."""
    widths = {
        shape[-1]
        for name, shape in header.shapes.items()
        if len(shape) >= 2 and _LISTENS.search(name)
    }
    families = {_WIDTHS[width] for width in widths if width in _WIDTHS}
    return families.pop() if len(families) == 1 else ""
