"""Tiny diffusers pipelines with random weights: real layouts and code paths, no download.

Native size 64×64 px, a few hundred thousand parameters each. Same weights at every run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
from tokenizers.pre_tokenizers import ByteLevel

from appliance.adapters.manifest_draft import manifest_text, weigh
from appliance.core.model import Model, Native

SIDE = 64
_START, _END = "<|startoftext|>", "<|endoftext|>"


def _clip_tokenizer() -> Any:
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(letter + "</w>" for letter in letters), _START, _END]
    vocabulary = {word: n for n, word in enumerate(words)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def _t5_tokenizer() -> Any:
    letters = [chr(code) for code in range(33, 127)]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(letter, -3.0) for letter in letters]
    return transformers.T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=64)


def _clip(*, projected: bool = False) -> Any:
    config = transformers.CLIPTextConfig(
        vocab_size=514,
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=3,
        max_position_embeddings=77,
        projection_dim=32,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )
    kind = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    return kind(config)


def _t5() -> Any:
    config = transformers.T5Config(
        vocab_size=128, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4
    )
    return transformers.T5EncoderModel(config)


def _vae(latent_channels: int, **changes: Any) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=latent_channels,
        sample_size=SIDE,
        **changes,
    )


def _unet(**changes: Any) -> Any:
    settings: dict[str, Any] = {
        "sample_size": SIDE // 8,
        "block_out_channels": (16, 32),
        "norm_num_groups": 4,
        "layers_per_block": 1,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": 4,
        "cross_attention_dim": 32,
    }
    return diffusers.UNet2DConditionModel(**settings | changes)


def _euler() -> Any:
    schedule = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    return diffusers.EulerDiscreteScheduler(**schedule, timestep_spacing="leading", steps_offset=1)


def tiny_sd() -> Any:
    """A Stable Diffusion 1 pipeline."""
    return diffusers.StableDiffusionPipeline(
        vae=_vae(4, scaling_factor=0.18215),
        text_encoder=_clip(),
        tokenizer=_clip_tokenizer(),
        unet=_unet(),
        scheduler=_euler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def tiny_sdxl() -> Any:
    """A Stable Diffusion XL pipeline with both of its text encoders."""
    unet = _unet(
        attention_head_dim=(2, 4),
        cross_attention_dim=64,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=6 * 8 + 32,
    )
    return diffusers.StableDiffusionXLPipeline(
        vae=_vae(4, scaling_factor=0.13025),
        text_encoder=_clip(),
        text_encoder_2=_clip(projected=True),
        tokenizer=_clip_tokenizer(),
        tokenizer_2=_clip_tokenizer(),
        unet=unet,
        scheduler=_euler(),
        force_zeros_for_empty_prompt=True,
    )


def tiny_flux() -> Any:
    """A Flux pipeline with embedded guidance and packed latents."""
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )
    return diffusers.FluxPipeline(
        transformer=transformer,
        vae=_vae(
            4,
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=_clip(),
        text_encoder_2=_t5(),
        tokenizer=_clip_tokenizer(),
        tokenizer_2=_t5_tokenizer(),
        scheduler=FlowMatchEulerDiscreteScheduler(),
    )


def save_pipeline(build: Callable[[], Any], folder: Path) -> Path:
    """Build a pipeline with fixed weights and save it as a diffusers folder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        build().save_pretrained(folder, safe_serialization=True)
    return folder


def describe(folder: Path, *, layout: str = "diffusers", native: Native | None = None) -> Model:
    """The Model of a text-to-image folder; its id is the folder's name."""
    return Model(
        id=folder.name,
        title=f"Random {folder.name}",
        ability="image.text_to_image",
        engine="diffusion.text_to_image",
        runtime="torch",
        layout=layout,
        folder=folder,
        files=weigh(folder),
        licence="CC0-1.0",
        licence_note="Random weights made for tests.",
        commercial_use=True,
        memory_mb=200,
        native=native or Native(steps=2, sizes=((SIDE, SIDE), (96, 64), (64, 96))),
    )


def add_model(models: Path, build: Callable[[], Any], model_id: str) -> Model:
    """Save a pipeline under a models folder together with its manifest: an installed model."""
    model = describe(save_pipeline(build, models / model_id))
    (models / f"{model_id}.toml").write_text(manifest_text(model), encoding="utf-8")
    return model
