"""Names that manifests, hubs and disks give: what a model may be called, where a file may lie."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

# Families of models, as LoRAs name what they were made for, by the pipeline of a diffusers folder.
FAMILIES = {
    "StableDiffusionPipeline": "sd15",
    "StableDiffusionXLPipeline": "sdxl",
    "StableDiffusion3Pipeline": "sd3",
    "FluxPipeline": "flux",
    "Flux2Pipeline": "flux2",
    "Flux2KleinPipeline": "flux2-klein",
    "ZImagePipeline": "z-image",
    "QwenImagePipeline": "qwen-image",
}
MODEL_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


def is_inside(name: str) -> bool:
    """Whether a relative path stays within the folder it is told for, and is not hidden."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") for part in path.parts)
    return bool(path.parts) and not (path.is_absolute() or hidden or "\\" in name or "\0" in name)


def id_of(name: str) -> str:
    """A model id made of any name: "My Model v2.safetensors" → "my-model-v2"."""
    stem = re.sub(r"\.(safetensors|gguf|onnx)$", "", name.lower())
    plain = re.sub(r"[^a-z0-9._]+", "-", stem).strip("-._")
    return plain[:80] or "model"
