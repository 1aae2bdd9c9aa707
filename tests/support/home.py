"""A home for a test appliance: tiny text-to-image models, and the real small weights linked in."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from appliance.adapters.config import CHECKOUT
from tests.support.loras import add_character, lora_of, save_lora
from tests.support.pipelines import add_model, tiny_flux, tiny_sdxl

# The fast upscaler stands for the slow one: both are the real thing, and this is a CPU.
_SMALL = ("upscale-video", "person-selfie")
_CONFIG = """
[defaults]
"image.upscaler" = "upscale-video"
"image.text_to_image" = "tiny-sdxl"

[aliases]
"realistic" = "tiny-sdxl"
"nano-banana-2" = "tiny-sdxl"
"flux-2-pro" = "tiny-flux"

[webhooks]
endpoints = 1000

[rates]
generation = "100000 per 1 minute"
product = "100000 per 1 minute"
management = "100000 per 1 minute"
studio_generate = "100000 per 1 minute"
studio_read = "100000 per 1 minute"
studio_write = "100000 per 1 minute"
webhooks = "100000 per 1 minute"
address = "100000 per 1 minute"
"""
_ABSENT = """
title = "A model whose weights are nowhere"
ability = "image.text_to_image"
engine = "diffusion.text_to_image"
runtime = "torch"
layout = "diffusers"
licence = "Apache-2.0"
commercial_use = true
memory_mb = 10

[[files]]
name = "model_index.json"
bytes = 1
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
"""


def furnish(home: Path) -> None:
    models = home / "models"
    models.mkdir(parents=True)
    (home / "data").mkdir()
    (home / "data" / "config.toml").write_text(_CONFIG)
    (models / "absent.toml").write_text(_ABSENT)
    for name in _SMALL:
        shutil.copy(CHECKOUT / "models" / f"{name}.toml", models)
        assert (CHECKOUT / "models" / name).is_dir(), f"run: appliance models install {name}"
        (models / name).symlink_to(CHECKOUT / "models" / name)
    add_model(models, tiny_sdxl, "tiny-sdxl")
    add_model(models, tiny_flux, "tiny-flux")
    _add_characters(models)


def _add_characters(models: Path) -> None:
    """One that is open, with a real effect on tiny-sdxl, and one that an admin must open."""
    weights = lora_of(tiny_sdxl().unet, "unet")
    open_one = save_lora(weights, models / "loras", "mira")
    add_character(models, open_one)
    add_character(models, replace(open_one, id="nova", unlock_jobs=None))
