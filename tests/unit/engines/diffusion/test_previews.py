"""Latents as small pictures."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from torch.nn import functional

from appliance.engines.diffusion.previews import LatentView, fit_view, unpacked


class LinearCoder(torch.nn.Module):
    """An autoencoder whose latents are a mixture of a picture's colours, eight times smaller."""

    dtype, device = torch.float32, torch.device("cpu")

    def __init__(self, **config: object) -> None:
        super().__init__()
        self.mix = torch.rand(4, 3, generator=torch.Generator().manual_seed(1)) - 0.5
        self.config = SimpleNamespace(**config)

    def encode(self, pictures):
        small = functional.interpolate(pictures, scale_factor=1 / 8, mode="area")
        latents = torch.einsum("dc,nchw->ndhw", self.mix, small) + 0.25
        return SimpleNamespace(latent=latents)


LinearCoder.__name__ = "AutoencoderDC"


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"scaling_factor": 0.18},
        {"scaling_factor": 0.36, "shift_factor": 0.12},
        {"latents_mean": [0.1, 0.2, 0.3, 0.4], "latents_std": [2.0, 3.0, 1.5, 1.0]},
    ],
)
def test_a_linear_autoencoder_is_seen_through_whatever_scaling_the_model_uses(config):
    coder = LinearCoder(**config)
    view = fit_view(SimpleNamespace(vae=coder))
    colour = torch.tensor([200.0, 60.0, 120.0]) / 127.5 - 1
    raw = coder.encode(colour.reshape(1, 3, 1, 1).expand(1, 3, 128, 64)).latent
    mean = torch.tensor(config.get("latents_mean", config.get("shift_factor", 0.0)))
    std = torch.tensor(config.get("latents_std", 1.0))
    scaled = (raw - mean.reshape(1, -1, 1, 1)) / std.reshape(1, -1, 1, 1)

    jpeg = view.jpeg(scaled * config.get("scaling_factor", 1.0))

    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert shown.shape == (256, 128, 3)
    assert np.abs(shown.astype(int) - [200, 60, 120]).max() < 12


def test_a_preview_is_a_small_jpeg_even_of_large_latents():
    view = LatentView(torch.rand(5, 3))

    jpeg = view.jpeg(torch.rand(1, 4, 1, 300, 600))

    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape[:2] == (128, 256)
    assert view.fits(torch.zeros(1, 4, 2, 2))
    assert not view.fits(torch.zeros(1, 16, 2, 2))


def test_packed_latents_are_unpacked_by_their_pipeline(engines):
    flux = engines["flux"]._pipe
    planes = torch.rand(1, 4, 8, 12)
    packed = flux._pack_latents(planes, 1, 4, 8, 12)

    assert torch.equal(unpacked(flux, packed, 96, 64), planes)
    assert torch.equal(unpacked(flux, planes, 96, 64), planes)
    assert unpacked(SimpleNamespace(), packed, 96, 64) is None
    assert unpacked(flux, torch.zeros(4), 96, 64) is None


def test_an_unknown_autoencoder_or_none_means_no_previews():
    assert fit_view(SimpleNamespace()) is None
    assert fit_view(SimpleNamespace(vae=torch.nn.Linear(1, 1))) is None


def test_fitting_leaves_the_autoencoder_in_its_precision():
    vae = AutoencoderKL(block_out_channels=(4,), norm_num_groups=1, latent_channels=4)
    vae.to(torch.float16)

    assert fit_view(SimpleNamespace(vae=vae)) is not None
    assert vae.dtype == torch.float16
