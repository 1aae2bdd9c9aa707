"""What a pipeline's call takes, read off its signature, and a Brief put into those words."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import torch

from appliance.core.abilities.text_to_image import Brief
from appliance.core.model import Native
from appliance.engines.diffusion.canvas import mask_at, start_at

_GUIDANCE = ("true_cfg_scale", "guidance_scale", "prior_guidance_scale")
_DENOISERS = ("transformer", "unet", "prior", "decoder")
_FEWEST_STEPS = 1.001  # of `steps × strength`: below one whole step a pipeline has nothing to do


def denoiser(pipe: Any) -> Any:
    """The network that runs once a step."""
    return next(net for name in _DENOISERS if (net := getattr(pipe, name, None)) is not None)


def takes(pipe: Any) -> dict[str, Any]:
    """The names a pipeline's call takes, with their defaults."""
    parameters = inspect.signature(type(pipe).__call__).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


def guidance_name(pipe: Any) -> str | None:
    """What the pipeline calls guidance.

    Where it takes both, `guidance_scale` is a number fed to a distilled network and
    `true_cfg_scale` the guidance of others.
    """
    names = [name for name in _GUIDANCE if name in takes(pipe)]
    if _distilled(pipe) and "guidance_scale" in names:
        return "guidance_scale"
    return names[0] if names else None


def _distilled(pipe: Any) -> bool:
    return bool(getattr(denoiser(pipe).config, "guidance_embeds", False))


def settled(pipe: Any, native: Native, brief: Brief) -> Brief:
    """The brief with the model's own steps and guidance, and with what it cannot use left out."""
    defaults = takes(pipe)
    steps = brief.steps or native.steps or defaults.get("num_inference_steps")
    guidance = brief.guidance if brief.guidance is not None else native.guidance
    if guidance is None:
        guidance = defaults.get(guidance_name(pipe) or "")
    opposed = "negative_prompt" in defaults and not _distilled(pipe) and (guidance or 0) > 1
    steps = steps if isinstance(steps, int) else 30
    return replace(
        brief,
        steps=steps,
        guidance=guidance,
        negative_prompt=brief.negative_prompt if opposed else "",
        strength=min(1.0, max(brief.strength, _FEWEST_STEPS / steps)),
    )


def arguments(pipe: Any, brief: Brief) -> dict[str, Any]:
    """The keyword arguments of the pipeline's call for a settled brief."""
    known = takes(pipe)
    size = (brief.width, brief.height)
    given: dict[str, Any] = {
        "prompt": brief.prompt,
        "num_inference_steps": brief.steps,
        "width": brief.width,
        "height": brief.height,
        # On the CPU, so that a seed means the same noise on every machine.
        "generator": torch.Generator("cpu").manual_seed(brief.seed),
        "output_type": "np",
        "use_resolution_binning": False,  # the size is a native one already
        "clean_caption": False,  # would rewrite the prompt where its libraries are installed
    }
    name = guidance_name(pipe)
    if name and brief.guidance is not None:
        given[name] = brief.guidance
        if brief.guidance > 1 and not _distilled(pipe):
            # Some pipelines guide only if there is something to guide away from.
            given["negative_prompt"] = brief.negative_prompt or " " * (name == "true_cfg_scale")
    if brief.start is not None:
        given |= {"image": start_at(brief.start, size), "strength": brief.strength}
    if brief.mask is not None:
        given["mask_image"] = mask_at(brief.mask, size)
    return {key: value for key, value in given.items() if key in known}
