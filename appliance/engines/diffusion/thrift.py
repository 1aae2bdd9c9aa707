"""Less memory for a pipeline, at the price of time.

Attention is left as it is: torch computes it piece by piece already, and diffusers' own slicing
would put kernels in its place that take more.
"""

from __future__ import annotations

from typing import Any

_TILED = ("tile_sample_min_size", "tile_latent_min_size")


def tile(pipe: Any) -> bool:
    """Have the autoencoder work in tiles of half its native size and on one picture at a time.

    False if it cannot. The same words then give nearly the same pixels: tiles meet in a soft seam.
    """
    vae: Any = getattr(pipe, "vae", None)
    if not hasattr(vae, "enable_tiling"):
        return False
    vae.enable_tiling()
    vae.enable_slicing()
    # Tiles as large as the pictures a model is made for would never be used.
    for name in _TILED:
        if isinstance(getattr(vae, name, None), int):
            setattr(vae, name, max(1, getattr(vae, name) // 2))
    return True


def spread(pipe: Any) -> None:
    """Keep the pipeline's networks in the machine's memory, each on the GPU only while it works."""
    pipe.enable_model_cpu_offload(device="cuda")
