"""Tiny LoRAs with random weights: small files of the real layout, with an effect one can see."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from appliance.adapters.characters import FOLDER, character_text
from appliance.core.character import Character
from appliance.core.model import WeightFile

_RANK, _STRENGTH = 2, 0.5


def lora_of(network: Any, name: str) -> dict[str, torch.Tensor]:
    """Weights for every attention layer of a network, which is a pipeline's `name`."""
    random = torch.Generator().manual_seed(1)
    made: dict[str, torch.Tensor] = {}
    for path, layer in network.named_modules():
        if isinstance(layer, torch.nn.Linear) and "attn" in path:
            for part, shape in (
                ("lora_A", (_RANK, layer.in_features)),
                ("lora_B", (layer.out_features, _RANK)),
            ):
                weights = torch.randn(shape, generator=random) * _STRENGTH
                made[f"{name}.{path}.{part}.weight"] = weights
    return made


def save_lora(weights: dict[str, torch.Tensor], folder: Path, character_id: str) -> Character:
    """A character of these weights, its file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{character_id}.safetensors"
    save_file(weights, path)
    content = path.read_bytes()
    return Character(
        id=character_id,
        name=character_id.title(),
        base_model="sdxl",
        folder=folder,
        file=WeightFile(path.name, len(content), hashlib.sha256(content).hexdigest()),
        licence="CC0-1.0",
        commercial_use=True,
        triggers=(f"{character_id} the guide",),
    )


def add_character(models: Path, character: Character) -> Character:
    """Write the character's manifest under a models folder: it is on the box."""
    folder = models / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{character.id}.toml").write_text(character_text(character), encoding="utf-8")
    return character
