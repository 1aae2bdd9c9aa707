"""Text to image by any diffusers pipeline that takes a prompt; from a picture and under a mask too.

What pipelines differ in (names of arguments, native sizes, step callbacks, latents) is read off the
pipeline itself, so a new family of models needs a manifest and no code.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import diffusers
import numpy as np
from torch import Tensor

from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE, Brief
from appliance.core.errors import ContentBlocked, InvalidInput
from appliance.core.model import Model, Native
from appliance.core.picture import Picture
from appliance.core.progress import Progress
from appliance.engines.diffusion import sizes
from appliance.engines.diffusion.calling import arguments, denoiser, settled
from appliance.engines.diffusion.cancel import stoppable
from appliance.engines.diffusion.canvas import kept_outside, made
from appliance.engines.diffusion.characters import worn
from appliance.engines.diffusion.loading import load_pipeline, quiet
from appliance.engines.diffusion.previews import fit_view, unpacked
from appliance.engines.diffusion.schedulers import check_scheduler, scheduled
from appliance.engines.diffusion.stepping import Report, followed
from appliance.engines.diffusion.thrift import spread, tile
from appliance.engines.registry import CPU, Device, Engine

_PREVIEWS = 8  # a picture
_BEFORE, _AFTER = 0.02, 0.95  # progress at the first and after the last step


class PipelineTextToImage:
    """A TextToImage over one loaded pipeline; Thrifty."""

    def __init__(self, pipe: Any, native: Native, device: Device = CPU) -> None:
        self._pipe, self._native, self._device = pipe, native, device
        self._variants: dict[str, Any] = {}
        with quiet():
            self._view = fit_view(pipe)

    def settle(self, brief: Brief) -> Brief:
        """The brief as it will be carried out: native size, steps, guidance, what can be used."""
        brief = settled(self._pipe, self._native, brief)
        check_scheduler(self._pipe.scheduler, brief.scheduler, brief.steps or 1)
        width, height = self._size((brief.width, brief.height))
        return replace(brief, width=width, height=height)

    def generate(self, brief: Brief, progress: Progress) -> Picture:
        """One picture at the model's native size nearest to the brief's; RGB.

        The same brief on the same device gives the same pixels. Raises InvalidInput, ContentBlocked
        when the model's own filter does, and what `progress.check` raises, between two passes
        through any network.
        """
        brief = self.settle(brief)
        pipe = self._variant(brief)
        given = arguments(pipe, brief)
        steps = brief.steps or 1
        with (
            quiet(),
            worn(self._pipe, brief.character, brief.character_weight),
            scheduled(pipe, brief.scheduler),
            stoppable(pipe, progress.check),
            followed(pipe, steps, self._reporting(pipe, brief, progress)) as following,
        ):
            progress(_BEFORE, steps=steps)
            output = pipe(**given, **following)
        if any(getattr(output, "nsfw_content_detected", None) or ()):
            raise ContentBlocked("The model's own filter blocked the picture.")
        pixels = made(output)
        if brief.mask is not None:
            pixels = kept_outside(pixels, given["image"], given["mask_image"])
        return Picture(np.ascontiguousarray(pixels))

    def thrift(self, level: int) -> bool:
        """1: the autoencoder works in tiles. 2: on a GPU only the part at work is there."""
        if level == 1:
            return tile(self._pipe)
        if level == 2 and self._device.name == "cuda" and not self._device.spread:
            spread(self._pipe)
            return True
        return False

    def _size(self, asked: sizes.Size) -> sizes.Size:
        if self._native.sizes:
            return sizes.nearest(asked, self._native.sizes)
        factor = getattr(self._pipe, "vae_scale_factor", 8)
        return sizes.derived(asked, _native_side(self._pipe, factor), 2 * factor)

    def _variant(self, brief: Brief) -> Any:
        """The pipeline for words, for a start, or for a start and a mask; they share weights."""
        if brief.start is None:
            return self._pipe
        field = "image" if brief.mask is None else "mask"
        if field not in self._variants:
            self._variants[field] = _from_pipe(self._pipe, field)
        return self._variants[field]

    def _reporting(self, pipe: Any, brief: Brief, progress: Progress) -> Report:
        def report(done: int, steps: int, latents: Tensor | None) -> None:
            preview = None
            if latents is not None and done % max(1, steps // _PREVIEWS) == 0:
                preview = self._preview(pipe, brief, latents)
            fraction = _BEFORE + (_AFTER - _BEFORE) * done / steps
            progress(fraction, step=done, steps=steps, preview=preview)

        return report

    def _preview(self, pipe: Any, brief: Brief, latents: Tensor) -> bytes | None:
        planes = unpacked(pipe, latents, brief.width, brief.height)
        if self._view is None or planes is None or not self._view.fits(planes):
            return None
        return self._view.jpeg(planes)


def _native_side(pipe: Any, factor: int) -> int:
    """Px along a side of the square picture the pipeline makes when not told a size."""
    sample = getattr(pipe, "default_sample_size", None)
    sample = sample or getattr(denoiser(pipe).config, "sample_size", None)
    side = sample * factor if isinstance(sample, int) else 0
    return side if side >= 64 else 1024  # some store other things under this name


def _from_pipe(pipe: Any, field: str) -> Any:
    auto = (
        diffusers.AutoPipelineForImage2Image
        if field == "image"
        else diffusers.AutoPipelineForInpainting
    )
    with quiet():
        try:
            variant = auto.from_pipe(pipe)
        except ValueError as error:
            what = "start from a picture" if field == "image" else "change a masked part"
            raise InvalidInput(f"This model cannot {what}.", field=field) from error
    variant.set_progress_bar_config(disable=True)
    return variant


def load(model: Model, device: Device) -> PipelineTextToImage:
    """The pipeline of a diffusers folder or single file. Raises ProcessingFailed."""
    pipe = load_pipeline(model, replace(device, name="cpu") if device.spread else device)
    engine = PipelineTextToImage(pipe, model.native, device)
    if device.spread:
        spread(pipe)
    return engine


ENGINE = Engine(
    name="diffusion.text_to_image",
    ability=TEXT_TO_IMAGE,
    runtime="torch",
    layouts=("diffusers", "single_file"),
    load=load,
    spreads=True,
)
