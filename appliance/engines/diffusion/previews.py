"""Small pictures of what is on its way: latents seen through a linear map to RGB.

The map is fitted once per model, by least squares, to what its autoencoder makes of two synthetic
pictures. It costs microseconds a step, where decoding would cost as much as the step itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_SIDE = 128  # px of the synthetic pictures
_LARGEST = 256  # px of a preview's longer side
_QUALITY = 70
_PLANES = ("AutoencoderKL", "AutoencoderDC")
_FRAMES = ("AutoencoderKLQwenImage", "AutoencoderKLWan")


@dataclass(frozen=True)
class LatentView:
    """A fitted map. `matrix`: (channels + 1)×3 float32, the last row constant; RGB in 0…1."""

    matrix: Tensor

    def fits(self, latents: Tensor) -> bool:
        """Whether these latents have the channels the map was fitted to."""
        return latents.shape[1] == len(self.matrix) - 1

    def jpeg(self, latents: Tensor) -> bytes:
        """The first picture of a batch as a JPEG of at most 256 px.

        Shapes: latents N×C×H×W, or N×C×1×H×W.
        """
        plane = latents[0][:, 0] if latents.ndim == 5 else latents[0]
        points = plane.detach().float().flatten(1).T.cpu()
        colours = (points @ self.matrix[:-1] + self.matrix[-1]).clamp_(0, 1).mul_(255).round_()
        pixels = colours.to(torch.uint8).reshape(*plane.shape[1:], 3).numpy()
        return _encoded(np.ascontiguousarray(pixels[:, :, ::-1]))


def _encoded(bgr: Any) -> bytes:
    height, width = bgr.shape[:2]
    scale = _LARGEST / max(height, width)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    done, jpeg = cv2.imencode(
        ".jpg", cv2.resize(bgr, size, interpolation=how), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    assert done, "a JPEG of eight-bit pixels always encodes"
    return jpeg.tobytes()


def unpacked(pipe: Any, latents: Tensor, width: int, height: int) -> Tensor | None:
    """The latents as planes, from however the pipeline keeps them; None if that is not known.

    `width`, `height`: of the picture, in px.
    """
    if latents.ndim in (4, 5):
        return latents
    if latents.ndim == 3 and hasattr(pipe, "_unpack_latents"):
        planes: Tensor = pipe._unpack_latents(latents, height, width, pipe.vae_scale_factor)
        return planes
    return None


@torch.no_grad()
def fit_view(pipe: Any) -> LatentView | None:
    """The map for this pipeline's autoencoder; None for kinds whose latents are not known here."""
    vae = getattr(pipe, "vae", None)
    kind = type(vae).__name__
    if vae is None or kind not in _PLANES + _FRAMES:
        return None
    pictures = _synthetic()
    latents = _scaled(vae.config, _encode(vae, pictures, framed=kind in _FRAMES))
    points = latents.permute(0, 2, 3, 1).flatten(0, 2)
    points = torch.cat([points, torch.ones(len(points), 1)], 1)
    small = functional.interpolate(pictures, latents.shape[2:], mode="area")
    colours = small.permute(0, 2, 3, 1).flatten(0, 2).add(1).div(2)
    # gelsd: channels that hardly vary, or together, must not get huge weights of opposite signs.
    matrix = torch.linalg.lstsq(points, colours, rcond=1e-3, driver="gelsd").solution
    return LatentView(matrix) if bool(torch.isfinite(matrix).all()) else None


def _synthetic() -> Tensor:
    """One picture of smooth colour and one of patches. Shape: 2×3×128×128, -1…1."""
    random = torch.Generator().manual_seed(0)
    coarse = torch.rand(2, 3, 8, 8, generator=random) * 2 - 1
    smooth = functional.interpolate(coarse[:1], (_SIDE, _SIDE), mode="bilinear")
    return torch.cat([smooth, functional.interpolate(coarse[1:], (_SIDE, _SIDE))])


def _encode(vae: Any, pictures: Tensor, *, framed: bool) -> Tensor:
    """Shape: N×C×H×W float32 on the CPU."""
    dtype = vae.dtype
    if dtype == torch.float16:
        vae.to(torch.float32)  # some autoencoders overflow in half precision
    given = pictures.to(vae.device, vae.dtype)
    encoded = vae.encode(given[:, :, None] if framed else given)
    latent = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latent
    vae.to(dtype)
    plain: Tensor = latent.float().cpu()
    return plain[:, :, 0] if framed else plain


def _scaled(config: Any, latents: Tensor) -> Tensor:
    """Raw latents as the denoiser sees them."""

    def per_channel(name: str, default: float) -> Tensor:
        value = getattr(config, name, None)
        return torch.tensor(default if value is None else value).reshape(1, -1, 1, 1)

    mean = per_channel("latents_mean", 0.0) + per_channel("shift_factor", 0.0)
    scale = per_channel("scaling_factor", 1.0) / per_channel("latents_std", 1.0)
    return (latents - mean) * scale
